package dev.weir;

import dev.weir.admission.Admissions;
import dev.weir.admission.PastUsage;
import dev.weir.control.RestoredUsage;
import dev.weir.deferred.Awaited;
import dev.weir.deferred.DeferredUsage;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.jobs.EndedWindows;
import dev.weir.postgres.Counters;
import dev.weir.postgres.Pending;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Reached;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.Spool;
import dev.weir.tenant.TenantDirectory;
import java.time.Instant;
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
/// takes no events.
final class Past {
    private static final Logger LOG = LoggerFactory.getLogger(Past.class);

    private final Counters.Sums sums;
    private final Pending pending;
    private final Spool spool;
    private final Instant now;
    private final Map<Start, Long> watermarks = new HashMap<>();

    private record Start(String node, long epoch) {}

    private Past(Counters.Sums sums, Pending pending, Spool spool, Instant now) {
        this.sums = sums;
        this.pending = pending;
        this.spool = spool;
        this.now = now;
        sums.watermarks().forEach(mark -> watermarks.put(new Start(mark.node(), mark.epoch()), mark.seq()));
    }

    static Past of(Postgres postgres, Spool spool, Instant now) {
        return new Past(postgres.counters().since(Instant.EPOCH, now, RestoredUsage.GRAIN), postgres.pending(), spool,
                now);
    }

    /// Up to which event of each start the sums go; what comes after is of the spool.
    List<Counters.Watermark> watermarks() {
        return sums.watermarks();
    }

    /// Gives each limit what was used of it.
    void restoreCounters(Admissions admissions, TenantDirectory.Snapshot directory) {
        var counted = new long[1];
        Iterable<PastUsage> past = () -> Stream.concat(RestoredUsage.of(sums).stream(),
                spooled().filter(event -> event.tenant() != null && event.outcome().isAttempt())
                        .peek(event -> counted[0]++)
                        .map(Past::spooled))
                .iterator();
        admissions.restore(directory, past, now, now.toEpochMilli());
        long once = counted[0];
        admissions.restoreAhead(directory, past, now, now.toEpochMilli());
        counted[0] = once;
        if (counted[0] > 0) {
            LOG.info("{} attempts in the spool are counted and not stored yet", counted[0]);
        }
    }

    /// Marks that were reached in windows that have ended and that nobody may have told of.
    List<Reached> endedMarks(TenantDirectory.Snapshot directory) {
        Iterable<PastUsage> past = () -> Stream.concat(RestoredUsage.of(sums).stream(),
                spooled().filter(event -> event.tenant() != null && event.outcome().isAttempt()).map(Past::spooled))
                .iterator();
        return EndedWindows.marks(directory, past, now);
    }

    /// Awaits the usage of the calls of former starts for which none was booked.
    void restoreDeferred(DeferredUsage deferred) {
        Instant since = now.minus(DeferredUsage.KEPT);
        pending.of(spool.nodeId(), since).forEach(created -> deferred.await(new Awaited(created, null)));
        spooled().filter(event -> event.tenant() != null && event.providerRequestId() != null
                && !event.time().isBefore(since)).forEach(event -> {
                    if (event.flags().has(Flag.USAGE_DEFERRED)) {
                        deferred.take(Objects.requireNonNull(event.tenant()), event.provider(),
                                Objects.requireNonNull(event.providerRequestId()));
                    } else if (event.flags().has(Flag.USAGE_PENDING)) {
                        deferred.await(new Awaited(event, null));
                    }
                });
    }

    private Stream<UsageEvent> spooled() {
        return StreamSupport.stream(spool.eventsAfter(this::watermark).spliterator(), false).map(KeptEvent::event);
    }

    private long watermark(Spool.Epoch epoch) {
        return watermarks.getOrDefault(new Start(epoch.node(), epoch.epoch()), 0L);
    }

    private static PastUsage spooled(UsageEvent event) {
        var attribution = event.attribution();
        return new PastUsage(Objects.requireNonNull(event.tenant()), event.key(), event.user(), event.route(),
                event.modelAsked(), attribution.run(), attribution.tags(), event.time(), event.quantities(),
                event.cost());
    }
}
