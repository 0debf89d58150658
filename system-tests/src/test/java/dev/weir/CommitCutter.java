package dev.weir;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A way to PostgreSQL that can be cut at the one moment when nobody knows: a batch was sent, and its answer does not arrive.
/// Every other cut comes right after the batch was sent, the rest when the server has said that it committed. Any thread.
final class CommitCutter implements AutoCloseable {
    /// Call ids, which only batches hold.
    private static final byte[] OF_A_BATCH = "wrq_".getBytes(StandardCharsets.UTF_8);
    /// ReadyForQuery, outside of any transaction.
    private static final byte[] COMMITTED = {'Z', 0, 0, 0, 5, 'I'};
    private static final int CHUNK = 65_536;

    private final ServerSocket socket;
    private final int target;
    private final AtomicInteger ordered = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    CommitCutter(int target) throws IOException {
        this.target = target;
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    /// Orders so many more cuts.
    void cut(int times) {
        ordered.addAndGet(times);
    }

    /// Cuts that were made.
    int cuts() {
        return done.get();
    }

    boolean isDone() {
        return ordered.get() <= 0;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> connect(client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void connect(Socket client) {
        open.add(client);
        try (client; var server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            open.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            var batchSent = new AtomicBoolean();
            Thread up = Thread.ofVirtual().start(() -> carryUp(client, server, batchSent));
            carryDown(client, server, batchSent);
            client.close();
            server.close();
            up.join();
            open.remove(server);
        } catch (IOException | InterruptedException gone) {
            // As a network does: both ends find out.
        } finally {
            open.remove(client);
        }
    }

    private void carryUp(Socket client, Socket server, AtomicBoolean batchSent) {
        var chunk = new byte[CHUNK];
        try {
            InputStream from = client.getInputStream();
            OutputStream to = server.getOutputStream();
            for (int n = from.read(chunk); n >= 0; n = from.read(chunk)) {
                boolean batch = contains(chunk, n, OF_A_BATCH);
                to.write(chunk, 0, n);
                if (batch) {
                    batchSent.set(true);
                    if (ordered.get() % 2 == 1 && take()) {
                        break;
                    }
                }
            }
        } catch (IOException gone) {
            // Below.
        }
        close(client);
        close(server);
    }

    private void carryDown(Socket client, Socket server, AtomicBoolean batchSent) throws IOException {
        var chunk = new byte[CHUNK];
        InputStream from = server.getInputStream();
        OutputStream to = client.getOutputStream();
        for (int n = from.read(chunk); n >= 0; n = from.read(chunk)) {
            if (batchSent.get() && contains(chunk, n, COMMITTED)) {
                if (ordered.get() > 0 && ordered.get() % 2 == 0 && take()) {
                    return;
                }
                batchSent.set(false);
            }
            to.write(chunk, 0, n);
        }
    }

    private boolean take() {
        if (ordered.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            done.incrementAndGet();
            return true;
        }
        return false;
    }

    private static boolean contains(byte[] chunk, int length, byte[] wanted) {
        for (int at = 0; at + wanted.length <= length; at++) {
            int same = 0;
            while (same < wanted.length && chunk[at + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return true;
            }
        }
        return false;
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException closedAnyway) {
            // Nothing is waited for.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        open.forEach(CommitCutter::close);
    }
}
