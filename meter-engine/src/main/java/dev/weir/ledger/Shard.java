package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All counters of one tenant, behind one lock that is held for a few dozen nanoseconds and never while anything waits.
///
/// Where many threads call for the tenant, parts of what it has are counted by [Parts], and most calls never come here. What is
/// decided here is exact all the same: each method takes back what parts hold of a counter before that could make a difference
/// ([Tally]), and where they hold nothing, which near a cap is always, this is all there is.
final class Shard {
    final TenantId tenant;
    /// Null where this node alone counts.
    private final @Nullable Lending lending;
    private final ReentrantLock lock = new ReentrantLock();

    // Under the lock.
    private final LimitTable limits = new LimitTable();
    private final Parts parts;
    /// What nodes tell each other of them.
    final Leased leased;
    /// Of those whose home is the shard itself.
    private int open;

    Shard(TenantId tenant, @Nullable Lending lending, Lanes lanes) {
        this.tenant = tenant;
        this.lending = lending;
        this.parts = new Parts(lanes, this::spare);
        this.leased = new Leased(tenant, lock, limits, parts);
    }

    Claimed reserve(Claims claims) {
        boolean valid = lending == null || lending.isValid();
        Part part = valid ? parts.mine() : null;
        Reservation atPart = part == null ? null : part.reserve(this, claims);
        if (atPart != null) {
            return atPart;
        }
        var tallies = new Tally[claims.size];
        var amounts = new long[claims.size];
        lockOrMeet();
        try {
            find(claims, tallies, valid);
            BegunRuns.claimNewOnly(claims, tallies);
            Claimed claimed = decide(claims, tallies, amounts, valid);
            if (valid && claimed instanceof Reservation) {
                open += parts.allot(claims, tallies);
            }
            return claimed;
        } finally {
            lock.unlock();
        }
    }

    private void lockOrMeet() {
        if (!lock.tryLock()) {
            lock.lock();
            parts.met();
        }
    }

    private Claimed decide(Claims claims, Tally[] tallies, long[] amounts, boolean valid) {
        List<Shortage.Need> needs = List.of();
        long units = claims.unitsMax;
        for (int i = 0; i < claims.size; i++) {
            Limit limit = claims.limits[i];
            long least = claims.amount(i, claims.unitsMin);
            if (!limit.blocks() || least == 0 && claims.perUnit[i] == 0) {
                continue;
            }
            long room = room(limit, tallies[i], valid, claims.answered);
            if (least > room) {
                if (!mayBeLent(limit, least, claims.answered)) {
                    return exceeded(limit, claims.values[i], tallies[i], least);
                }
                needs = needs.isEmpty() ? new ArrayList<>() : needs;
                needs.add(Shortage.Need.of(claims, i, tallies[i].span, least));
                continue;
            }
            if (claims.perUnit[i] > 0) {
                units = Math.min(units, (room - claims.fixed[i]) / claims.perUnit[i]);
            }
        }
        return needs.isEmpty() ? take(claims, tallies, amounts, units) : new Shortage(tenant, needs);
    }

    /// Whether asking may help: nothing was asked yet, and the cap is large enough at all.
    private boolean mayBeLent(Limit limit, long least, Claims.Answered answered) {
        return lending != null && answered == Claims.Answered.NOT_ASKED && least <= limit.amount();
    }

    private void find(Claims claims, Tally[] tallies, boolean valid) {
        for (int i = 0; i < claims.size; i++) {
            Limit limit = claims.limits[i];
            tallies[i] = limits.of(limit, claims.values[i]).at(claims.moment, limit);
            if (tallies[i].isDivided()) {
                recallUnless(valid, limit, tallies[i], claims.reserved(i, claims.unitsMax));
            }
        }
    }

