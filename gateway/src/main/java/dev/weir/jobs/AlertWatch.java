package dev.weir.jobs;

import dev.weir.ledger.Run;
import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.port.Random;
import dev.weir.postgres.AlertRow;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.Reached;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at every counter whose limit has alerts, and writes down each mark that it has reached. One thread.
///
/// Nothing is told from the call's path: a look compares what is settled with the marks, so whatever died or was away between a
/// settlement and the writing, the next look finds the same again. The database sees to it that of all looks of all nodes one is
/// the first. What this node knows to be written is kept in memory, so that a look that finds nothing new asks the database
/// nothing.
///
/// Ended windows are looked at as long as the ledger keeps them, because calls that run over the end still settle there. The
/// amount that was in force is the one that counts: a limit that came, or was changed, after the end has no say in it.
///
/// Limits per minute have no alerts: they are rates, and their refusals are in the metrics.
public final class AlertWatch {
    private static final Logger LOG = LoggerFactory.getLogger(AlertWatch.class);
    private static final int ID_BYTES = 16;

    private final Supplier<Map<TenantId, List<Run>>> runs;
    private final Supplier<TenantDirectory.Snapshot> directory;
    private final Log log;
    private final String node;
    private final Clock clock;
    private final Random random;
    private final AtomicLong fired = new AtomicLong();

    // The thread of the looks.
    private final Map<LimitName, Since> inForce = new HashMap<>();
    private final Set<Mark> written = new HashSet<>();
    private List<Reached> afterwards;

    private record LimitName(TenantId tenant, String id) {}

    private record Since(Limit limit, Instant seen) {}

    private record Mark(TenantId tenant, Limit limit, String value, Window.Span span, int percent) {}

    /// Where alerts are written down. Waits for the database.
    public interface Log {
        /// @return empty where it was fired before
        /// @throws DatabaseException where it is not known whether it is written; try again
        Optional<AlertRow> fire(Reached mark, String id, String node, Instant now);
    }

    /// @param runs of this node's ledger
    /// @param ended marks of windows that ended before this start and that nobody may have written down
    public AlertWatch(Supplier<Map<TenantId, List<Run>>> runs, Supplier<TenantDirectory.Snapshot> directory,
            List<Reached> ended, Log log, String node, Clock clock, Random random) {
        this.runs = runs;
        this.directory = directory;
        this.afterwards = List.copyOf(ended);
        this.log = log;
        this.node = node;
        this.clock = clock;
        this.random = random;
    }

    /// One look.
    ///
    /// @throws DatabaseException where not all could be written; the next look tries again
    public void look() {
        Instant now = clock.now();
        TenantDirectory.Snapshot snapshot = directory.get();
        var reached = new HashSet<Mark>();
        for (var tenant : runs.get().entrySet()) {
            Map<String, Limit> limits = limits(snapshot, tenant.getKey(), now);
            for (Run run : tenant.getValue()) {
                Limit limit = limits.get(run.standing().limit().id());
                if (limit != null && limit.countsAs(run.standing().limit())) {
                    look(tenant.getKey(), run, limit, reached, now);
                }
            }
        }
        // What is no longer reached is over: its window has ended and is forgotten, or its limit is another.
        written.retainAll(reached);
        inForce.keySet().removeIf(name -> inForceOf(snapshot, name).isEmpty());
        while (!afterwards.isEmpty()) {
            fire(afterwards.getFirst(), now);
            afterwards = afterwards.subList(1, afterwards.size());
        }
    }

    /// Alerts that this node was the first to see since its start. Any thread.
    public long fired() {
        return fired.get();
    }

    private Map<String, Limit> limits(TenantDirectory.Snapshot snapshot, TenantId tenant, Instant now) {
        var limits = new HashMap<String, Limit>();
        for (Limit limit : snapshot.limits(tenant)) {
            if (!limit.alerts().isEmpty() && limit.window() != Window.MINUTE) {
                limits.put(limit.id(), limit);
                var name = new LimitName(tenant, limit.id());
                Since since = inForce.get(name);
                if (since == null || !since.limit().equals(limit)) {
                    inForce.put(name, new Since(limit, now));
                }
            }
        }
        return limits;
    }

    private static Optional<Limit> inForceOf(TenantDirectory.Snapshot snapshot, LimitName name) {
        return snapshot.limits(name.tenant()).stream().filter(limit -> limit.id().equals(name.id())).findFirst();
    }

    private void look(TenantId tenant, Run run, Limit limit, Set<Mark> reached, Instant now) {
        Standing was = run.standing();
        for (int percent : limit.alerts()) {
            if (!run.hasReached(limit, percent)) {
                continue;
            }
            var mark = new Mark(tenant, limit, was.value(), was.span(), percent);
            reached.add(mark);
            if (!written.contains(mark)) {
                var standing = new Standing(limit, was.value(), was.settled(), was.reserved(), was.span());
                fire(new Reached(tenant, standing, percent, isSeenTooLate(tenant, limit, was.span())), now);
                written.add(mark);
            }
        }
    }

    private boolean isSeenTooLate(TenantId tenant, Limit limit, Window.Span span) {
        Since since = inForce.get(new LimitName(tenant, limit.id()));
        return since == null || !since.seen().isBefore(span.end());
    }

    private void fire(Reached mark, Instant now) {
        Optional<AlertRow> alert = log.fire(mark, newId(random), node, now);
        if (alert.isPresent()) {
            fired.incrementAndGet();
            tell(alert.get());
        }
    }

    /// The id of a new alert, as random as a key.
    public static String newId(Random random) {
        var bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return "alert_" + HexFormat.of().formatHex(bytes);
    }

    private static void tell(AlertRow alert) {
        if (alert.actions().contains("log")) {
            AlertRow.Mark mark = alert.mark();
            LOG.warn("tenant {}: '{}' of {} is at {} %: {} of {} {} are used in the {} that ends {} (alert {})",
                    alert.tenant(), alert.limitId(), alert.entity(), mark.percent(),
                    mark.settled().stripTrailingZeros().toPlainString(),
                    mark.amount().stripTrailingZeros().toPlainString(),
                    mark.meter().equals("cost") ? "USD" : mark.meter(), mark.window(),
                    mark.end() == null ? "never" : mark.end(), alert.id());
        }
    }
}
