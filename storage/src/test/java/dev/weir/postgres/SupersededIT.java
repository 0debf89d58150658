package dev.weir.postgres;

import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.spool.Batch;
import dev.weir.spool.Epochs;
import dev.weir.spool.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// An attempt that a start charged as interrupted is not charged again when its settlement turns up in an older copy of the
/// folder; nothing else is left out.
final class SupersededIT {
    private final Database database = TestServer.database();
    private Postgres postgres;

    /// Epoch 1 settled `first` and kept a settlement of `cut` that a power cut took; epoch 2 charged `cut`.
    @BeforeEach
    void cut() throws Exception {
        postgres = Postgres.open(TestServer.VERTX, database);
        begin("n1", 1);
        store("n1", 1, 0, Samples.settled("first"));
        begin("n1", 2);
        store("n1", 2, 0, Samples.interrupted("cut"));
    }

    @AfterEach
    void close() {
        postgres.close();
    }

    @Test
    void aSettlementThatComesAfterItsAttemptWasChargedIsOnRecordAndNotCounted() throws Exception {
        long stored = store("n1", 1, 1, Samples.settled("second"), Samples.settled("cut"), Samples.settled("third"));

        assertThat(stored).isEqualTo(2);
        assertThat(rows()).containsExactly("n1-1-1 first ok", "n1-1-2 second ok", "n1-1-4 third ok",
                "n1-2-1 cut interrupted");
        assertThat(gaps()).containsExactly("n1-1-3…3 superseded");
        assertThat(postgres.store().watermark("n1", 1)).isEqualTo(4);
        assertThat(postgres.gapLog().gaps()).as("nothing is missing").isZero();
        var found = postgres.audit().find(Samples.NOW.minusSeconds(60), Samples.NOW.plus(Duration.ofDays(1)));
        assertThat(found.attemptsTwice()).isEmpty();
        assertThat(found.differences()).isEmpty();
        assertThat(found.holes()).containsExactly(new Audit.Hole("n1", 1, 3, 3));
        assertThat(found.gaps()).extracting(one -> one.gap().toString()).containsExactly("n1-1-3…3");
    }

    @Test
    void theBatchSentAgainChangesNothing() throws Exception {
        store("n1", 1, 1, Samples.settled("cut"), Samples.settled("third"));
        var before = Tables.all(database);
        for (int i = 0; i < 2; i++) {
            assertThat(store("n1", 1, 1, Samples.settled("cut"), Samples.settled("third"))).isZero();
        }

        assertThat(Tables.all(database)).isEqualTo(before);
    }

    @Test
    void aSettlementAmongThoseOnRecordAsMissingIsLeftOutWithoutASecondRecord() throws Exception {
        store("n1", 1, 9, Samples.settled("tenth"));
        store("n1", 1, 1, Samples.settled("second"), Samples.settled("cut"));

        assertThat(rows()).contains("n1-1-2 second ok").doesNotContain("n1-1-3 cut ok");
        assertThat(gaps()).containsExactly("n1-1-2…9 missing");
    }

    @Test
    void whatIsStoredAlreadyGetsNoRecord() throws Exception {
        store("n1", 1, 1, Samples.settled("later"));
        store("n1", 2, 1, Samples.interrupted("later"));
        store("n1", 1, 1, Samples.settled("later"));

        assertThat(gaps()).isEmpty();
        assertThat(rows()).contains("n1-1-2 later ok");
    }

    @Test
    void aLaterStartsRecoveryOfTheSameAttemptStandsForAnEarlierOneToo() throws Exception {
        store("n1", 1, 1, Samples.interrupted("cut"));

        assertThat(rows()).containsExactly("n1-1-1 first ok", "n1-2-1 cut interrupted");
        assertThat(gaps()).containsExactly("n1-1-2…2 superseded");
    }

