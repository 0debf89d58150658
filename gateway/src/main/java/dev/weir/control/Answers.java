package dev.weir.control;

import dev.weir.postgres.DatabaseException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes answers, and says what no resource can say because no resource was reached or it failed.
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    /// Event loop. Does nothing where the client has left.
    static void send(RoutingContext context, Reply reply) {
        HttpServerResponse response = context.response();
        if (response.ended() || response.closed()) {
            return;
        }
        response.putHeader("Cache-Control", "no-store").putHeader("X-Content-Type-Options", "nosniff");
        switch (reply) {
            case Reply.Json json -> response.setStatusCode(json.status())
                    .putHeader("Content-Type", "application/json")
                    .end(json.body().toBuffer());
            case Reply.Raw raw -> response.putHeader("Content-Type", raw.contentType()).end(raw.body());
            case Reply.Nothing nothing -> response.setStatusCode(204).end();
            case Reply.Failed failed -> send(response, failed.problem());
        }
    }

    /// What the HTTP decoder could not read never reaches the router.
    static void refuseHead(HttpServerRequest request) {
        var problem = switch (request.decoderResult().cause()) {
            case TooLongHttpLineException line -> Problem.of(414, "uri_too_long", "The address is too long",
                    "The request line is over 4096 bytes. Use fewer or shorter parameters.");
            case TooLongHttpHeaderException header -> Problem.of(431, "head_too_large", "The head is too large",
                    "The header fields are over 8192 bytes. Send fewer or shorter ones.");
            case null, default -> Problem.of(400, "invalid_head", "The request is not valid HTTP",
                    "The request line or a header field cannot be read.");
        };
        send(request.response().putHeader("Connection", "close"), problem);
    }

    static Problem undecodable() {
        return Problem.of(400, "invalid_request", "The request is not valid",
                "The path, the query or the Host field could not be read. Percent-encode path and query as UTF-8, and"
                        + " send one Host.");
    }

    /// The detail stays in the log: a message of the database may quote what was stored.
    static Problem databaseAway(DatabaseException failure) {
        var instance = instance();
        LOG.warn("{}: the database could not answer", instance, failure);
        return new Problem(503, "database_unavailable", "The database does not answer",
                "PostgreSQL is away or refuses. Nothing metered is lost: it waits in the spool. /health/ready says more,"
                        + " and the log under " + instance + ".",
                List.of(), instance);
    }

    static Problem unexpected(@Nullable Throwable failure) {
        var instance = instance();
        LOG.error("{}: a control-plane request failed unexpectedly", instance, failure);
        return new Problem(500, "internal_error", "Something went wrong here",
                "The request failed for a reason that is not yours. The log names it under " + instance + ".",
                List.of(), instance);
    }

    private static String instance() {
        return "urn:uuid:" + UUID.randomUUID();
    }

    private static void send(HttpServerResponse response, Problem problem) {
        if (problem.status() == 401) {
            response.putHeader("WWW-Authenticate", "Bearer realm=\"weir\"");
        }
        if (problem.status() == 503) {
            response.putHeader("Retry-After", "1");
        }
        response.setStatusCode(problem.status())
                .putHeader("Content-Type", Problem.CONTENT_TYPE)
                .end(problem.toJson().toBuffer());
    }
}
