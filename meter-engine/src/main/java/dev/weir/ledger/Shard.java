package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All counters of one tenant, behind one lock that is held for a few dozen nanoseconds and never while anything waits.
final class Shard {
    final TenantId tenant;
    /// Null where this node alone counts.
    private final @Nullable Lending lending;
    final ReentrantLock lock = new ReentrantLock();

    // Under the lock.
    final LimitTable limits = new LimitTable();
    private int open;

    Shard(TenantId tenant, @Nullable Lending lending) {
        this.tenant = tenant;
        this.lending = lending;
    }

    Claimed reserve(Claims claims) {
        var tallies = new Tally[claims.size];
        var amounts = new long[claims.size];
        boolean valid = lending == null || lending.isValid();
        List<Shortage.Need> needs = List.of();
        lock.lock();
        try {
            find(claims, tallies);
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
                    needs = with(needs, need(claims, i, tallies[i], least));
                    continue;
                }
                if (claims.perUnit[i] > 0) {
                    units = Math.min(units, (room - claims.fixed[i]) / claims.perUnit[i]);
                }
            }
            return needs.isEmpty() ? take(claims, tallies, amounts, units) : new Shortage(tenant, needs);
        } finally {
            lock.unlock();
        }
    }

    /// Whether asking may help: nothing was asked yet, and the cap is large enough at all.
    private boolean mayBeLent(Limit limit, long least, Claims.Answered answered) {
        return lending != null && answered == Claims.Answered.NOT_ASKED && least <= limit.amount();
    }

    private static Shortage.Need need(Claims claims, int i, Tally tally, long least) {
        long wanted = Math.min(claims.limits[i].amount(), claims.amount(i, claims.unitsMax));
        return new Shortage.Need(claims.limits[i], claims.values[i], tally.span, least, wanted);
    }

    private static List<Shortage.Need> with(List<Shortage.Need> needs, Shortage.Need one) {
        List<Shortage.Need> all = needs.isEmpty() ? new ArrayList<>() : needs;
        all.add(one);
        return all;
    }

    private void find(Claims claims, Tally[] tallies) {
        for (int i = 0; i < claims.size; i++) {
            Limit limit = claims.limits[i];
            tallies[i] = limits.of(limit, claims.values[i]).at(claims.moment, limit);
        }
    }

    /// What may still be reserved: of the limit, or, where nodes share it, of this node's lease of it.
    private long room(Limit limit, Tally tally, boolean valid, Claims.Answered answered) {
        if (lending == null) {
            return left(limit, tally);
        }
        if (answered == Claims.Answered.UNAVAILABLE && lending.overdraft(limit) > 0) {
            return idle(limit, tally) + lending.overdraft(limit);
        }
        return valid ? idle(limit, tally) : 0;
    }

    private static long idle(Limit limit, Tally tally) {
        return Math.min(tally.lent - tally.settled - tally.reserved, left(limit, tally));
    }

    /// What of the limit nobody has settled, reserved or been lent, as far as this node knows.
    private static long left(Limit limit, Tally tally) {
        return limit.amount() - tally.settled - tally.reserved - tally.lost - tally.elsewhereLent;
    }

    private Reservation take(Claims claims, Tally[] tallies, long[] amounts, long units) {
        int tightest = Reservation.NO_CLAIM;
        long tightestRemaining = 0;
        for (int i = 0; i < claims.size; i++) {
            Limit limit = claims.limits[i];
            long remaining = left(limit, tallies[i]) - claims.fixed[i];
            amounts[i] = limit.blocks() ? claims.amount(i, units) : 0;
            if (amounts[i] > 0 && !(limit.measure() instanceof Measure.InFlight)
                    && (tightest == Reservation.NO_CLAIM || isSmallerShare(remaining, limit.amount(), tightestRemaining,
                            claims.limits[tightest].amount()))) {
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
        open++;
        return new Reservation(this, claims, tallies, amounts, units, tightest, settled, reserved, overdrawn);
    }

    /// Whether `a / ofA < b / ofB`, exactly: the products are compared in 128 bits.
    private static boolean isSmallerShare(long a, long ofA, long b, long ofB) {
        long leftHigh = Math.multiplyHigh(a, ofB);
        long rightHigh = Math.multiplyHigh(b, ofA);
        return leftHigh != rightHigh
                ? leftHigh < rightHigh
                : Long.compareUnsigned(a * ofB, b * ofA) < 0;
    }

    Claimed extend(Reservation reservation, Measure measure, long more) {
        boolean valid = lending == null || lending.isValid();
        lock.lock();
        try {
            checkOpen(reservation, "extended");
            for (int i = 0; i < reservation.size; i++) {
                Limit limit = reservation.limits[i];
                if (limit.blocks() && limit.measure().equals(measure)
                        && more > room(limit, reservation.tallies[i], valid, Claims.Answered.NO_MORE)) {
                    return exceeded(limit, reservation.values[i], reservation.tallies[i], more);
                }
            }
            for (int i = 0; i < reservation.size; i++) {
                Limit limit = reservation.limits[i];
                if (limit.blocks() && limit.measure().equals(measure)) {
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
            checkOpen(reservation, "shrunk");
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
                Limit limit = reservation.limits[i];
                Tally tally = reservation.tallies[i];
                if (limit.blocks() && limit.measure().equals(measure)
                        && tally.lent - tally.settled - tally.reserved < more) {
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
            return charge(reservation, used, later -> false);
        } finally {
            lock.unlock();
        }
    }

    Settlement settleButFor(Reservation reservation, long[] used, Predicate<Measure> later) {
        lock.lock();
        try {
            checkOpen(reservation, "settled in part");
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

    void charge(Limit limit, String value, Instant moment, long used) {
        lock.lock();
        try {
            limits.of(limit, value).at(moment, limit).addSettled(used);
        } finally {
            lock.unlock();
        }
    }

    private static Settlement charge(Reservation reservation, long[] used, Predicate<Measure> later) {
        boolean violated = false;
        List<Crossing> crossings = List.of();
        for (int i = 0; i < reservation.size; i++) {
            long charged = used[i] == Ledger.AS_RESERVED ? reservation.reserved[i] : used[i];
            Limit limit = reservation.limits[i];
            if (charged <= 0 || limit.measure() instanceof Measure.InFlight || later.test(limit.measure())) {
                continue;
            }
            violated |= limit.blocks() && charged > reservation.reserved[i];
            Tally tally = reservation.tallies[i];
            tally.addSettled(charged);
            crossings = withCrossings(crossings, limit, reservation.values[i], tally);
        }
        return violated || !crossings.isEmpty() ? new Settlement(crossings, violated) : Settlement.QUIET;
    }

    void release(Reservation reservation) {
        lock.lock();
        try {
            giveBack(reservation, "released");
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(Reservation reservation, String how) {
        checkOpen(reservation, how);
        reservation.ended = true;
        open--;
        for (int i = 0; i < reservation.size; i++) {
            reservation.tallies[i].reserved -= reservation.reserved[i];
        }
    }

    private static void checkOpen(Reservation reservation, String how) {
        if (reservation.ended) {
            throw new IllegalStateException(
                    "a reservation ends once: this one was settled or released before and cannot be " + how);
        }
    }

    private static List<Crossing> withCrossings(List<Crossing> crossings, Limit limit, String value, Tally tally) {
        List<Crossing> all = crossings;
        while (tally.alertsReported < limit.alerts().size()
                && tally.settledAnywhere() >= limit.mark(limit.alerts().get(tally.alertsReported))) {
            if (all.isEmpty()) {
                all = new ArrayList<>();
            }
            all.add(new Crossing(limit, value, limit.alerts().get(tally.alertsReported), tally.settledAnywhere(),
                    tally.span));
            tally.alertsReported++;
        }
        return all;
    }

    boolean restore(Limit limit, String value, Instant moment, long settled, long version) {
        lock.lock();
        try {
            Tally tally = limits.of(limit, value).at(moment, limit);
            if (version <= tally.restoredVersion || !tally.holds(moment.getEpochSecond())) {
                return false;
            }
            tally.restoredVersion = version;
            tally.settled = Math.max(0, settled);
            while (settled > 0 && tally.alertsReported < limit.alerts().size()
                    && settled >= limit.mark(limit.alerts().get(tally.alertsReported))) {
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
            return tally == null
                    ? new Standing(limit, value, 0, 0, limit.window().span(moment, limit.zone()))
                    : new Standing(limit, value, tally.settledAnywhere(), tally.heldAnywhere(), tally.span);
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
                Tally tally = reservation.tallies[i];
                var standing = new Standing(reservation.limits[i], reservation.values[i], tally.settledAnywhere(),
                        tally.heldAnywhere(), tally.span);
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
            limits.forEachAt(moment,
                    (limit, value, tally) -> all.add(new Standing(limit, value, tally.settledAnywhere(),
                            tally.heldAnywhere(), tally.span)));
            return all;
        } finally {
            lock.unlock();
        }
    }

    void addHoldings(Instant moment, List<Holding> all) {
        lock.lock();
        try {
            limits.forEachAt(moment, (limit, value, tally) -> all.add(holding(limit, value, tally)));
        } finally {
            lock.unlock();
        }
    }

    Holding holding(Limit limit, String value, Window.Span span) {
        lock.lock();
        try {
            Tally tally = run(limit, value, span);
            return holding(limit, value, tally == null ? new Tally(span) : tally);
        } finally {
            lock.unlock();
        }
    }

    private Holding holding(Limit limit, String value, Tally tally) {
        return new Holding(tenant, limit, value, tally.span, tally.settled, tally.reserved, tally.lent, tally.lost,
                tally.elsewhereLent, tally.elsewhereUsed, tally.wanted);
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
                tally.lent = heard.lent();
                tally.lost = heard.lost();
                tally.elsewhereLent = heard.elsewhereLent();
                tally.elsewhereUsed = heard.elsewhereUsed();
            }
        } finally {
            lock.unlock();
        }
    }

    /// All runs in which something was settled, ended ones too as long as they are kept.
    List<Run> runs() {
        var all = new ArrayList<Run>();
        lock.lock();
        try {
            limits.forEachRun((limit, value, tally) -> {
                if (tally.settledAnywhere() > 0) {
                    all.add(new Run(new Standing(limit, value, tally.settledAnywhere(), tally.heldAnywhere(),
                            tally.span), tally.turnedAwayAt));
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
            long wouldBe = exceeded.settled() + exceeded.asked();
            if (wouldBe > exceeded.limit().amount()) {
                tally.turnedAwayAt = Math.max(tally.turnedAwayAt, wouldBe);
            }
        } finally {
            lock.unlock();
        }
    }

    int open() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    void sweep(long second, long nanoTime, long keptNanos) {
        lock.lock();
        try {
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
