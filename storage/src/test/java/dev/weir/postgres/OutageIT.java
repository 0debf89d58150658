package dev.weir.postgres;

import dev.weir.postgres.FaultyServer.Fault;
import dev.weir.spool.Batch;
import dev.weir.spool.StoreException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/// A database that breaks off, hangs or is away: each failure says what is known, and sending again is right after each.
final class OutageIT {
    private final Database database = TestServer.database();
    private final Batch batch = RandomEvents.batch(new RandomEvents(31, Instant.now()).kept(1, 20));
    private final FaultyServer server;

    OutageIT() throws Exception {
        server = new FaultyServer(database);
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void anAnswerThatIsCutOffLeavesTheCommitUnknownAndSendingAgainDoublesNothing() throws Exception {
        try (var store = new PostgresStore(TestServer.VERTX, server.database(), Duration.ofSeconds(20))) {
            warmUp(store);
            server.set(Fault.CUT);
            var failure = catchThrowableOfType(StoreException.class, () -> store.store(batch));
            assertThat(failure.isCommitUnknown()).isTrue();
            server.set(Fault.NONE);
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
        try (var store = new PostgresStore(TestServer.VERTX, server.database(), Duration.ofSeconds(1))) {
            warmUp(store);
            server.set(Fault.HANG);
            var failure = catchThrowableOfType(StoreException.class, () -> store.store(batch));
            assertThat(failure.isCommitUnknown()).isTrue();
            server.set(Fault.NONE);
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
}
