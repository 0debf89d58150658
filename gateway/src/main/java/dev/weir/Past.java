package dev.weir;

import dev.weir.admission.Admissions;
import dev.weir.admission.PastUsage;
import dev.weir.control.RestoredUsage;
import dev.weir.deferred.Awaited;
import dev.weir.deferred.DeferredUsage;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.jobs.EndedWindows;
import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseKey;
import dev.weir.postgres.Charges;
import dev.weir.postgres.Counters;
import dev.weir.postgres.Pending;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Reached;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.Spool;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What happened before this start: what PostgreSQL has up to its watermarks, and what the spool has after them (G2.5). One
/// thread, before the first admission and before the shipper begins, so that no segment goes meanwhile.
///
/// The sums and the watermarks are of one snapshot; an event is in the sums if its seq is not above its epoch's watermark, and
/// is read from the spool otherwise, so each counts once, whoever stores what in the meantime. Nothing waits for a store that
/// takes no events. Settlements that PostgreSQL will leave out, because a later start has charged their attempts as interrupted,
/// are of neither: those attempts are asked for first, so whatever is charged by then is in the sums.
final class Past {
    private static final Logger LOG = LoggerFactory.getLogger(Past.class);

    private final Charges.Charged charged;
    /// What is stored, by the node on which it was used.
    private final Map<String, List<PastUsage>> stored;
    private final Pending pending;
    private final Spool spool;
    private final Instant now;
    private final Map<Start, Long> watermarks = new HashMap<>();

    private record Start(String node, long epoch) {}

    private Past(Charges.Charged charged, Counters.Sums sums, Pending pending, Spool spool, Instant now) {
        this.charged = charged;
        this.stored = RestoredUsage.byNode(sums);
        this.pending = pending;
        this.spool = spool;
        this.now = now;
        sums.watermarks().forEach(mark -> watermarks.put(new Start(mark.node(), mark.epoch()), mark.seq()));
    }

    static Past of(Postgres postgres, Spool spool, Instant now) {
        long oldest = spool.epochs().stream().mapToLong(Spool.Epoch::epoch).min().orElse(spool.epoch());
        var charged = postgres.charges().after(spool.nodeId(), oldest);
        var sums = postgres.counters().since(Instant.EPOCH, now, RestoredUsage.GRAIN);
        return new Past(charged, sums, postgres.pending(), spool, now);
    }

    /// Gives each limit what this node used of it.
    void restoreCounters(Admissions admissions, TenantDirectory.Snapshot directory) {
        var counted = new long[1];
        List<PastUsage> own = stored.getOrDefault(spool.nodeId(), List.of());
        Iterable<PastUsage> past = () -> Stream.concat(own.stream(),
                attempts().filter(this::isOwn).map(Past::used).peek(event -> counted[0]++)).iterator();
        admissions.restore(directory, past, now, now.toEpochMilli());
        long once = counted[0];
        admissions.restoreAhead(directory, past, now, now.toEpochMilli());
        counted[0] = once;
        if (counted[0] > 0) {
            LOG.info("{} attempts in the spool are counted and not stored yet", counted[0]);
        }
    }

    /// What other nodes used of limits, by the events that are stored, and those of a former name of this node's folder.
    List<LeaseAllocator.Used> usedByOthers(TenantDirectory.Snapshot directory) {
        var rows = new HashMap<String, List<PastUsage>>();
        stored.forEach((node, used) -> rows.put(node, new ArrayList<>(used)));
        rows.remove(spool.nodeId());
        attempts().filter(kept -> !isOwn(kept))
                .forEach(kept -> rows.computeIfAbsent(kept.id().node(), _ -> new ArrayList<>()).add(used(kept)));
        return usedBy(rows, directory, now);
    }

    /// What nodes used of limits in the windows that run now.
    static List<LeaseAllocator.Used> usedBy(Map<String, List<PastUsage>> nodes, TenantDirectory.Snapshot directory,
            Instant now) {
        var used = new ArrayList<LeaseAllocator.Used>();
        nodes.forEach((node, rows) -> Admissions.used(directory, rows, now).forEach((key, amount) -> {
            Window.Span span = key.limit().window().span(now, key.limit().zone());
            used.add(new LeaseAllocator.Used(node, LeaseKey.of(key.tenant(), key.limit(), key.value(), span), amount));
        }));
        return used;
    }

    private boolean isOwn(KeptEvent kept) {
        return kept.id().node().equals(spool.nodeId());
    }

    private Stream<KeptEvent> attempts() {
        return spooled().filter(kept -> kept.event().tenant() != null && kept.event().outcome().isAttempt());
    }

    /// Marks that were reached in windows that have ended and that nobody may have told of.
    List<Reached> endedMarks(TenantDirectory.Snapshot directory) {
        Iterable<PastUsage> past = () -> Stream
                .concat(stored.values().stream().flatMap(List::stream), attempts().map(Past::used))
                .iterator();
        return EndedWindows.marks(directory, past, now);
    }

    /// Awaits the usage of the calls of former starts for which none was booked.
    void restoreDeferred(DeferredUsage deferred) {
        Instant since = now.minus(DeferredUsage.KEPT);
        pending.of(spool.nodeId(), since).forEach(created -> deferred.await(new Awaited(created, null)));
        spooled().map(KeptEvent::event)
                .filter(event -> event.tenant() != null && event.providerRequestId() != null
                        && !event.time().isBefore(since))
                .forEach(event -> {
                    if (event.flags().has(Flag.USAGE_DEFERRED)) {
                        deferred.take(Objects.requireNonNull(event.tenant()), event.provider(),
                                Objects.requireNonNull(event.providerRequestId()));
                    } else if (event.flags().has(Flag.USAGE_PENDING)) {
                        deferred.await(new Awaited(event, null));
                    }
                });
    }

    private Stream<KeptEvent> spooled() {
        return StreamSupport.stream(spool.eventsAfter(this::watermark).spliterator(), false)
                .filter(kept -> !charged.supersedes(kept));
    }

    private long watermark(Spool.Epoch epoch) {
        return watermarks.getOrDefault(new Start(epoch.node(), epoch.epoch()), 0L);
    }

    private static PastUsage used(KeptEvent kept) {
        return usage(kept.event());
    }

    /// What an attempt's event says was used.
    static PastUsage usage(UsageEvent event) {
        var attribution = event.attribution();
        return new PastUsage(Objects.requireNonNull(event.tenant()), event.key(), event.user(), event.route(),
                event.modelAsked(), attribution.run(), attribution.tags(), event.time(), event.quantities(),
                event.cost());
    }
}
