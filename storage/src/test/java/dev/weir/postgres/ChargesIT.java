package dev.weir.postgres;

import dev.weir.event.UsageEvent;
import dev.weir.spool.Batch;
import dev.weir.spool.Epochs;
import dev.weir.spool.RecoveryRules.Charge;
import dev.weir.spool.RecoveryRules.Former;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/// A start that charges what its forerunner left open, while batches of the forerunner are still under way.
@Timeout(60)
final class ChargesIT {
    private final Database database = TestServer.database();
    private Postgres postgres;

    @BeforeEach
    void open() throws Exception {
        postgres = Postgres.open(TestServer.VERTX, database);
        begin(1);
        postgres.epochs().started("n1", 1);
        store(1, 0, Samples.settled("first"));
        begin(2);
    }

    @AfterEach
    void close() {
        postgres.close();
    }

    @Test
    void aSettlementThatIsCarriedOutAfterItsAttemptWasChargedIsNoSecondEvent() throws Exception {
        assertThat(charge(2, 1, "late", "open")).containsExactly("late", "open");

        store(1, 1, Samples.settled("late"), Samples.settled("other"));
        store(2, 0, Samples.interrupted("late"), Samples.interrupted("open"));

        assertThat(rows()).containsExactly("1-1 first ok", "1-3 other ok", "2-1 late interrupted",
                "2-2 open interrupted");
        assertThat(Tables.value(database, "SELECT string_agg(epoch || '-' || first_seq || ' ' || reason, ',')"
                + " FROM weir.gaps")).isEqualTo("1-2 superseded");
        assertThat(postgres.charges()
                .after("n1", 1)
                .supersedes(Samples.kept("n1", 1, 1, Samples.settled("late")).getFirst())).isTrue();
    }

    @Test
    void whatIsStoredBeyondWhatTheFolderHasIsNotCharged() throws Exception {
        store(1, 1, Samples.settled("stored"));

        assertThat(charge(2, 1, "stored", "open")).containsExactly("open");
        assertThat(charge(2, 1, "stored", "open")).as("asked again").containsExactly("open");
        assertThat(Tables.count(database, "weir.charged_attempts")).isEqualTo(1);
    }

    @Test
    void theEventsAreLookedThroughOnlyWhereTheFolderMayBeBehind() throws Exception {
        store(1, 1, Samples.settled("stored"));

        assertThat(charge(2, 2, "stored")).as("the folder has all that is stored").containsExactly("stored");
        assertThat(postgres.charges()
                .charge(new Charge("n1", 2, List.of(Samples.interrupted("stored")),
                        List.of(new Former(1, 2)), true)))
                .as("the folder is damaged")
                .isEmpty();
    }

    @Test
    void aStartThatKeptNothingHasChargedNothingOnceAnotherBegins() throws Exception {
        charge(2, 1, "late");
        begin(3);
        store(1, 1, Samples.settled("late"));

        assertThat(rows()).containsExactly("1-1 first ok", "1-2 late ok");
        assertThat(postgres.charges().after("n1", 0).epochs()).isEmpty();
    }

    @Test
    void aStartThatTookTrafficHasChargedForGood() throws Exception {
        charge(2, 1, "late");
        postgres.epochs().started("n1", 2);
        begin(3);
        store(1, 1, Samples.settled("late"));

        assertThat(rows()).containsExactly("1-1 first ok");
    }

    @Test
    void aLaterStartThatChargesTheAttemptAgainStandsForTheFormersChargeToo() throws Exception {
        charge(2, 1, "twice");
        postgres.epochs().started("n1", 2);
        begin(3);
        assertThat(charge(3, 1, "twice")).containsExactly("twice");

        store(2, 0, Samples.interrupted("twice"));
        store(3, 0, Samples.interrupted("twice"));

        assertThat(rows()).containsExactly("1-1 first ok", "3-1 twice interrupted");
    }

    @Test
    void aStartWaitsForTheBatchThatIsBeingCarriedOutAndSeesWhatItStored() throws Exception {
        try (Connection total = database.connect(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            total.setAutoCommit(false);
            try (var statement = total.createStatement()) {
                statement.execute("SELECT FROM weir.watermarks WHERE node = 'n1' FOR UPDATE");
            }
            Future<Long> batch = threads.submit(() -> store(1, 1, Samples.settled("underway")));
            untilWaiting("transactionid");
            Future<List<String>> charged = threads.submit(() -> charge(2, 1, "underway", "open"));
            untilWaiting("advisory");
            total.commit();

            assertThat(batch.get()).isEqualTo(1);
            assertThat(charged.get()).containsExactly("open");
        }
    }

    @Test
    void aBatchThatBeganWhileAStartChargesSeesWhatItCharged() throws Exception {
        try (Connection start = database.connect(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            start.setAutoCommit(false);
            try (var statement = start.createStatement()) {
                statement.execute(
                        "SELECT weir.charge_attempts('n1', 2, '{late}', '{1}', '{2026-07-01}', '{1}', '{1}', false)");
            }
            Future<Long> batch = threads.submit(() -> store(1, 1, Samples.settled("late")));
            untilWaiting("advisory");
            start.commit();

            assertThat(batch.get()).isZero();
            assertThat(rows()).containsExactly("1-1 first ok");
        }
    }

    /// Until a session of this database waits for a lock of that kind.
    private void untilWaiting(String kind) throws SQLException {
        while (Tables.value(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND wait_event_type = 'Lock' AND wait_event = '" + kind + "'").equals("0")) {
            Thread.onSpinWait();
        }
    }

    private void begin(long epoch) throws Exception {
        assertThat(postgres.epochs().begin(new Epochs.Start("n1", epoch, -1, List.of()))).isEqualTo(epoch);
    }

    private List<String> charge(long epoch, long lastSeq, String... calls) {
        var attempts = new ArrayList<UsageEvent>();
        for (String call : calls) {
            attempts.add(Samples.interrupted(call));
        }
        return postgres.charges()
                .charge(new Charge("n1", epoch, attempts, List.of(new Former(1, lastSeq)), false))
                .stream()
                .map(UsageEvent::callId)
                .toList();
    }

    private long store(long epoch, long after, UsageEvent... events) throws Exception {
        return postgres.store().storeNew(new Batch("n1", epoch, Samples.kept("n1", epoch, after, events)));
    }

    private List<String> rows() throws SQLException {
        return List
                .of(Tables.value(database, "SELECT string_agg(epoch || '-' || seq || ' ' || call_id || ' ' || outcome,"
                        + " ',' ORDER BY epoch, seq) FROM weir.usage_events").split(","));
    }
}