    @Test
    void anInterruptedEventIsNotLaterThanItself() throws Exception {
        begin("n1", 3);
        assertThat(store("n1", 2, 0, Samples.interrupted("cut"), Samples.settled("cut"))).isEqualTo(1);
        assertThat(store("n1", 3, 0, Samples.settled("cut"))).isEqualTo(1);

        assertThat(gaps()).isEmpty();
    }

    @Test
    void anotherAttemptAnotherNodeAndUsageToldLaterAreStored() throws Exception {
        begin("n2", 1);
        begin("n2", 2);
        store("n1", 1, 1, Samples.attempt("cut", 2, Outcome.OK, Flags.NONE),
                Samples.attempt("cut", 1, Outcome.OK, Flags.NONE.with(Flag.USAGE_DEFERRED)));
        store("n2", 1, 0, Samples.settled("cut"));

        assertThat(Tables.count(database, "weir.usage_events")).isEqualTo(5);
        assertThat(gaps()).isEmpty();
    }

    @Test
    void whatAStartCountsOfItsSpoolIsWhatTheStoreWillTake() throws Exception {
        begin("n1", 3);
        store("n1", 3, 0, Samples.interrupted("again"));
        for (long epoch = 1; epoch <= 3; epoch++) {
            var kept = Samples.kept("n1", epoch, 10, Samples.settled("free"), Samples.settled("cut"),
                    Samples.interrupted("cut"), Samples.settled("again"),
                    Samples.attempt("cut", 2, Outcome.OK, Flags.NONE),
                    Samples.attempt("cut", 1, Outcome.OK, Flags.NONE.with(Flag.USAGE_DEFERRED)));
            var charged = postgres.charges().after("n1", 0);
            var counted = kept.stream()
                    .filter(one -> !charged.supersedes(one))
                    .map(one -> one.id().toString())
                    .toList();
            postgres.store().storeNew(new Batch("n1", epoch, kept));

            assertThat(counted)
                    .isEqualTo(lines("SELECT string_agg(node || '-' || epoch || '-' || seq, ',' ORDER BY seq)"
                            + " FROM weir.usage_events WHERE seq > 10 AND epoch = " + epoch));
        }
        assertThat(Tables.count(database, "weir.usage_events")).isEqualTo(3 + 3 + 5 + 6);
    }

    @Test
    void theLatestEpochOfANodeIsNotLookedUp() throws Exception {
        execute("""
                CREATE OR REPLACE FUNCTION weir.superseded_of_former(of_node text, of_epoch bigint, seqs bigint[], call_ids text[],
                    attempts integer[], times timestamptz[], flag_bits integer[]) RETURNS SETOF bigint
                LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE 'looked up'; END $$""");

        assertThat(store("n1", 2, 1, Samples.settled("live"))).isEqualTo(1);
        assertThatThrownBy(() -> store("n1", 1, 1, Samples.settled("former"))).isInstanceOf(StoreException.class)
                .hasMessageContaining("looked up");
    }

    private void begin(String node, long epoch) throws Exception {
        assertThat(postgres.epochs().begin(new Epochs.Start(node, epoch, -1, List.of()))).isEqualTo(epoch);
    }

    private long store(String node, long epoch, long after, UsageEvent... events) throws StoreException {
        return postgres.store().storeNew(new Batch(node, epoch, Samples.kept(node, epoch, after, events)));
    }

    private List<String> rows() throws SQLException {
        return lines("SELECT string_agg(node || '-' || epoch || '-' || seq || ' ' || call_id || ' ' || outcome, ','"
                + " ORDER BY node, epoch, seq) FROM weir.usage_events");
    }

    private List<String> gaps() throws SQLException {
        return lines("SELECT string_agg(node || '-' || epoch || '-' || first_seq || '…' || coalesce(last_seq::text, '')"
                + " || ' ' || reason, ',' ORDER BY node, epoch, first_seq) FROM weir.gaps");
    }

    private List<String> lines(String sql) throws SQLException {
        String all = Tables.value(database, sql);
        return all.equals("null") ? List.of() : List.of(all.split(","));
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
