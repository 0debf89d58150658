package dev.weir.exchange;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.transport.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// A real Vert.x server on loopback behind the guard. It answers each request with what it understood, and writes down what
/// was routed, what arrived whole, what broke, and what was refused.
final class GuardedServer implements AutoCloseable {
    final List<HeadRefusal> refused = new CopyOnWriteArrayList<>();
    final List<String> routed = new CopyOnWriteArrayList<>();
    final List<String> whole = new CopyOnWriteArrayList<>();
    final List<Throwable> broken = new CopyOnWriteArrayList<>();
    final StrictHead head;
    final Vertx vertx;
    private final HttpServer server;

    GuardedServer(HeadLimits limits, HttpServerOptions options) throws Exception {
        this.head = new StrictHead(limits, refused::add);
        this.vertx = Vertx.builder().withTransport(head.guard(base())).build();
        this.server = head.fit(vertx.createHttpServer(head.fit(options)))
                .requestHandler(this::answer)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    static HttpServerOptions plaintext() {
        return new HttpServerOptions();
    }

    private static Transport base() {
        Transport preferred = Transport.nativeTransport();
        return preferred != null && preferred.available() ? preferred : Transport.NIO;
    }

    int port() {
        return server.actualPort();
    }

    private void answer(HttpServerRequest request) {
        var refusal = head.checkHttp2(request);
        if (refusal.isPresent()) {
            request.response().setStatusCode(refusal.get().status()).end(refusal.get().code());
            return;
        }
        String line = request.method() + " " + request.uri();
        routed.add(line);
        request.exceptionHandler(broken::add);
        request.body().onSuccess(body -> {
            whole.add(line + " " + body.length());
            respond(request, line + " " + body.length() + "\n");
        });
    }

    /// `/slow` is answered a little later, off the first pass of the loop, so that requests behind it have to wait; `/never`
    /// is not.
    private void respond(HttpServerRequest request, String text) {
        if (request.uri().startsWith("/never")) {
            return;
        }
        if (request.uri().startsWith("/slow")) {
            vertx.setTimer(5, id -> request.response().end(Buffer.buffer(text)));
        } else {
            request.response().end(text);
        }
    }

    /// Sends the pieces one after the other, each flushed, and returns all that the server sends until it closes.
    String talk(byte[]... pieces) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            return talk(socket, pieces);
        }
    }

    static String talk(Socket socket, byte[]... pieces) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        try {
            for (byte[] piece : pieces) {
                socket.getOutputStream().write(piece);
                socket.getOutputStream().flush();
            }
        } catch (SocketException e) {
            // The server may close while we still send; what it said before is what counts.
        }
        return readToEnd(socket.getInputStream());
    }

    private static String readToEnd(InputStream in) throws IOException {
        var out = new ByteArrayOutputStream();
        var chunk = new byte[4096];
        try {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                out.write(chunk, 0, n);
            }
        } catch (SocketException e) {
            out.writeBytes("<reset>".getBytes(StandardCharsets.US_ASCII));
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    void forget() {
        refused.clear();
        routed.clear();
        whole.clear();
        broken.clear();
    }

    @Override
    public void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
