package dev.weir.exchange;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/// A provider on loopback that does exactly what its script says, down to the byte and the reset; one virtual thread per
/// connection. It writes down every request it got.
final class ScriptedUpstream implements AutoCloseable {
    /// What the provider does with one request.
    interface Script {
        /// @param number 1 for the first request since [ScriptedUpstream#forget()]
        void answer(Wire.Message request, Wire wire, int number) throws Exception;
    }

    /// What the provider does with a connection of which it has read nothing.
    interface RawScript {
        void serve(Wire wire, int number) throws Exception;
    }

    private static final int BACKLOG = 1_000;

    private final ServerSocket server;
    private final String scheme;
    private final List<Wire.Message> requests = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger numbers = new AtomicInteger();
    private volatile Script answers = (request, wire, number) -> wire.close();
    private volatile RawScript script = (wire, number) -> wire.close();

    ScriptedUpstream() throws IOException {
        this("http", new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
    }

    /// One that is reached by TLS.
    ScriptedUpstream(SSLContext tls) throws IOException {
        this("https", tls.getServerSocketFactory().createServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
    }

    private ScriptedUpstream(String scheme, ServerSocket server) {
        this.scheme = scheme;
        this.server = server;
        Thread.ofVirtual().name("upstream").start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    String url() {
        return url("127.0.0.1");
    }

    /// Where it is reached by the name `host`.
    String url(String host) {
        return scheme + "://" + host + ":" + port();
    }

    /// From now on, also on connections that are open: each request is read whole, then answered so.
    void answers(Script next) {
        answers = next;
        script = (wire, ignored) -> {
            for (Wire.Message request = wire.request(); request != null; request = wire.request()) {
                int number = numbers.incrementAndGet();
                requests.add(request);
                answers.answer(request, wire, number);
            }
        };
    }

    /// From now on each new connection is served so; those that are open are closed.
    void serves(RawScript next) {
        hangUp();
        script = (wire, ignored) -> next.serve(wire, numbers.incrementAndGet());
    }

    /// What came since the last [#forget()].
    List<Wire.Message> requests() {
        return List.copyOf(requests);
    }

    Wire.Message onlyRequest() {
        if (requests.size() != 1) {
            throw new AssertionError("one request was expected, not " + requests.size());
        }
        return requests.getFirst();
    }

    void forget() {
        requests.clear();
        failures.clear();
        numbers.set(0);
    }

    /// Closes every connection that is open, as a provider does that restarts.
    void hangUp() {
        open.forEach(ScriptedUpstream::closeQuietly);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (var wire = new Wire(socket)) {
            script.serve(wire, 0);
        } catch (IOException gone) {
            // The other side left; what that means is for the test to say.
        } catch (Exception | AssertionError failure) {
            failures.add(failure);
        } finally {
            open.remove(socket);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException closedAlready) {
            // Closed is closed.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        hangUp();
        if (!failures.isEmpty()) {
            throw new AssertionError("the upstream's script failed", failures.getFirst());
        }
    }
}
