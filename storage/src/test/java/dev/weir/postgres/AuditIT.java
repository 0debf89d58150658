package dev.weir.postgres;

import dev.weir.event.EventId;
import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.spool.Epochs;
import dev.weir.spool.KeptEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// Each kind of damage that somebody could do to the tables is found and named; what is well is not complained about.
final class AuditIT {
    private static final Instant NOW = Instant.now();
    private static final Instant FROM = NOW.minus(Duration.ofDays(4));
    private static final Instant TO = NOW.plus(Duration.ofDays(1));
    private final Database database = TestServer.database();
    private final RandomEvents random = new RandomEvents(71, NOW);
    private Postgres postgres;

    @BeforeEach
    void store() throws Exception {
        postgres = Postgres.open(TestServer.VERTX, database);
        for (long epoch = 1; epoch <= 3; epoch++) {
            begin();
            for (var batch : random.batches(kept(epoch, 120))) {
                postgres.store().store(batch);
            }
        }
    }

    @AfterEach
    void close() {
        postgres.close();
    }

    @Test
    void nothingIsFoundInASoundHistory() {
        var found = find();

        assertThat(found.epochs()).extracting(one -> one.node() + "-" + one.epoch() + " " + one.events() + " "
                + one.first() + "…" + one.last() + " of " + one.watermark() + " " + one.known())
                .containsExactly("n1-1 120 1…120 of 120 true", "n1-2 120 1…120 of 120 true",
                        "n1-3 120 1…120 of 120 true");
        assertSound(found);
        assertThat(found.rows()).isGreaterThan(200);
    }

    @Test
    void aRowThatWasDeletedIsAHoleAndIsMissedInItsTotals() throws Exception {
        execute("DELETE FROM weir.usage_events WHERE epoch = 2 AND seq IN (17, 18, 40)");
        var found = find();

        assertThat(found.holes()).containsExactly(new Audit.Hole("n1", 2, 17, 18), new Audit.Hole("n1", 2, 40, 40));
        assertThat(found.gaps()).isEmpty();
        assertThat(found.differences()).extracting(Audit.Difference::table)
                .contains("usage_rollups", "run_totals", "ticket_totals");
    }

    @Test
    void theEndOfAnEpochThatWasDeletedIsAHoleUpToItsWatermark() throws Exception {
        execute("DELETE FROM weir.usage_events WHERE epoch = 3 AND seq > 100");

        assertThat(find().holes()).containsExactly(new Audit.Hole("n1", 3, 101, 120));
    }

    @Test
    void anEpochThatWasDeletedWholeIsMissedAllTheSame() throws Exception {
        execute("DELETE FROM weir.usage_events");
        var found = postgres.audit().find(NOW.minusSeconds(60), TO);

        assertThat(found.epochs()).extracting(Audit.EpochSeqs::events).containsExactly(0L, 0L, 0L);
        assertThat(found.holes()).containsExactly(new Audit.Hole("n1", 1, 1, 120), new Audit.Hole("n1", 2, 1, 120),
                new Audit.Hole("n1", 3, 1, 120));
    }

    @Test
    void anIdThatIsThereAgainOnAnotherDayIsFoundThoughThePrimaryKeyLetsItPass() throws Exception {
        execute("SELECT weir.create_event_partitions(current_date - 40, current_date - 38)");
        copy("epoch = 2 AND seq = 33",
                "day = current_date - 39, time = current_date - interval '39 days' + interval '1 h'");
        var found = find();

        assertThat(found.twice()).hasSize(1);
        assertThat(found.twice().getFirst().seq()).isEqualTo(33);
        assertThat(found.twice().getFirst().places()).contains(" and on ");
        assertThat(found.holes()).isEmpty();
        assertThat(found.differences()).isEmpty();
    }

    @Test
    void anIdThatIsThereAgainInAnotherTenantIsFound() throws Exception {
        copy("epoch = 1 AND seq = 50", "tenant = 'other'");
        var found = find();

        assertThat(found.twice()).extracting(Audit.Twice::seq).containsExactly(50L);
        assertThat(found.differences()).isNotEmpty();
    }

    @Test
    void anAttemptUnderTwoIdsIsFound() throws Exception {
        copy("epoch = 3 AND seq = 5", "seq = 121");
        execute("UPDATE weir.watermarks SET seq = 121 WHERE epoch = 3");
        var found = find();

        assertThat(found.attemptsTwice()).hasSize(1);
        assertThat(found.attemptsTwice().getFirst().callId()).isEqualTo("call-3005");
        assertThat(found.attemptsTwice().getFirst().ids()).isEqualTo("n1-3-5, n1-3-121");
        assertThat(found.twice()).isEmpty();
        assertThat(found.holes()).isEmpty();
    }

    @Test
    void usageThatIsBookedLaterUnderItsAttemptsNameIsNotTwice() throws Exception {
        var event = random.event(4_001);
        var later = withFlags(event, Flags.NONE.with(Flag.USAGE_DEFERRED));
        postgres.store()
                .store(RandomEvents.batch(List.of(new KeptEvent(new EventId("n1", 3, 121), event),
                        new KeptEvent(new EventId("n1", 3, 122), later))));

        assertSound(find());
    }

