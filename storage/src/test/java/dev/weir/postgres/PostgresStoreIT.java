package dev.weir.postgres;

import dev.weir.event.EventId;
import dev.weir.rollup.UsageTotals;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.StoreException;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/// Exactly once: whatever is sent again, in whatever order and portions, the tables are those of sending each event once.
final class PostgresStoreIT {
    private final Database database = TestServer.database();
    private final Instant now = Instant.now();
    private final PostgresStore store = new PostgresStore(TestServer.VERTX, database);

    @AfterEach
    void close() {
        store.close();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void anyPermutationDuplicationAndSplitOfBatchesGivesTheTotalsOfThePlainFold(long seed) throws Exception {
        var events = new RandomEvents(seed, now);
        List<KeptEvent> kept = events.kept(1, 300);
        var sent = new ArrayList<Batch>();
        for (int copy = 0; copy < 3; copy++) {
            sent.addAll(events.batches(kept));
        }
        Collections.shuffle(sent, new Random(seed));

        for (Batch batch : sent) {
            store.store(batch);
        }

        var fold = new UsageTotals();
        kept.forEach(one -> fold.add(one.event(), now));
        assertThat(Tables.totals(database)).isEqualTo(fold.toMap());
        assertThat(Tables.count(database, "weir.usage_events")).isEqualTo(300);
        assertThat(store.watermark(RandomEvents.NODE, 1)).isEqualTo(300);
    }

    @Test
    void aBatchSentAgainAddsNothing() throws Exception {
        Batch batch = RandomEvents.batch(new RandomEvents(7, now).kept(1, 50));
        assertThat(store.storeNew(batch)).isEqualTo(50);
        var before = Tables.totals(database);
        assertThat(store.storeNew(batch)).isZero();
        assertThat(Tables.totals(database)).isEqualTo(before);
    }

    @Test
    void theWatermarkNeverFallsAndIsZeroBeforeAnythingIsStored() throws StoreException {
        List<KeptEvent> kept = new RandomEvents(8, now).kept(5, 20);
        assertThat(store.watermark(RandomEvents.NODE, 5)).isZero();
        store.store(RandomEvents.batch(kept.subList(10, 20)));
        store.store(RandomEvents.batch(kept.subList(0, 10)));
        assertThat(store.watermark(RandomEvents.NODE, 5)).isEqualTo(20);
    }

    @Test
    void aRefusedBatchLeavesNothingBehindAndSaysSo() throws Exception {
        List<KeptEvent> kept = new RandomEvents(9, now).kept(1, 10);
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute("ALTER TABLE weir.ticket_totals ADD CONSTRAINT broken CHECK (ticket = 'none') NOT VALID");
        }
        try {
            store.store(RandomEvents.batch(kept));
            assertThat(false).as("stored").isTrue();
        } catch (StoreException e) {
            assertThat(e.isCommitUnknown()).isFalse();
        }
        assertThat(Tables.count(database, "weir.usage_events")).isZero();
        assertThat(Tables.count(database, "weir.usage_rollups")).isZero();
        assertThat(store.watermark(RandomEvents.NODE, 1)).isZero();
    }

    @Test
    void anEventOfADayWithoutPartitionMakesOneAndALateOneIsMarked() throws Exception {
        Instant old = Instant.parse("2025-02-28T23:59:59.999999Z");
        var late = new RandomEvents(10, old).event(1);
        store.store(RandomEvents.batch(List.of(new KeptEvent(new EventId(RandomEvents.NODE, 1, 1), late))));
        assertThat(Tables.value(database, "SELECT late FROM weir.usage_events")).isEqualTo("t");
        assertThat(Tables.value(database, "SELECT late FROM weir.usage_rollups")).isEqualTo("t");
    }

    @Test
    void aPartitionThatWasTakenOutIsMadeAnew() throws Exception {
        List<KeptEvent> kept = new RandomEvents(11, now).kept(1, 2);
        store.store(RandomEvents.batch(kept.subList(0, 1)));
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            var names = new ArrayList<String>();
            var rows = statement.executeQuery("SELECT inhrelid::regclass::text FROM pg_inherits"
                    + " WHERE inhparent = 'weir.usage_events'::regclass");
            while (rows.next()) {
                names.add(rows.getString(1));
            }
            for (String name : names) {
                statement.execute("DROP TABLE " + name);
            }
        }
        assertThat(store.storeNew(RandomEvents.batch(kept))).isEqualTo(2);
    }

    @Test
    void partitionsAreMadeFromYesterdayToAWeekAheadOnce() throws SQLException {
        LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        assertThat(store.preparePartitions(today)).isEqualTo(9);
        assertThat(store.preparePartitions(today)).isZero();
        assertThat(store.preparePartitions(today.plusDays(1))).isEqualTo(1);
    }
}
