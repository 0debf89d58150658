package dev.weir.postgres;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Stands in front of a real server and does to its answers what a test says.
final class FaultyServer implements AutoCloseable {
    private final Database behind;
    private final Database before;
    private final NetClient client = TestServer.VERTX.createNetClient();
    private volatile Fault fault = Fault.NONE;

    /// What becomes of answers.
    enum Fault {
        NONE,
        /// Breaks a connection that has taken statements instead of passing an answer on; one that is only being made is
        /// left to be made, because the pool may want another before it has the first one back.
        CUT,
        /// Passes nothing on and keeps the connection; that connection stays so.
        HANG
    }

    FaultyServer(Database behind) throws Exception {
        this.behind = behind;
        NetServer server = TestServer.VERTX.createNetServer().connectHandler(this::connect);
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        before = new Database("127.0.0.1", server.actualPort(), behind.database(), behind.user(), behind.password());
    }

    /// The way to the real one past this.
    Database database() {
        return before;
    }

    void set(Fault now) {
        fault = now;
    }

    @Override
    public void close() {
        client.close();
    }

    private void connect(NetSocket inner) {
        inner.pause();
        client.connect(behind.port(), "127.0.0.1").onSuccess(outer -> {
            inner.handler(outer::write);
            inner.closeHandler(closed -> outer.close());
            outer.closeHandler(closed -> inner.close());
            var takesStatements = new AtomicBoolean();
            outer.handler(answer -> {
                if (fault == Fault.CUT && takesStatements.get()) {
                    inner.close();
                } else if (fault != Fault.HANG) {
                    takesStatements.compareAndSet(false, isReady(answer));
                    inner.write(answer);
                }
            });
            inner.resume();
        }).onFailure(failure -> inner.close());
    }

    /// Whether the server's answer ends with ReadyForQuery, outside a transaction (PostgreSQL, "Message Formats").
    private static boolean isReady(Buffer answer) {
        return answer.length() >= 6 && answer.slice(answer.length() - 6, answer.length())
                .equals(Buffer.buffer(new byte[]{'Z', 0, 0, 0, 5, 'I'}));
    }
}
