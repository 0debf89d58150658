package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What a node tells of a shard's counters to those that it shares their limits with, and hears of them. Behind the shard's lock.
final class Leased {
    private final TenantId tenant;
    private final ReentrantLock lock;
    private final LimitTable limits;
    private final Parts parts;

    Leased(TenantId tenant, ReentrantLock lock, LimitTable limits, Parts parts) {
        this.tenant = tenant;
        this.lock = lock;
        this.limits = limits;
        this.parts = parts;
    }

    void addHoldings(Instant moment, List<Holding> all) {
        lock.lock();
        try {
            parts.fold();
            limits.forEachAt(moment, (limit, value, tally) -> all.add(tally.holding(tenant, limit, value)));
        } finally {
            lock.unlock();
        }
    }

    Holding holding(Limit limit, String value, Window.Span span) {
        lock.lock();
        try {
            Tally run = run(limit, value, span);
            Tally tally = run == null ? new Tally(span) : run;
            tally.fold();
            return tally.holding(tenant, limit, value);
        } finally {
            lock.unlock();
        }
    }

    /// Null where the run is of so long ago that it was dropped.
    private @Nullable Tally run(Limit limit, String value, Window.Span span) {
        Tally tally = limits.of(limit, value).at(span.start(), limit);
        return tally.span.equals(span) ? tally : null;
    }

    OptionalLong keep(Limit limit, String value, Window.Span span, long idleMost) {
        lock.lock();
        try {
            Tally tally = run(limit, value, span);
            if (tally == null) {
                return OptionalLong.empty();
            }
            tally.recall();
            long spent = tally.settled + tally.reserved;
            tally.lent = Math.min(tally.lent, Ledger.plus(spent, idleMost));
            tally.wanted = 0;
            return OptionalLong.of(Math.max(tally.lent, spent));
        } finally {
            lock.unlock();
        }
    }

    void lend(Holding heard) {
        lock.lock();
        try {
            Tally tally = run(heard.limit(), heard.value(), heard.span());
            if (tally != null) {
                tally.recall();
                tally.lent = heard.lent();
                tally.lost = heard.lost();
                tally.elsewhereLent = heard.elsewhereLent();
                tally.elsewhereUsed = heard.elsewhereUsed();
            }
        } finally {
            lock.unlock();
        }
    }
}
