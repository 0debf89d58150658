package dev.weir.postgres;

import dev.weir.spool.Batch;
import dev.weir.spool.StoreException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/// A database that breaks off, hangs or is away: each failure says what is known, and sending again is right after each.
final class OutageIT {
    private final Database database = TestServer.database();
    private final NetClient client = TestServer.VERTX.createNetClient();
    private final Batch batch = RandomEvents.batch(new RandomEvents(31, Instant.now()).kept(1, 20));
    private volatile Fault fault = Fault.NONE;

    /// What the proxy does to answers of the database.
    private enum Fault {
        NONE,
        /// Breaks a connection that has taken statements instead of passing an answer on; one that is only being made is
        /// left to be made, because the pool may want another before it has the first one back.
        CUT,
        /// Passes nothing on and keeps the connection; that connection stays so.
        HANG
    }

    @AfterEach
    void close() {
        client.close();
    }

    @Test
    void anAnswerThatIsCutOffLeavesTheCommitUnknownAndSendingAgainDoublesNothing() throws Exception {
        try (var store = new PostgresStore(TestServer.VERTX, proxied(), Duration.ofSeconds(20))) {
            warmUp(store);
            fault = Fault.CUT;
            var failure = catchThrowableOfType(StoreException.class, () -> store.store(batch));
            assertThat(failure.isCommitUnknown()).isTrue();
            fault = Fault.NONE;
            store.store(batch);
            store.store(batch);
        }
        assertThat(Tables.value(database, "SELECT count(*) FROM weir.usage_events WHERE epoch = 1")).isEqualTo("20");
        assertThat(Tables.value(database,
                "SELECT sum(events) = (SELECT count(*) FROM weir.usage_events) FROM weir.run_totals"))
                .isEqualTo("t");
    }

    @Test
    void aHungDatabaseEndsInAFailureAndTheStoreRecovers() throws Exception {
        try (var store = new PostgresStore(TestServer.VERTX, proxied(), Duration.ofSeconds(1))) {
            warmUp(store);
            fault = Fault.HANG;
            var failure = catchThrowableOfType(StoreException.class, () -> store.store(batch));
            assertThat(failure.isCommitUnknown()).isTrue();
            fault = Fault.NONE;
            storeUntilItWorks(store);
            assertThat(store.storeNew(batch)).isZero();
        }
        assertThat(Tables.value(database, "SELECT count(*) FROM weir.usage_events WHERE epoch = 1")).isEqualTo("20");
    }

    @Test
    void aDatabaseThatIsAwayStoresNothingAndSaysSo() {
        var nobody = new Database("127.0.0.1", 1, "weir", "weir", database.password());
        try (var store = new PostgresStore(TestServer.VERTX, nobody, Duration.ofSeconds(1))) {
            var failure = catchThrowableOfType(StoreException.class, () -> store.store(batch));
            assertThat(failure.isCommitUnknown()).isFalse();
            assertThat(failure).hasMessageContaining("no connection");
        }
    }

    /// Makes the connections, the partitions and the prepared statement before the fault.
    private static void warmUp(PostgresStore store) throws StoreException {
        store.store(RandomEvents.batch(new RandomEvents(31, Instant.now()).kept(2, 20)));
    }

    /// Connections the hung server still has are closed one after the other; each costs at most one more failure.
    private void storeUntilItWorks(PostgresStore store) throws StoreException {
        for (int tries = 1;; tries++) {
            try {
                store.store(batch);
                return;
            } catch (StoreException e) {
                if (tries == 6) {
                    throw e;
                }
            }
        }
    }

    /// Whether the server's answer ends with ReadyForQuery, outside a transaction (PostgreSQL, "Message Formats").
    private static boolean isReady(Buffer answer) {
        return answer.length() >= 6 && answer.slice(answer.length() - 6, answer.length())
                .equals(Buffer.buffer(new byte[]{'Z', 0, 0, 0, 5, 'I'}));
    }

    private Database proxied() throws Exception {
        NetServer server = TestServer.VERTX.createNetServer().connectHandler(this::connect);
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        return new Database("127.0.0.1", server.actualPort(), database.database(), database.user(),
                database.password());
    }

    private void connect(NetSocket inner) {
        inner.pause();
        client.connect(database.port(), "127.0.0.1").onSuccess(outer -> {
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
}