    /// Makes a divided tally whole that may not stay divided when so much more of it is used or reserved: the next thing that
    /// happens to it.
    private void recallUnless(boolean valid, Limit limit, Tally tally, long more) {
        if (tally.isDivided() && !(valid && tally.isDividedFor(limit) && more <= spare(limit, tally))) {
            tally.recall();
        }
    }

    /// What of a tally may be used, reserved or allotted while it is divided: see [Tally]. Nothing of one that knows its runs.
    private long spare(Limit limit, Tally tally) {
        if (limit.measure() instanceof Measure.Runs) {
            return 0;
        }
        long untilMark = tally.untilNextMark(limit);
        return limit.blocks() ? Math.min(untilMark, idle(limit, tally)) : untilMark;
    }

    /// What may still be reserved: of the limit, or, where nodes share it, of this node's lease of it.
    private long room(Limit limit, Tally tally, boolean valid, Claims.Answered answered) {
        if (lending != null && answered == Claims.Answered.UNAVAILABLE && lending.overdraft(limit) > 0) {
            return idle(limit, tally) + lending.overdraft(limit);
        }
        return valid ? idle(limit, tally) : 0;
    }

    private long idle(Limit limit, Tally tally) {
        return lending == null ? tally.left(limit) - tally.allotted : tally.idle(limit);
    }

    private Reservation take(Claims claims, Tally[] tallies, long[] amounts, long units) {
        int tightest = Reservation.NO_CLAIM;
        long tightestRemaining = 0;
        for (int i = 0; i < claims.size; i++) {
            long remaining = tallies[i].left(claims.limits[i]) - claims.fixed[i];
            amounts[i] = claims.reserved(i, units);
            if (amounts[i] > 0 && claims.isTighter(i, remaining, tightest, tightestRemaining)) {
                tightest = i;
                tightestRemaining = remaining;
            }
        }
        long settled = tightest == Reservation.NO_CLAIM ? 0 : tallies[tightest].settledAnywhere();
        long reserved = tightest == Reservation.NO_CLAIM
                ? 0
                : tallies[tightest].heldAnywhere() + claims.fixed[tightest];
        boolean overdrawn = false;
        for (int i = 0; i < claims.size; i++) {
            tallies[i].reserved += amounts[i];
            overdrawn |= lending != null && amounts[i] > 0
                    && tallies[i].settled + tallies[i].reserved > tallies[i].lent;
        }
        BegunRuns.hold(claims, tallies, amounts);
        open++;
        return new Reservation(this, null, claims, tallies, Reservation.NOWHERE, amounts, units, tightest, settled,
                reserved, overdrawn);
    }

    /// Has what a call holds counted here, if it was not.
    private void adopt(Reservation reservation) {
        Part home = reservation.home;
        if (home != null) {
            home.lock();
            open += home.handOver(reservation);
            home.unlock();
        }
    }

    Claimed extend(Reservation reservation, Measure measure, long more) {
        boolean valid = lending == null || lending.isValid();
        lock.lock();
        try {
            adopt(reservation);
            reservation.checkOpen("extended");
            for (int i = 0; i < reservation.size; i++) {
                Limit limit = reservation.limits[i];
                Tally tally = reservation.tallies[i];
                if (!reservation.caps(i, measure)) {
                    continue;
                }
                recallUnless(valid, limit, tally, more);
                if (more > room(limit, tally, valid, Claims.Answered.NO_MORE)) {
                    return exceeded(limit, reservation.values[i], tally, more);
                }
            }
            for (int i = 0; i < reservation.size; i++) {
                if (reservation.caps(i, measure)) {
                    reservation.reserved[i] += more;
                    reservation.tallies[i].reserved += more;
                }
            }
            return reservation;
        } finally {
            lock.unlock();
        }
    }

