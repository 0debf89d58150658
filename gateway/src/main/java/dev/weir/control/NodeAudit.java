package dev.weir.control;

import dev.weir.admission.Admissions;
import dev.weir.admission.Admissions.CounterKey;
import dev.weir.admission.PastUsage;
import dev.weir.control.AuditReport.Check;
import dev.weir.control.AuditReport.Verdict;
import dev.weir.ledger.Holding;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.postgres.DatabaseException;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// Whether this node's counters are the sums of its events, and its spool is where the store is. Blocks; virtual threads only.
///
/// Calls change counters while they run and events afterwards, so it takes a moment in which nothing does: no call in flight,
/// every event stored, the ledger the same before and after the events were summed. Where there is none in the time it has, it
/// says so.
final class NodeAudit {
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Clock clock;
    private final Ledger ledger;
    private final Supplier<TenantDirectory.Snapshot> directory;
    private final Usage usage;
    private final Node node;

    /// What is stored of this node's events, summed as the counters of a start are restored from it.
    interface Usage {
        /// @param unstored events this node has kept and the sums do not hold
        record Sums(List<PastUsage> rows, long unstored) {}

        Sums at(Instant now);

        /// Whether a tenant has events without a cost there: those are charged as reserved, and sum up to nothing.
        boolean hasUnpriced(TenantId tenant, Window.Span span);
    }

    /// This node, now.
    ///
    /// @param calls that run
    record Node(String id, IntSupplier calls, Supplier<SpoolStand> spool) {}

    /// Where the spool stands.
    ///
    /// @param lag events kept and not stored, of all epochs
    /// @param full whether it takes nothing more
    /// @param lastError of the disk; it may have passed
    record SpoolStand(long epoch, long kept, long synced, long lag, long suspectSegments, long badBlocks,
            boolean full, Optional<String> lastError) {}

    NodeAudit(Clock clock, Ledger ledger, Supplier<TenantDirectory.Snapshot> directory, Usage usage, Node node) {
        this.clock = clock;
        this.ledger = ledger;
        this.directory = directory;
        this.usage = usage;
        this.node = node;
    }

    /// @param wait how long a quiet moment is waited for
    List<Check> checks(Duration wait) {
        long until = clock.nanoTime() + wait.toNanos();
        Check counters = counters();
        Check spool = spool();
        while ((counters.verdict() == Verdict.UNDECIDED || spool.verdict() == Verdict.UNDECIDED)
                && clock.nanoTime() - until < 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(PAUSE.toNanos());
            counters = counters.verdict() == Verdict.UNDECIDED ? counters() : counters;
            spool = spool();
        }
        return List.of(counters, spool);
    }

    private Check counters() {
        int running = node.calls().getAsInt();
        if (running > 0) {
            return undecided(running + " calls are running");
        }
        Instant now = clock.now();
        var before = own(now);
        Usage.Sums sums;
        try {
            sums = usage.at(now);
        } catch (DatabaseException unanswered) {
            return undecided(String.valueOf(unanswered.getMessage()));
        }
        if (sums.unstored() > 0) {
            return undecided(sums.unstored() + " events are not stored yet");
        }
        if (node.calls().getAsInt() > 0 || !before.equals(own(now))) {
            return undecided("calls came while the events were summed");
        }
        return compare(before, Admissions.used(directory.get(), sums.rows(), now), now);
    }

    /// What calls on this node have settled and reserved, whatever other nodes have.
    private Map<TenantId, List<Standing>> own(Instant now) {
        return ledger.holdings(now)
                .stream()
                .collect(Collectors.groupingBy(Holding::tenant, Collectors.mapping(
                        holding -> new Standing(holding.limit(), holding.value(), holding.settled(), holding.reserved(),
                                holding.span()),
                        Collectors.toList())));
    }

    private Check compare(Map<TenantId, List<Standing>> standings, Map<CounterKey, Long> expected, Instant now) {
        int awaiting = ledger.openReservations();
        var wrong = new ArrayList<String>();
        var open = new ArrayList<String>();
        var stands = stands(standings, now);
        var keys = new HashSet<>(expected.keySet());
        keys.addAll(stands.keySet());
        for (CounterKey key : keys) {
            long events = expected.getOrDefault(key, 0L);
            Standing stand = stands.get(key);
            long settled = stand == null ? 0 : stand.settled();
            if (settled != events) {
                String text = name(key) + ": " + settled + " settled, " + events + " by its events";
                boolean mayBe = settled > events && key.limit().measure().equals(Measure.of(Meter.COST))
                        && usage.hasUnpriced(key.tenant(), key.limit().window().span(now, key.limit().zone()));
                (mayBe ? open : wrong)
                        .add(mayBe ? text + "; some of them have no price and were charged as reserved" : text);
            }
            if (stand != null && stand.reserved() != 0 && awaiting == 0) {
                wrong.add(name(key) + ": " + stand.reserved() + " reserved, and nothing is in flight");
            }
        }
        if (!wrong.isEmpty()) {
            return new Check("counters", Verdict.FAILED,
                    wrong.size() + " of " + keys.size() + " counters are not the sums of their events", wrong);
        }
        return open.isEmpty()
                ? new Check("counters", Verdict.OK, keys.size() + " counters are the sums of their events"
                        + (awaiting == 0
                                ? ", and nothing is reserved"
                                : "; " + awaiting + " calls await their usage and hold a reservation"),
                        List.of())
                : new Check("counters", Verdict.UNDECIDED, open.size() + " counters cannot be told from their events",
                        open);
    }

    /// The counters of limits in force. One that is counted by another limit of the same id is not this one.
    private Map<CounterKey, Standing> stands(Map<TenantId, List<Standing>> standings, Instant now) {
        var stands = new HashMap<CounterKey, Standing>();
        standings.forEach((tenant, all) -> {
            for (Limit limit : directory.get().limits(tenant)) {
                for (Standing stand : all) {
                    if (stand.limit().id().equals(limit.id()) && stand.limit().countsAs(limit)
                            && limit.window().span(now, limit.zone()).equals(stand.span())) {
                        stands.put(new CounterKey(tenant, limit, stand.value()), stand);
                    }
                }
            }
        });
        return stands;
    }

    private static String name(CounterKey key) {
        Limit limit = key.limit();
        return "tenant " + key.tenant() + " limit " + limit.id() + " (" + limit.measure() + " per " + limit.window()
                + " of " + limit.entity().kind() + " " + key.value() + ")";
    }

    private static Check undecided(String why) {
        return new Check("counters", Verdict.UNDECIDED, why + "; ask again at a quiet moment, or wait longer",
                List.of());
    }

    private Check spool() {
        SpoolStand stand = Objects.requireNonNull(node.spool().get());
        String summary = node.id() + "-" + stand.epoch() + ": " + stand.kept() + " events kept, " + stand.synced()
                + " synced, " + stand.lag() + " not stored yet; " + stand.suspectSegments() + " suspect segments, "
                + stand.badBlocks() + " damaged stretches passed over";
        Verdict verdict = stand.full()
                ? Verdict.FAILED
                : stand.lag() > 0 || stand.synced() < stand.kept() ? Verdict.UNDECIDED : Verdict.OK;
        var evidence = new ArrayList<String>();
        if (stand.full()) {
            evidence.add("it is full and takes nothing more");
        }
        stand.lastError().ifPresent(error -> evidence.add("last failure of the disk, which may have passed: " + error));
        return new Check("spool", verdict, summary, evidence);
    }
}
