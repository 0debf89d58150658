package dev.weir.control;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.ext.web.handler.InputTrustHandler;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The control plane's server: the document's operations, each behind the same steps in the same order.
///
/// host and origin → who is calling → body within its bound → valid by the document → the operation, on a virtual thread.
/// The event loop parses and writes; whatever waits for a database does so off it. Any thread may start and close it.
public final class ControlPlane {
    private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
    private static final int IDLE_SECONDS = 60;
    private static final String CALLER = "caller";
    private static final String REQUEST = "request";

    private final Vertx vertx;
    private final ControlOptions options;
    private final Contract contract;
    private final Gatekeeper gatekeeper;
    private final RequestReader reader;
    private final Map<String, Operation> operations;
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("control-", 0).factory());
    private final AtomicInteger running = new AtomicInteger();

    private ControlPlane(Vertx vertx, ControlOptions options, Contract contract, AdminKey adminKey,
            Map<String, Operation> operations) {
        this.vertx = vertx;
        this.options = options;
        this.contract = contract;
        this.gatekeeper = new Gatekeeper(adminKey, options);
        this.reader = new RequestReader(contract.document().getSchemaRepository());
        this.operations = operations;
    }

    /// Reads the document, checks that it and the resources name the same operations, and listens.
    ///
    /// @return fails where the two differ, an operation declares no roles, or the address is taken
    public static Future<Running> start(Vertx vertx, ControlOptions options, AdminKey adminKey,
            List<Resource> resources) {
        return Contract.load(vertx).compose(contract -> {
            var operations = new HashMap<String, Operation>();
            resources.forEach(resource -> operations.putAll(resource.operations()));
            operations.putAll(new ContractResource(contract).operations());
            requireSame(contract, operations);
            return new ControlPlane(vertx, options, contract, adminKey, operations).listen();
        });
    }

    /// A control plane that listens.
    public static final class Running {
        private final HttpServer server;
        private final ExecutorService workers;

        private Running(HttpServer server, ExecutorService workers) {
            this.server = server;
            this.workers = workers;
        }

        public int port() {
            return server.actualPort();
        }

        /// Stops listening and lets no new work begin; what runs may end.
        public Future<Void> close() {
            workers.shutdown();
            return server.close();
        }
    }

    private static void requireSame(Contract contract, Map<String, Operation> operations) {
        var documented = new HashSet<String>();
        contract.document().operations().forEach(operation -> documented.add(operation.getOperationId()));
        if (!documented.equals(operations.keySet())) {
            var missing = new HashSet<>(documented);
            missing.removeAll(operations.keySet());
            var undocumented = new HashSet<>(operations.keySet());
            undocumented.removeAll(documented);
            throw new IllegalStateException("openapi.yaml and the resources differ: documented and not served "
                    + missing + ", served and not documented " + undocumented);
        }
    }

    private Future<Running> listen() {
        var http = new HttpServerOptions().setHost(options.host())
                .setPort(options.port())
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
        return vertx.createHttpServer(http)
                .requestHandler(router())
                .invalidRequestHandler(ControlPlane::refuseHead)
                .listen()
                .map(server -> new Running(server, workers));
    }

    /// What the HTTP decoder could not read never reaches the router.
    private static void refuseHead(HttpServerRequest request) {
        var problem = switch (request.decoderResult().cause()) {
            case TooLongHttpLineException line -> Problem.of(414, "uri_too_long", "The address is too long",
                    "The request line is over 4096 bytes. Use fewer or shorter parameters.");
            case TooLongHttpHeaderException header -> Problem.of(431, "head_too_large", "The head is too large",
                    "The header fields are over 8192 bytes. Send fewer or shorter ones.");
            case null, default -> Problem.of(400, "invalid_head", "The request is not valid HTTP",
                    "The request line or a header field cannot be read.");
        };
        sendProblem(request.response().putHeader("Connection", "close"), problem);
    }

    private Router router() {
        var builder = RouterBuilder.create(vertx, contract.document());
        for (var route : builder.getRoutes()) {
            var operation = route.getOperation();
            var access = contract.access(operation.getOperationId());
            var carriedOut = Objects.requireNonNull(operations.get(operation.getOperationId()));
            route.setDoSecurity(false)
                    .setDoValidation(false)
                    .addHandler((SecurityPolicyHandler) context -> admit(context, access))
                    .addHandler(BodyHandler.create(false).setBodyLimit(options.bodyBytesMax()))
                    .addHandler((InputTrustHandler) context -> read(context, operation))
                    .addHandler(context -> run(context, carriedOut));
        }
        var router = Router.router(vertx);
        router.route().handler((SecurityPolicyHandler) this::inspect);
        router.route().subRouter(builder.createRouter());
        for (int status : new int[]{400, 404, 405, 406, 413, 414, 415, 500, 501}) {
            router.errorHandler(status, this::failed);
        }
        return router;
    }

    private void inspect(RoutingContext context) {
        var against = gatekeeper.inspect(context.request());
        if (against.isPresent()) {
            send(context, Reply.failed(against.get()));
        } else if (!isDecodable(context)) {
            send(context, Reply.failed(undecodable()));
        } else {
            context.next();
        }
    }

    /// The router would answer a broken percent-encoding itself, and not with a problem document.
    private static boolean isDecodable(RoutingContext context) {
        try {
            context.normalizedPath();
            context.queryParams();
            return true;
        } catch (IllegalArgumentException | HttpException e) {
            return false;
        }
    }

    private void admit(RoutingContext context, Access access) {
        switch (gatekeeper.admit(context.request(), access)) {
            case Gatekeeper.Admission.In in -> {
                context.put(CALLER, in.caller());
                context.next();
            }
            case Gatekeeper.Admission.Out out -> send(context, Reply.failed(out.problem()));
        }
    }

    private void read(RoutingContext context, io.vertx.openapi.contract.Operation operation) {
        switch (reader.read(context, operation)) {
            case RequestReader.Reading.Valid valid -> {
                context.put(REQUEST, new Request(known(context, CALLER), valid.parameters(), valid.body()));
                context.next();
            }
            case RequestReader.Reading.Invalid invalid -> send(context, Reply.failed(invalid.problem()));
        }
    }

    private void run(RoutingContext context, Operation operation) {
        Request request = known(context, REQUEST);
        if (running.incrementAndGet() > options.requestsMax()) {
            running.decrementAndGet();
            send(context, Reply.failed(busy()));
            return;
        }
        Handler<Reply> answer = reply -> send(context, reply);
        var loop = vertx.getOrCreateContext();
        try {
            workers.execute(() -> {
                Reply reply = answer(operation, request);
                running.decrementAndGet();
                loop.runOnContext(ignored -> answer.handle(reply));
            });
        } catch (RejectedExecutionException e) {
            running.decrementAndGet();
            send(context, Reply.failed(busy()));
        }
    }

    private Reply answer(Operation operation, Request request) {
        try {
            return operation.answer(request);
        } catch (RuntimeException e) {
            return Reply.failed(unexpected(e));
        }
    }

    private void failed(RoutingContext context) {
        var path = context.normalizedPath();
        var problem = switch (context.statusCode()) {
            case 404 -> Problem.of(404, "not_found", "Not found",
                    "There is nothing at this path. What there is says /openapi.yaml.");
            case 405 -> {
                var methods = String.join(", ", contract.methods(path));
                context.response().putHeader("Allow", methods);
                yield Problem.of(405, "method_not_allowed", "Not that method",
                        context.request().method() + " is not possible here; possible are " + methods + ".");
            }
            case 413 -> Problem.of(413, "body_too_large", "The body is too large",
                    "The body is over " + options.bodyBytesMax() + " bytes, and no operation needs as much.");
            case 400 -> undecodable();
            case 500 -> unexpected(context.failure());
            default -> Problem.of(context.statusCode(), "invalid_request", "The request is not valid",
                    "The request cannot be carried out as it is.");
        };
        send(context, Reply.failed(problem));
    }

    private static Problem undecodable() {
        return Problem.of(400, "invalid_request", "The request is not valid",
                "The path or query could not be decoded. Percent-encode it as UTF-8.");
    }

    private static Problem unexpected(@Nullable Throwable failure) {
        var instance = "urn:uuid:" + UUID.randomUUID();
        LOG.error("{}: a control-plane request failed unexpectedly", instance, failure);
        return new Problem(500, "internal_error", "Something went wrong here",
                "The request failed for a reason that is not yours. The log names it under " + instance + ".",
                List.of(), instance);
    }

    /// What an earlier step of this class put there.
    private static <T> T known(RoutingContext context, String name) {
        T value = context.get(name);
        return Objects.requireNonNull(value);
    }

    private Problem busy() {
        return Problem.of(503, "overloaded", "Too much at once",
                "All " + options.requestsMax() + " places for requests are taken. Try again in a second.");
    }

    private static void send(RoutingContext context, Reply reply) {
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
            case Reply.Failed failed -> sendProblem(response, failed.problem());
        }
    }

    private static void sendProblem(HttpServerResponse response, Problem problem) {
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
