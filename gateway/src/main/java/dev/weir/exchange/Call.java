package dev.weir.exchange;

import dev.weir.config.RouteConfig;
import dev.weir.config.RouteKind;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.RequestFacts;
import dev.weir.event.Attribution;
import dev.weir.route.Route;
import dev.weir.route.Routing;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is known of a call: filled step by step by [Exchange], read by its attempts and by the refusals.
///
/// Event loop of the exchange only.
final class Call {
    final String id;
    /// The moment of admission: window, day and price version follow from it (design decision 15).
    final Instant time;
    final long startedNanos;
    final String method;
    final int clientRetryCount;
    private final McpSessions sessions;

    /// Null until routed.
    @Nullable
    Route route;
    /// The path behind the route's name.
    String path = "";
    /// What followed the path's `?`; may hold a key.
    @Nullable
    String query;
    Identity.@Nullable Known caller;
    @Nullable
    String user;
    Attribution attribution = Attribution.NONE;
    /// Null but on `llm` routes.
    @Nullable
    Dialect dialect;
    /// Null but on `mcp` routes.
    @Nullable
    McpCall mcp;
    /// What a webhook's sender calls this delivery; null where it does not say, and on other routes.
    @Nullable
    String deliveryId;
    /// Null until the body was read; stays so where no dialect reads it.
    @Nullable
    RequestFacts facts;
    /// Whether it counts among the running calls of its tenant.
    boolean hasPlace;
    /// Payload received from the client so far.
    long clientIn;

    Call(String id, Instant time, long startedNanos, HttpServerRequest request, McpSessions sessions) {
        this.id = id;
        this.time = time;
        this.startedNanos = startedNanos;
        this.method = request.method().name();
        this.sessions = sessions;
        this.clientRetryCount = ClientRetries.before(request.headers());
    }

    void routed(Routing.Routed routed) {
        route = routed.route();
        path = routed.path();
        query = routed.query();
        dialect = routed.dialect();
        mcp = kind() == RouteKind.MCP ? new McpCall(routed.route().name(), sessions) : null;
    }

    /// @throws IllegalArgumentException with a text for the client where a header is too long
    void attributed(Identity.Known known, MultiMap headers) {
        caller = known;
        attribution = AttributionHeaders.read(headers);
        user = known.user() != null ? known.user() : AttributionHeaders.user(headers);
    }

    /// @throws IllegalStateException before the call was routed
    Route routedTo() {
        if (route == null) {
            throw new IllegalStateException("call " + id + " has no route yet");
        }
        return route;
    }

    RouteConfig config() {
        return routedTo().upstream().route();
    }

    RouteKind kind() {
        return config().kind();
    }

    boolean isLlm() {
        return dialect != null;
    }

    /// Whether it is a realtime session, over a WebSocket.
    boolean isSession() {
        return dialect != null && dialect.isSession();
    }

    boolean isWebhook() {
        return kind() == RouteKind.WEBHOOK;
    }

    /// Whether a client of an `mcp` route waits for the server's own messages, which may never come.
    boolean isListening() {
        return mcp != null && (method.equals("GET") || mcp.listens());
    }

    /// Whether the body must be here before anything is decided; a signature covers it too.
    boolean readsBody() {
        return dialect != null
                ? dialect.readsBody() || config().credentialForm().signs()
                : mcp != null ? method.equals("POST") : isWebhook();
    }

    String routeName() {
        return route == null ? "" : route.name();
    }

    String provider() {
        return route == null ? "" : route.provider();
    }

    @Nullable
    TenantId tenant() {
        return caller == null ? null : caller.tenant().id();
    }

    @Nullable
    KeyId key() {
        return caller == null ? null : caller.key();
    }

    @Nullable
    String modelAsked() {
        return facts == null || facts.model() == null ? null : facts.model().value();
    }

    /// Whether a connector call only reads: by the route's rules, else by its method.
    boolean isRead() {
        return config().isRead(method, path);
    }

    /// Whether neither a rule nor the method's own meaning says what a connector call does; it then counts as a write.
    boolean isUnclassified() {
        return switch (method) {
            case "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE" -> false;
            default -> !isRead() && config().writes().stream().noneMatch(rule -> rule.matches(method, path));
        };
    }
}
