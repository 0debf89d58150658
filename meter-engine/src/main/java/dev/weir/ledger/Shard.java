package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All counters of one tenant, behind one lock that is held for a few dozen nanoseconds and never while anything waits.
final class Shard {
    final TenantId tenant;
    private final ReentrantLock lock = new ReentrantLock();

    // Under the lock.
    private final Map<String, LimitCounters> byLimit = new HashMap<>();
    private int open;

    /// The counters of one limit, one for each entity it was asked for.
    private static final class LimitCounters {
        final Limit limit;
        private final Map<String, Counter> byValue = new HashMap<>();
        private @Nullable Counter lastUsed;

        LimitCounters(Limit limit) {
            this.limit = limit;
        }

        Counter of(String value) {
            Counter counter = lastUsed;
            if (counter == null || !counter.value.equals(value)) {
                counter = byValue.computeIfAbsent(value, Counter::new);
                lastUsed = counter;
            }
            return counter;
        }

        @Nullable
        Counter peek(String value) {
            return byValue.get(value);
        }

        void sweep(long second, long nanoTime, long keptNanos) {
            byValue.values().removeIf(counter -> counter.isOverFor(keptNanos, second, nanoTime));
            lastUsed = null;
        }
    }

    Shard(TenantId tenant) {
        this.tenant = tenant;
    }

    Claimed reserve(Claims claims) {
        var tallies = new Tally[claims.size];
        var amounts = new long[claims.size];
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
                long room = room(limit, tallies[i]);
                if (least > room) {
                    return exceeded(limit, claims.values[i], tallies[i], least);
                }
                if (claims.perUnit[i] > 0) {
                    units = Math.min(units, (room - claims.fixed[i]) / claims.perUnit[i]);
                }
            }
            return take(claims, tallies, amounts, units);
        } finally {
            lock.unlock();
        }
    }

    private void find(Claims claims, Tally[] tallies) {
        for (int i = 0; i < claims.size; i++) {
            Limit limit = claims.limits[i];
            tallies[i] = counters(limit).of(claims.values[i]).at(claims.moment, limit);
        }
    }

    /// What may still be reserved. A node that shares the limit with others will answer from its lease here.
    private static long room(Limit limit, Tally tally) {
        return limit.amount() - tally.settled - tally.reserved;
    }

    private Reservation take(Claims claims, Tally[] tallies, long[] amounts, long units) {
        int tightest = Reservation.NO_CLAIM;
        long tightestRemaining = 0;
        for (int i = 0; i < claims.size; i++) {
            Limit limit = claims.limits[i];
            long remaining = room(limit, tallies[i]) - claims.fixed[i];
            amounts[i] = limit.blocks() ? claims.amount(i, units) : 0;
            if (amounts[i] > 0 && !(limit.measure() instanceof Measure.InFlight)
                    && (tightest == Reservation.NO_CLAIM || isSmallerShare(remaining, limit.amount(), tightestRemaining,
                            claims.limits[tightest].amount()))) {
                tightest = i;
                tightestRemaining = remaining;
            }
        }
        long settled = tightest == Reservation.NO_CLAIM ? 0 : tallies[tightest].settled;
        long reserved = tightest == Reservation.NO_CLAIM ? 0 : tallies[tightest].reserved + claims.fixed[tightest];
        for (int i = 0; i < claims.size; i++) {
            tallies[i].reserved += amounts[i];
        }
        open++;
        return new Reservation(this, claims, tallies, amounts, units, tightest, settled, reserved);
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
        lock.lock();
        try {
            checkOpen(reservation, "extended");
            for (int i = 0; i < reservation.size; i++) {
                Limit limit = reservation.limits[i];
                if (limit.blocks() && limit.measure().equals(measure)
                        && more > room(limit, reservation.tallies[i])) {
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
            counters(limit).of(value).at(moment, limit).addSettled(used);
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
                && tally.settled >= limit.mark(limit.alerts().get(tally.alertsReported))) {
            if (all.isEmpty()) {
                all = new ArrayList<>();
            }
            all.add(new Crossing(limit, value, limit.alerts().get(tally.alertsReported), tally.settled, tally.span));
            tally.alertsReported++;
        }
        return all;
    }

    boolean restore(Limit limit, String value, Instant moment, long settled, long version) {
        lock.lock();
        try {
            Tally tally = counters(limit).of(value).at(moment, limit);
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
            LimitCounters counters = byLimit.get(limit.id());
            Counter counter = counters == null || !counters.limit.countsAs(limit) ? null : counters.peek(value);
            Tally tally = counter == null ? null : counter.find(moment.getEpochSecond());
            return tally == null
                    ? new Standing(limit, value, 0, 0, limit.window().span(moment, limit.zone()))
                    : new Standing(limit, value, tally.settled, tally.reserved, tally.span);
        } finally {
            lock.unlock();
        }
    }

    List<Standing> standings(Instant moment) {
        var all = new ArrayList<Standing>();
        lock.lock();
        try {
            for (LimitCounters counters : byLimit.values()) {
                for (Counter counter : counters.byValue.values()) {
                    Tally tally = counter.find(moment.getEpochSecond());
                    if (tally != null) {
                        all.add(new Standing(counters.limit, counter.value, tally.settled, tally.reserved, tally.span));
                    }
                }
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    /// All runs in which something was settled, ended ones too as long as they are kept.
    List<Run> runs() {
        var all = new ArrayList<Run>();
        lock.lock();
        try {
            for (LimitCounters counters : byLimit.values()) {
                for (Counter counter : counters.byValue.values()) {
                    counter.forEachRun(tally -> {
                        if (tally.settled > 0) {
                            all.add(new Run(new Standing(counters.limit, counter.value, tally.settled, tally.reserved,
                                    tally.span), tally.turnedAwayAt));
                        }
                    });
                }
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    void refused(Exceeded exceeded) {
        lock.lock();
        try {
            Tally tally = counters(exceeded.limit()).of(exceeded.value())
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
            byLimit.values().forEach(counters -> counters.sweep(second, nanoTime, keptNanos));
        } finally {
            lock.unlock();
        }
    }

    private LimitCounters counters(Limit limit) {
        LimitCounters counters = byLimit.get(limit.id());
        if (counters == null || !counters.limit.countsAs(limit)) {
            counters = new LimitCounters(limit);
            byLimit.put(limit.id(), counters);
        }
        return counters;
    }

    private static Exceeded exceeded(Limit limit, String value, Tally tally, long asked) {
        return new Exceeded(limit, value, tally.settled, tally.reserved, asked, tally.span);
    }
}
