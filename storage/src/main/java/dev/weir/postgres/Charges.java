package dev.weir.postgres;

import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.rollup.DaySeal;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.RecoveryRules.Charge;
import dev.weir.spool.RecoveryRules.Former;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Attempts that starts have charged as interrupted. A settlement of theirs that an earlier epoch of the node brings later is not
/// stored any more. Blocks; any thread but an event loop.
public final class Charges implements AutoCloseable {
    private static final Duration STATEMENT_MAX = Duration.ofSeconds(20);
    private static final String CHARGE = "SELECT weir.charge_attempts($1, $2, $3, $4, $5, $6, $7, $8)";
    private static final String AFTER = """
            SELECT call_id, attempt, max(epoch) FROM (
                SELECT call_id, attempt, epoch FROM weir.usage_events
                WHERE outcome = 'interrupted' AND node = $1 AND epoch > $2
                UNION ALL
                SELECT call_id, attempt, epoch FROM weir.charged_attempts_after($1, $2)
            ) AS charged GROUP BY call_id, attempt
            """;

    private final Client ingest;
    private final Client auditor;

    Charges(Vertx vertx, Database database, Client auditor) {
        this.ingest = new Client(vertx, database.as(Role.INGEST), 1, STATEMENT_MAX);
        this.auditor = auditor;
    }

    /// Waits for batches of the node that are being carried out. Those that are carried out later know what is charged.
    ///
    /// @return the attempts that have no event yet, which are on record as charged now
    /// @throws DatabaseException where the database cannot be asked; then nothing is known, and asking again does no harm
    public List<UsageEvent> charge(Charge charge) {
        List<UsageEvent> attempts = charge.attempts();
        var arguments = Tuple.of(charge.node(), charge.epoch())
                .addValue(attempts.stream().map(UsageEvent::callId).toArray(String[]::new))
                .addValue(attempts.stream().map(UsageEvent::attempt).toArray(Integer[]::new))
                .addValue(attempts.stream().map(one -> DaySeal.dayOf(one.time())).distinct().toArray(LocalDate[]::new))
                .addValue(charge.formers().stream().map(Former::epoch).toArray(Long[]::new))
                .addValue(charge.formers().stream().map(Former::lastSeq).toArray(Long[]::new))
                .addBoolean(charge.inDoubt());
        var stored = new HashSet<Long>();
        ingest.query(CHARGE, arguments).forEach(row -> stored.add(row.getLong(0)));
        return IntStream.range(0, attempts.size())
                .filter(i -> !stored.contains(i + 1L))
                .mapToObj(attempts::get)
                .toList();
    }

    /// The attempts of a node that the starts after `epoch` charged. Reads an index of nothing else.
    ///
    /// @throws DatabaseException where the database cannot be asked
    public Charged after(String node, long epoch) {
        var charged = new HashMap<String, Long>();
        auditor.query(AFTER, Tuple.of(node, epoch))
                .forEach(row -> charged.put(name(row.getString(0), row.getInteger(1)), row.getLong(2)));
        return new Charged(node, charged);
    }

    /// Attempts that were charged as interrupted, so that a settlement of an earlier epoch is not stored any more.
    ///
    /// @param epochs the latest that charged it, by call id and attempt
    public record Charged(String node, Map<String, Long> epochs) {
        public Charged {
            epochs = Map.copyOf(epochs);
        }

        /// Whether [PostgresStore] would leave this event out, as far as these attempts go. The same rule as `weir.superseded`.
        public boolean supersedes(KeptEvent kept) {
            UsageEvent event = kept.event();
            return kept.id().node().equals(node) && !event.flags().has(Flag.USAGE_DEFERRED)
                    && epochs.getOrDefault(name(event.callId(), event.attempt()), 0L) > kept.id().epoch();
        }
    }

    private static String name(String callId, int attempt) {
        return callId + "/" + attempt;
    }

    @Override
    public void close() {
        ingest.close();
    }
}
