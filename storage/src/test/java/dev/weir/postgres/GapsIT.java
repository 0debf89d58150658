package dev.weir.postgres;

import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/// What is missing is named once, in the transaction that notices it; what is only late, or sent again, is not missing.
final class GapsIT {
    private final Database database = TestServer.database();
    private final PostgresStore store = new PostgresStore(TestServer.VERTX, database);
    private final List<KeptEvent> events = new RandomEvents(51, Instant.now()).kept(3, 300);

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void whatLiesBeforeABatchAndBetweenItsEventsIsNamed() throws Exception {
        store.store(batch(1, 10));
        store.store(without(21, 60, 31, 40));

        assertThat(gaps()).containsExactly("n1-3-11…20 missing", "n1-3-31…40 missing");
    }

    @Test
    void anEpochThatDoesNotBeginWithItsFirstEventHasAGapBeforeIt() throws Exception {
        store.store(batch(5, 10));

        assertThat(gaps()).containsExactly("n1-3-1…4 missing");
    }

    @Test
    void aBatchSentAgainNamesItsGapsOnce() throws Exception {
        for (int i = 0; i < 3; i++) {
            store.store(without(21, 60, 31, 40));
        }

        assertThat(gaps()).containsExactly("n1-3-1…20 missing", "n1-3-31…40 missing");
    }

    @Test
    void whatIsStoredAlreadyIsNotMissingThoughACopyOfTheFolderHasLostIt() throws Exception {
        store.store(batch(1, 100));
        store.store(without(1, 120, 31, 40));

        assertThat(gaps()).isEmpty();
    }

    @Test
    void whatTurnsUpLaterIsStoredAndTheGapStaysOnRecord() throws Exception {
        store.store(batch(11, 20));
        store.store(batch(1, 10));

        assertThat(gaps()).containsExactly("n1-3-1…10 missing");
        assertThat(Tables.count(database, "weir.usage_events")).isEqualTo(20);
    }

    @Test
    void aTransactionThatHangsAndCommitsWhileItIsSentAgainInPartsLeavesNoGap() throws Exception {
        store.store(batch(1, 10));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var blocker = database.connect();
                var statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE weir.usage_rollups IN EXCLUSIVE MODE");
            var hung = threads.submit(stored(batch(11, 110)));
            awaitWaiting(1);
            var again = threads.submit(stored(batch(11, 60)));
            awaitWaiting(2);
            blocker.commit();
            hung.get();
            again.get();
        }
        store.store(batch(61, 110));
        store.store(batch(111, 160));

        assertThat(gaps()).isEmpty();
        assertThat(Tables.count(database, "weir.usage_events")).isEqualTo(160);
    }

    @Test
    void aTransactionThatIsUndoneLeavesNoGapOfItsOwn() throws Exception {
        execute("ALTER TABLE weir.ticket_totals ADD CONSTRAINT broken CHECK (ticket = 'none') NOT VALID");
        try {
            store.store(batch(21, 60));
            throw new AssertionError("stored");
        } catch (StoreException refused) {
            assertThat(gaps()).isEmpty();
        }
    }

    @Test
    void nobodyCanChangeOrRemoveWhatIsOnRecord() throws Exception {
        store.store(batch(11, 20));
        for (Role role : Role.values()) {
            for (String change : List.of("DELETE FROM weir.gaps", "UPDATE weir.gaps SET first_seq = 5")) {
                if (role != Role.OWNER) {
                    assertThat(isAllowed(role, change)).as(role + ": " + change).isFalse();
                }
            }
        }
    }

    @Test
    void thePagesOfTheListHoldEachGapOnce() throws Exception {
        for (int from = 2; from < 300; from += 2) {
            store.store(batch(from, from));
        }
        try (var postgres = Postgres.open(TestServer.VERTX, database)) {
            var all = new ArrayList<Gaps.Noticed>();
            List<Gaps.Noticed> page;
            do {
                page = postgres.gaps().list(all.isEmpty() ? null : all.getLast(), 7);
                all.addAll(page);
            } while (!page.isEmpty());
            assertThat(all).hasSize(149).doesNotHaveDuplicates();
            assertThat(all).extracting(one -> one.gap().toString()).contains("n1-3-1…1", "n1-3-297…297");
        }
    }

    private Callable<Long> stored(Batch batch) {
        return () -> store.storeNew(batch);
    }

    private void awaitWaiting(int transactions) {
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Tables.value(database, "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                        + " current_database() AND wait_event_type = 'Lock'"), Integer.toString(transactions)::equals);
    }

    private Batch batch(int first, int last) {
        return new Batch(RandomEvents.NODE, 3, events.subList(first - 1, last));
    }

    private Batch without(int first, int last, int firstLeftOut, int lastLeftOut) {
        return new Batch(RandomEvents.NODE, 3, events.subList(first - 1, last)
                .stream()
                .filter(kept -> kept.id().seq() < firstLeftOut || kept.id().seq() > lastLeftOut)
                .toList());
    }

    private List<String> gaps() throws SQLException {
        String all = Tables.value(database, "SELECT string_agg(node || '-' || epoch || '-' || first_seq || '…'"
                + " || coalesce(last_seq::text, '') || ' ' || reason, ',' ORDER BY epoch, first_seq) FROM weir.gaps");
        return all.equals("null") ? List.of() : List.of(all.split(","));
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private boolean isAllowed(Role role, String sql) {
        try (var connection = database.as(role).connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
            return true;
        } catch (SQLException refused) {
            return false;
        }
    }
}