    @Test
    void aTotalThatWasChangedIsLocatedByKeyAndColumn() throws Exception {
        execute("UPDATE weir.run_totals SET cost = cost + 0.000000000001, calls = calls - 1"
                + " WHERE (tenant, run, day, route) = (SELECT tenant, run, day, route FROM weir.run_totals"
                + " WHERE run <> '' ORDER BY 1, 2, 3, 4 LIMIT 1)");
        var found = find();

        assertThat(found.differences()).hasSize(1);
        var difference = found.differences().getFirst();
        assertThat(difference.table()).isEqualTo("run_totals");
        assertThat(difference.key()).contains("run=").contains("day=");
        assertThat(difference.columns()).hasSize(2);
        assertThat(difference.columns().getFirst()).startsWith("cost: ").endsWith(" counted");
        assertThat(difference.columns().getLast()).startsWith("calls: ");
    }

    @Test
    void aTotalThatIsGoneAndOneThatNobodyEarnedAreFound() throws Exception {
        execute("DELETE FROM weir.ticket_totals WHERE ticket = 'INC1'");
        execute("INSERT INTO weir.run_totals SELECT (jsonb_populate_record(NULL::weir.run_totals,"
                + " to_jsonb(r) || '{\"run\": \"invented\"}')).* FROM weir.run_totals AS r LIMIT 1");
        var found = find();

        assertThat(found.differences()).filteredOn(one -> one.table().equals("ticket_totals"))
                .isNotEmpty()
                .allSatisfy(one -> assertThat(one.columns().getFirst()).startsWith("no such row"));
        assertThat(found.differences()).filteredOn(one -> one.table().equals("run_totals")).hasSize(1);
    }

    @Test
    void aWatermarkThatWasLoweredShowsEventsBeyondIt() throws Exception {
        execute("UPDATE weir.watermarks SET seq = 90 WHERE epoch = 2");

        assertThat(find().epochs()).filteredOn(one -> one.last() > one.watermark())
                .extracting(Audit.EpochSeqs::epoch)
                .containsExactly(2L);
    }

    @Test
    void anEpochThatNobodyWasGivenIsFound() throws Exception {
        postgres.store().store(RandomEvents.batch(kept(9, 10)));

        assertThat(find().epochs()).filteredOn(one -> !one.known())
                .extracting(Audit.EpochSeqs::epoch)
                .containsExactly(9L);
    }

    @Test
    void aGapThatIsOnRecordComesWithItsHole() throws Exception {
        var all = kept(4, 60);
        begin();
        postgres.store().store(RandomEvents.batch(all.subList(0, 10)));
        postgres.store().store(RandomEvents.batch(all.subList(30, 60)));
        var found = find();

        assertThat(found.holes()).containsExactly(new Audit.Hole("n1", 4, 11, 30));
        assertThat(found.gaps()).extracting(one -> one.gap().toString()).containsExactly("n1-4-11…30");
        assertThat(found.differences()).isEmpty();
    }

    private Audit.Findings find() {
        return postgres.audit().find(FROM, TO);
    }

    private static void assertSound(Audit.Findings found) {
        assertThat(found.holes()).isEmpty();
        assertThat(found.gaps()).isEmpty();
        assertThat(found.twice()).isEmpty();
        assertThat(found.attemptsTwice()).isEmpty();
        assertThat(found.differences()).isEmpty();
    }

    private void begin() throws Exception {
        long epoch = postgres.epochs().begin(new Epochs.Start("n1", 1, -1, List.of()));
        postgres.epochs().started("n1", epoch);
        execute("DELETE FROM weir.gaps");
    }

    private List<KeptEvent> kept(long epoch, int count) {
        var kept = new ArrayList<KeptEvent>();
        for (int seq = 1; seq <= count; seq++) {
            kept.add(new KeptEvent(new EventId("n1", epoch, seq), random.event(epoch * 1_000 + seq)));
        }
        return kept;
    }

    private static UsageEvent withFlags(UsageEvent e, Flags flags) {
        return new UsageEvent(e.callId(), e.attempt(), e.time(), e.tenant(), e.key(), e.user(), e.route(),
                e.provider(), e.modelAsked(), e.modelAnswered(), e.region(), e.serviceTier(), e.providerRequestId(),
                e.attribution(), e.quantities(), e.bytes(), e.clientStatus(), e.upstreamStatus(), e.latencyNanos(),
                e.firstTokenNanos(), e.clientRetryCount(), e.retryAfterSeconds(), e.outcome(), e.reasonCode(),
                e.priceVersion(), e.cost(), flags);
    }

    /// Puts a row there again, with some columns set otherwise, as nobody but a superuser could.
    private void copy(String which, String set) throws SQLException {
        execute("CREATE TEMP TABLE copied AS SELECT * FROM weir.usage_events WHERE " + which + "; UPDATE copied SET "
                + set + "; DO $$ DECLARE names text; BEGIN SELECT string_agg(quote_ident(attname), ', ') INTO names"
                + " FROM pg_attribute WHERE attrelid = 'weir.usage_events'::regclass AND attnum > 0 AND attgenerated = ''"
                + " AND NOT attisdropped; EXECUTE format('INSERT INTO weir.usage_events (%s) SELECT %s FROM copied', names,"
                + " names); END $$");
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