    void shrink(Reservation reservation, long[] bounds) {
        lock.lock();
        try {
            adopt(reservation);
            reservation.checkOpen("shrunk");
            for (int i = 0; i < reservation.size; i++) {
                long back = reservation.reserved[i] - bounds[i];
                if (bounds[i] != Ledger.AS_RESERVED && back > 0) {
                    reservation.reserved[i] -= back;
                    reservation.tallies[i].reserved -= back;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// Says what a running call will want next, to be lent ahead of it.
    boolean want(Reservation reservation, Measure measure, long more) {
        boolean low = false;
        lock.lock();
        try {
            for (int i = 0; i < reservation.size; i++) {
                Tally tally = reservation.tallies[i];
                if (!reservation.caps(i, measure)) {
                    continue;
                }
                recallUnless(true, reservation.limits[i], tally, more);
                if (tally.lent - tally.settled - tally.reserved - tally.allotted < more) {
                    tally.wanted = Math.max(tally.wanted, more);
                    low = true;
                }
            }
            return low;
        } finally {
            lock.unlock();
        }
    }

    Settlement settle(Reservation reservation, long[] used) {
        lock.lock();
        try {
            giveBack(reservation, "settled");
            return charge(reservation, used, _ -> false);
        } finally {
            lock.unlock();
        }
    }

    Settlement settleButFor(Reservation reservation, long[] used, Predicate<Measure> later) {
        lock.lock();
        try {
            adopt(reservation);
            reservation.checkOpen("settled in part");
            Settlement settlement = charge(reservation, used, later);
            for (int i = 0; i < reservation.size; i++) {
                if (!later.test(reservation.limits[i].measure())) {
                    reservation.tallies[i].reserved -= reservation.reserved[i];
                    reservation.reserved[i] = 0;
                }
            }
            return settlement;
        } finally {
            lock.unlock();
        }
    }

    void begin(Limit limit, String value, Instant moment, Collection<String> runs) {
        lock.lock();
        try {
            Tally tally = limits.of(limit, value).at(moment, limit);
            runs.forEach(run -> tally.runs().begin(run, tally));
        } finally {
            lock.unlock();
        }
    }

    void charge(Limit limit, String value, Instant moment, long used) {
        lock.lock();
        try {
            Tally tally = limits.of(limit, value).at(moment, limit);
            recallUnless(true, limit, tally, used);
            tally.addSettled(used);
        } finally {
            lock.unlock();
        }
    }

    private Settlement charge(Reservation reservation, long[] used, Predicate<Measure> later) {
        boolean violated = false;
        List<Crossing> crossings = List.of();
        for (int i = 0; i < reservation.size; i++) {
            Limit limit = reservation.limits[i];
            Tally tally = reservation.tallies[i];
            if (BegunRuns.begin(reservation, i)) {
                crossings = tally.withCrossings(crossings, limit, reservation.values[i]);
                continue;
            }
            long charged = reservation.charged(i, used, later);
            if (charged == 0) {
                continue;
            }
            violated |= limit.blocks() && charged > reservation.reserved[i];
            recallUnless(true, limit, tally, charged);
            tally.addSettled(charged);
            crossings = tally.withCrossings(crossings, limit, reservation.values[i]);
        }
        return violated || !crossings.isEmpty() ? new Settlement(crossings, violated) : Settlement.QUIET;
    }

    void release(Reservation reservation) {
        lock.lock();
        try {
            giveBack(reservation, "released");
            BegunRuns.leave(reservation);
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Reservation holdUnused(Reservation ended, long[] used) {
        lock.lock();
        try {
            Reservation unused = ended.unused(used);
            for (int i = 0; unused != null && i < unused.size; i++) {
                recallUnless(true, unused.limits[i], unused.tallies[i], unused.reserved[i]);
                unused.tallies[i].reserved += unused.reserved[i];
            }
            open += unused == null ? 0 : 1;
            return unused;
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(Reservation reservation, String how) {
        adopt(reservation);
        reservation.checkOpen(how);
        reservation.ended = true;
        open--;
        for (int i = 0; i < reservation.size; i++) {
            reservation.tallies[i].reserved -= reservation.reserved[i];
        }
    }

    boolean restore(Limit limit, String value, Instant moment, long settled, Collection<String> runs, long version) {
        lock.lock();
        try {
            Tally tally = limits.of(limit, value).at(moment, limit);
            if (version <= tally.restoredVersion || !tally.holds(moment.getEpochSecond())) {
                return false;
            }
            tally.recall();
            tally.restoredVersion = version;
            tally.settled = Math.max(0, settled);
            if (limit.measure() instanceof Measure.Runs) {
                tally.runs().restore(runs, tally);
            }
            while (tally.settled > 0 && tally.alertsReported < limit.alerts().size()
                    && tally.settled >= limit.mark(limit.alerts().get(tally.alertsReported))) {
                tally.alertsReported++;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    Standing standing(Limit limit, String value, Instant moment) {
        lock.lock();
        try {
            Counter counter = limits.peek(limit, value);
            Tally tally = counter == null ? null : counter.find(moment.getEpochSecond());
            if (tally == null) {
                return new Standing(limit, value, 0, 0, limit.window().span(moment, limit.zone()));
            }
            tally.fold();
            return tally.standing(limit, value);
        } finally {
            lock.unlock();
        }
    }

    /// Of a running call's limits those that `which` takes, in the order of its claims.
    List<Standing> standings(Reservation reservation, Predicate<Standing> which) {
        List<Standing> found = List.of();
        lock.lock();
        try {
            for (int i = 0; i < reservation.size; i++) {
                reservation.tallies[i].fold();
                Standing standing = reservation.tallies[i].standing(reservation.limits[i], reservation.values[i]);
                if (which.test(standing)) {
                    found = found.isEmpty() ? new ArrayList<>() : found;
                    found.add(standing);
                }
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    List<Standing> standings(Instant moment) {
        var all = new ArrayList<Standing>();
        lock.lock();
        try {
            parts.fold();
            limits.forEachAt(moment, (limit, value, tally) -> all.add(tally.standing(limit, value)));
            return all;
        } finally {
            lock.unlock();
        }
    }

    /// All runs of which something is reserved, ended ones and those of former limits too.
    void addReserved(List<Standing> all) {
        lock.lock();
        try {
            parts.fold();
            limits.forEachReserved((limit, value, tally) -> all
                    .add(new Standing(limit, value, tally.settled, tally.reserved, tally.span)));
        } finally {
            lock.unlock();
        }
    }

    /// All runs in which something was settled, ended ones too as long as they are kept.
    List<Run> runs() {
        var all = new ArrayList<Run>();
        lock.lock();
        try {
            parts.fold();
            limits.forEachRun((limit, value, tally) -> {
                if (tally.settledAnywhere() > 0) {
                    all.add(new Run(tally.standing(limit, value), tally.turnedAwayAt));
                }
            });
            return all;
        } finally {
            lock.unlock();
        }
    }

    void refused(Exceeded exceeded) {
        lock.lock();
        try {
            Tally tally = limits.of(exceeded.limit(), exceeded.value())
                    .at(exceeded.span().start(), exceeded.limit());
            tally.turnAway(exceeded);
        } finally {
            lock.unlock();
        }
    }

    int open() {
        lock.lock();
        try {
            return open + parts.fold();
        } finally {
            lock.unlock();
        }
    }

    void sweep(long second, long nanoTime, long keptNanos) {
        lock.lock();
        try {
            open += parts.dissolve();
            limits.sweep(second, nanoTime, keptNanos);
        } finally {
            lock.unlock();
        }
    }

    void forget(Limit limit) {
        lock.lock();
        try {
            limits.forget(limit);
        } finally {
            lock.unlock();
        }
    }

    private static Exceeded exceeded(Limit limit, String value, Tally tally, long asked) {
        return new Exceeded(limit, value, tally.settledAnywhere(), tally.heldAnywhere(), asked, tally.span);
    }
}
