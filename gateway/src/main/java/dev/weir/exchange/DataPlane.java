package dev.weir.exchange;

import dev.weir.config.GatewayConfig;
import dev.weir.config.RouteConfig;
import dev.weir.config.RouteKind;
import dev.weir.config.UpstreamUrl;
import dev.weir.route.NormalPath;
import dev.weir.route.Route;
import dev.weir.route.Routes;
import dev.weir.route.Routing;
import dev.weir.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.HashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The data plane on one event loop: its server (all loops share the port), its routes with their connections, its exchanges.
///
/// Deployed once per event loop by `Gateway`. Undeploying it ends what still runs; [#drain] before it lets calls finish.
public final class DataPlane extends VerticleBase {
    private static final long DRAIN_LOOK_MILLIS = 20;

    private final GatewayConfig config;
    private final ExchangeParts parts;
    private final StrictHead head;
    private final UpstreamUrl sandbox;
    private final int loops;
    private final Runnable onLoop;
    private @Nullable ExchangeLoop loop;
    private @Nullable HttpServer server;

    /// @param sandbox where the sandbox of this process listens
    /// @param loops how many event loops there are
    /// @param onLoop is run once on this plane's loop
    public DataPlane(GatewayConfig config, ExchangeParts parts, StrictHead head, UpstreamUrl sandbox, int loops,
            Runnable onLoop) {
        this.config = config;
        this.parts = parts;
        this.head = head;
        this.sandbox = sandbox;
        this.loops = loops;
        this.onLoop = onLoop;
    }

    @Override
    public Future<?> start() {
        Routes routes = routes();
        var own = new ExchangeLoop(vertx, context, parts, routes, ThreadLocalRandom.current().nextLong());
        var listening = head.fit(vertx.createHttpServer(head.fit(options())));
        onLoop.run();
        loop = own;
        server = listening;
        guard(config.listen().data().port(), routes);
        return listening.connectionHandler(own::opened)
                .requestHandler(request -> receive(own, request))
                .listen()
                .onSuccess(ready -> guard(ready.actualPort(), routes));
    }

    private void guard(int listening, Routes routes) {
        if (listening != 0) {
            head.limit(listening, parts.connections());
            head.allowWebSockets(listening, target -> takesWebSocket(routes, target));
        }
    }

    /// Whether a WebSocket may be opened at a request target: its route allows it, and a dialect speaks over one there.
    private static boolean takesWebSocket(Routes routes, String target) {
        return NormalPath.of(target) instanceof NormalPath.Normal normal
                && routes.match("GET", normal) instanceof Routing.Routed to && to.dialect() != null
                && to.dialect().isSession() && to.route().upstream().route().webSocket();
    }

    private void receive(ExchangeLoop own, HttpServerRequest request) {
        head.checkHttp2(request)
                .ifPresentOrElse(refusal -> request.response().setStatusCode(refusal.status()).end(),
                        () -> begin(own, request));
    }

    /// The head check lets an `Upgrade` pass only where it opens a WebSocket.
    private static void begin(ExchangeLoop own, HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_1_1 && request.headers().contains("upgrade")) {
            new WebSocketCall(own, request).receive();
        } else {
            new Exchange(own, request).receive();
        }
    }

    /// The port it listens on.
    public int port() {
        return server == null ? 0 : server.actualPort();
    }

    /// Calls running on this loop. Any thread.
    public int running() {
        return loop == null ? 0 : loop.running();
    }

    /// Takes no new calls, waits until the running ones have ended or the time is up, then ends the rest, each settled.
    public Future<Void> drain(long millisMost) {
        ExchangeLoop own = loop;
        if (own == null) {
            return Future.succeededFuture();
        }
        Promise<Void> drained = Promise.promise();
        context.runOnContext(begin -> {
            own.drain();
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMost);
            awaitQuiet(own, deadline, drained);
        });
        return drained.future();
    }

    private void awaitQuiet(ExchangeLoop own, long deadline, Promise<Void> drained) {
        if (own.running() == 0) {
            drained.complete();
            return;
        }
        if (System.nanoTime() >= deadline) {
            own.endRunning();
        }
        vertx.setTimer(DRAIN_LOOK_MILLIS, again -> awaitQuiet(own, deadline, drained));
    }

    private Routes routes() {
        var byName = new HashMap<String, Route>();
        for (RouteConfig route : config.routes().values()) {
            Route.Kind kind = route.kind() == RouteKind.LLM ? Route.Kind.LLM : Route.Kind.CONNECTOR;
            byName.put(route.name(),
                    new Route(route.name(), kind, route.provider(), Upstream.of(vertx, route, sandbox, loops)));
        }
        return new Routes(byName);
    }

    private HttpServerOptions options() {
        var http2 = config.limits().http2();
        var deadlines = config.deadlines();
        var options = new HttpServerOptions().setHost(config.listen().data().host())
                .setPort(config.listen().data().port())
                .setHttp2ClearTextEnabled(true)
                .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(http2.streams())
                        .setInitialWindowSize(Math.toIntExact(http2.streamWindow().bytes()))
                        .setMaxHeaderListSize(config.limits().head().bytes()))
                .setHttp2ConnectionWindowSize(Math.toIntExact(http2.connectionWindow().bytes()))
                .setHttp2RstFloodMaxRstFramePerWindow(http2.resets())
                .setHttp2RstFloodWindowDuration(Math.toIntExact(http2.resetsWithin().toSeconds()))
                .setIdleTimeout(0)
                .setMaxChunkSize(65_536)
                .setTcpNoDelay(true)
                .setCompressionSupported(false)
                .setHandle100ContinueAutomatically(false);
        config.listen()
                .tls()
                .ifPresent(tls -> options.setSsl(true)
                        .setUseAlpn(true)
                        .setSslHandshakeTimeout(deadlines.tlsHandshake().toMillis())
                        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                        .setKeyCertOptions(new PemKeyCertOptions().setCertPath(tls.cert().toString())
                                .setKeyPath(tls.key().toString())));
        return options;
    }
}
