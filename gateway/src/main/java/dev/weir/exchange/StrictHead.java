package dev.weir.exchange;

import dev.weir.route.NormalPath;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Our own check of every request head, before routing (G8.1): whatever has two readings is refused, counted and answered with
/// a problem, and its connection is closed.
///
/// Vert.x offers no place in front of the first request of a connection (its connection handler runs after that request was
/// decoded, where HTTP/2 by prior knowledge is on), so the check comes in with the transport: every HTTP server of a Vert.x
/// built with [#guard] has a [HeadGuard] next to the socket, behind TLS where there is TLS, from the first byte on. Nobody can
/// open a port and forget it.
///
/// ```java
/// var head = new StrictHead(HeadLimits.DEFAULT, refusal -> metrics.refused(refusal.code()));
/// Vertx vertx = Vertx.builder().withTransport(head.guard(Transport.EPOLL)).build();
/// HttpServer server = head.fit(vertx.createHttpServer(head.fit(options)));
/// ```
///
/// For HTTP/2 the frames and pseudo-fields are checked by Netty; [#checkHttp2] adds our rules for target, host and method.
/// Any thread.
public final class StrictHead {
    private final HeadLimits limits;
    private final Consumer<HeadRefusal> onRefused;
    private final Map<Integer, Connections> connectionsByPort = new ConcurrentHashMap<>();
    private final Map<Integer, Predicate<String>> webSocketsByPort = new ConcurrentHashMap<>();

    /// @param onRefused called once for each refusal, on the connection's event loop; must not block
    public StrictHead(HeadLimits limits, Consumer<HeadRefusal> onRefused) {
        this.limits = limits;
        this.onRefused = onRefused;
    }

    /// The transport to build Vert.x with: `base`, with a guard on each connection that an HTTP server accepts.
    public Transport guard(Transport base) {
        return new GuardedTransport(base, this);
    }

    /// Lifts Vert.x's own limits above ours, so that ours decide and say why.
    public HttpServerOptions fit(HttpServerOptions options) {
        return options.setMaxInitialLineLength(limits.requestLineMax() + 16)
                .setMaxHeaderSize(limits.headMax() + 16)
                .setDecompressionSupported(false);
    }

    /// Makes the server answer refusals that come after other requests of a connection. To be called before it listens.
    public HttpServer fit(HttpServer server) {
        return server.invalidRequestHandler(this::answerInvalid);
    }

