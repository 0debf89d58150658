package dev.weir;

import dev.weir.admission.Admissions;
import dev.weir.admission.PastUsage;
import dev.weir.control.RestoredUsage;
import dev.weir.event.UsageEvent;
import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.ledger.Ledger;
import dev.weir.port.Clock;
import dev.weir.postgres.Counters;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.Postgres;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.Spool;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory.Snapshot;
import dev.weir.tenant.TenantId;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives limits that come into force what was used of them before, in their running window. One thread at a time, off the loops.
///
/// The events of this node up to the seq that was kept when a limit came are its past here and are added once;
/// what ends later is counted as it ends, also of calls that were admitted before (decision 11). Until the past is added the
/// limit counts what is new only; where the database does not answer it is tried again with the next look.
final class NewLimits {
    private static final Logger LOG = LoggerFactory.getLogger(NewLimits.class);

    private final Counters counters;
    private final LeaseAllocator leases;
    private final Spool spool;
    private final Admissions admissions;
    private final Ledger ledger;
    private final Clock clock;
    private final List<Waiting> waiting = new ArrayList<>();

    /// Limits that came together.
    ///
    /// @param cut the last seq of this start that is their past
    private record Waiting(long cut, Map<TenantId, List<Limit>> limits) {}

    NewLimits(Postgres postgres, Spool spool, Admissions admissions, Ledger ledger, Clock clock) {
        this.counters = postgres.counters();
        this.leases = postgres.leases();
        this.spool = spool;
        this.admissions = admissions;
        this.ledger = ledger;
        this.clock = clock;
    }

    /// Notes what a swap of the snapshot has brought and taken. To be called right after it: the moment is the cut.
    void changed(Snapshot before, Snapshot after) {
        long cut = spool.keptSeq();
        var added = new HashMap<TenantId, List<Limit>>();
        for (Tenant tenant : after.tenants()) {
            TenantId id = tenant.id();
            List<Limit> was = before.limits(id);
            List<Limit> is = after.limits(id);
            if (before.tenant(id).isEmpty() || was.equals(is)) {
                // Who was not there has used nothing here.
                continue;
            }
            missing(was, is).forEach(gone -> forget(id, gone));
            List<Limit> fresh = missing(is, was);
            if (!fresh.isEmpty()) {
                added.put(id, fresh);
            }
        }
        if (!added.isEmpty()) {
            waiting.add(new Waiting(cut, added));
        }
    }

    private void forget(TenantId tenant, Limit gone) {
        ledger.forget(tenant, gone);
        waiting.forEach(each -> each.limits()
                .computeIfPresent(tenant, (id, all) -> all.stream().filter(limit -> !limit.countsAs(gone)).toList()));
    }

    /// Those of the first that count as none of the second.
    private static List<Limit> missing(List<Limit> of, List<Limit> in) {
        return of.stream().filter(limit -> in.stream().noneMatch(limit::countsAs)).toList();
    }

    /// Adds the past of what is waiting for it, as far as that can be read now.
    void countPast(Snapshot directory) {
        try {
            while (!waiting.isEmpty() && isCounted(waiting.getFirst(), directory)) {
                waiting.removeFirst();
            }
        } catch (DatabaseException | UncheckedIOException | LeaseException away) {
            LOG.warn(
                    "what was used before {} changes of limits came into force cannot be read yet and is not counted: {}",
                    waiting.size(), away.getMessage());
        }
    }

    private boolean isCounted(Waiting change, Snapshot directory) throws LeaseException {
        var now = clock.now();
        var cut = new Counters.Watermark(spool.nodeId(), spool.epoch(), change.cut());
        var stored = counters.before(cut, change.limits().keySet(), now, RestoredUsage.GRAIN);
        var nodes = new HashMap<>(RestoredUsage.byNode(stored));
        List<PastUsage> own = nodes.remove(spool.nodeId());
        var past = own == null ? new ArrayList<PastUsage>() : new ArrayList<>(own);
        if (!addKept(change, stored, past)) {
            return false;
        }
        // What other nodes used is theirs to say; where one is not there any more, this is what is known of it.
        leases.note(Past.usedBy(nodes, directory, now));
        admissions.addPast(directory, change.limits(), past, now);
        return true;
    }

    /// What is kept up to the cut and was not stored when the sums were read.
    ///
    /// @return false where not all of it can be read: it is not synced yet, or it was stored and removed a moment ago
    private boolean addKept(Waiting change, Counters.Sums stored, List<PastUsage> past) {
        var watermarks = new HashMap<Long, Long>();
        stored.watermarks()
                .stream()
                .filter(mark -> mark.node().equals(spool.nodeId()))
                .forEach(mark -> watermarks.put(mark.epoch(), mark.seq()));
        long reached = watermarks.getOrDefault(spool.epoch(), 0L);
        for (KeptEvent kept : spool.eventsAfter(epoch -> watermarks.getOrDefault(epoch.epoch(), 0L))) {
            boolean live = kept.id().epoch() == spool.epoch();
            if (live && kept.id().seq() > change.cut()) {
                // Counted as it ended. Gone through to the end all the same: that closes the segment.
                continue;
            }
            reached = live ? kept.id().seq() : reached;
            UsageEvent event = kept.event();
            TenantId tenant = event.tenant();
            if (tenant != null && change.limits().containsKey(tenant) && event.outcome().isAttempt()) {
                past.add(Past.usage(event));
            }
        }
        return reached >= change.cut();
    }
}