    /// Our rules for a request that Netty's HTTP/2 codec let pass. A refusal is counted here; the caller answers with
    /// [HeadRefusal#status()] and resets the stream. Always empty for HTTP/1, whose heads the guard has checked.
    public Optional<HeadRefusal> checkHttp2(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2) {
            return Optional.empty();
        }
        Optional<HeadRefusal> refusal = http2Refusal(request);
        refusal.ifPresent(onRefused);
        return refusal;
    }

    private Optional<HeadRefusal> http2Refusal(HttpServerRequest request) {
        if (request.method() == HttpMethod.CONNECT) {
            return Optional.of(HeadRefusal.CONNECT);
        }
        if (request.method() == HttpMethod.TRACE) {
            return Optional.of(HeadRefusal.TRACE);
        }
        if (request.headers().size() > limits.fieldsMax()) {
            return Optional.of(HeadRefusal.TOO_MANY_FIELDS);
        }
        if (request.uri().length() > limits.requestLineMax()) {
            return Optional.of(HeadRefusal.REQUEST_LINE_TOO_LONG);
        }
        return host(request).or(() -> target(request)).or(() -> fields(request));
    }

    private static Optional<HeadRefusal> host(HttpServerRequest request) {
        HostAndPort authority = request.authority();
        if (authority == null) {
            return Optional.of(HeadRefusal.HOST_MISSING);
        }
        String named = request.getHeader("host");
        if (named != null && !named.equalsIgnoreCase(authority.toString())) {
            return Optional.of(HeadRefusal.AUTHORITY);
        }
        byte[] host = authority.toString().getBytes(StandardCharsets.UTF_8);
        return HostCheck.isHost(host, 0, host.length) ? Optional.empty() : Optional.of(HeadRefusal.HOST_FORM);
    }

    private static Optional<HeadRefusal> target(HttpServerRequest request) {
        String uri = request.uri();
        if (uri.equals("*") && request.method() == HttpMethod.OPTIONS) {
            return Optional.empty();
        }
        if (!uri.startsWith("/")) {
            return Optional.of(HeadRefusal.TARGET_FORM);
        }
        return switch (NormalPath.of(uri)) {
            case NormalPath.Normal normal -> Optional.empty();
            case NormalPath.Refused refused -> Optional.of(HeadRefusal.of(refused.fault()));
        };
    }

    private static Optional<HeadRefusal> fields(HttpServerRequest request) {
        boolean expectSeen = false;
        boolean lengthSeen = false;
        for (Map.Entry<String, String> field : request.headers()) {
            String value = field.getValue();
            for (int i = 0; i < value.length(); i++) {
                if (value.charAt(i) < 0x20 && value.charAt(i) != '\t' || value.charAt(i) == 0x7f) {
                    return Optional.of(HeadRefusal.VALUE_CONTROL);
                }
            }
            switch (field.getKey()) {
                case "expect" -> {
                    if (expectSeen || !value.equalsIgnoreCase("100-continue")) {
                        return Optional.of(HeadRefusal.EXPECT);
                    }
                    expectSeen = true;
                }
                case "content-length" -> {
                    if (lengthSeen) {
                        return Optional.of(HeadRefusal.LENGTH_REPEATED);
                    }
                    lengthSeen = true;
                    if (!value.matches("[0-9]{1,18}")) {
                        return Optional.of(HeadRefusal.LENGTH_FORM);
                    }
                }
                default -> {
                }
            }
        }
        return Optional.empty();
    }

    private void answerInvalid(HttpServerRequest request) {
        if (request.decoderResult().cause() instanceof RefusedHead refused) {
            request.response()
                    .setStatusCode(refused.reason().status())
                    .putHeader("content-type", HeadProblem.MEDIA_TYPE)
                    .putHeader("connection", "close")
                    .end(HeadProblem.json(refused.reason()));
        } else {
            HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER.handle(request);
        }
    }

    /// Counts the connections of the servers on that port from now on; beyond the limits new ones are closed. The others (the
    /// control plane, the sandbox) must stay within reach when this one is full.
    void limit(int port, Connections connections) {
        connectionsByPort.put(port, connections);
    }

    /// Lets WebSocket handshakes pass on that port where a target takes them; on all other ports every upgrade is refused.
    ///
    /// @param takesWebSocket asked on event loops, any of them; must not wait
    public void allowWebSockets(int port, Predicate<String> takesWebSocket) {
        webSocketsByPort.put(port, takesWebSocket);
    }

    boolean hasRoom(SocketAddress listening, Channel accepted) {
        Connections limited = listening instanceof InetSocketAddress address
                ? connectionsByPort.get(address.getPort())
                : null;
        return limited == null || limited.take(accepted);
    }

    void guardServer(NetServerOptions options, ServerBootstrap bootstrap) {
        if (options instanceof HttpServerOptions http) {
            if (http.isUseProxyProtocol()) {
                throw new IllegalArgumentException("the PROXY protocol hides the first bytes of a connection from the "
                        + "check of request heads; turn use-proxy-protocol off");
            }
            bootstrap.handler(new GuardOnAccept(this, http.isHttp2ClearTextEnabled()));
        }
    }

    /// @param accepting the address at which the connection came in
    HeadGuard newGuard(boolean h2c, SocketAddress accepting) {
        Predicate<String> takesWebSocket = accepting instanceof InetSocketAddress address
                ? webSocketsByPort.getOrDefault(address.getPort(), target -> false)
                : target -> false;
        return new HeadGuard(limits, h2c, takesWebSocket, onRefused);
    }

    /// Called for each accepted connection before Vert.x fills its pipeline.
    void guardConnection(Channel connection, boolean h2c) {
        connection.pipeline().addLast(GuardPlacement.NAME, new GuardPlacement(this, h2c));
    }
}
