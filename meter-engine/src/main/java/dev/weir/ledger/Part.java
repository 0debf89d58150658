package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Allotments of a shard's tallies, for the threads of one lane, behind a lock of their own.
///
/// A call that finds all it asks for here touches nothing else. Where anything is amiss (too little free, an allotment that was
/// taken back, more used than was reserved) nothing is done here and the shard has to do it. It locks this part while it
/// holds its own lock, never the other way round.
final class Part {
    private static final Predicate<Measure> NOTHING = _ -> false;

    private final PartLock lock = new PartLock();
    /// So often threads of other lanes may be met before there should be more parts.
    private final int meetingsMost;

    // Under the lock.
    private final Map<String, Allotment> byValue = new HashMap<>();
    private boolean retired;
    private int open;
    private int meetings;

    /// Keep what lies behind it on another cache line.
    @SuppressWarnings("unused")
    private long line0, line1, line2, line3, line4, line5, line6, line7, line8, line9, line10, line11, line12, line13;

    Part(int meetingsMost) {
        this.meetingsMost = meetingsMost;
    }

    void lock() {
        if (!lock.tryLock()) {
            lock.lock();
            meetings++;
        }
    }

    void unlock() {
        lock.unlock();
    }

    /// Whether threads meet here so often that there should be more parts. Under the lock.
    boolean isCrowded() {
        return meetings >= meetingsMost;
    }

    /// Reserves all claims with all units that they want.
    ///
    /// @return null where the shard has to decide
    @Nullable
    Reservation reserve(Shard shard, Claims claims) {
        var found = new Allotment[claims.size];
        var tallies = new Tally[claims.size];
        var amounts = new long[claims.size];
        lock();
        try {
            boolean enough = !retired && !isCrowded() && find(claims, found, tallies, amounts);
            return enough ? take(shard, claims, found, tallies, amounts) : null;
        } finally {
            unlock();
        }
    }

    private boolean find(Claims claims, Allotment[] found, Tally[] tallies, long[] amounts) {
        long second = claims.moment.getEpochSecond();
        for (int i = 0; i < claims.size; i++) {
            Allotment allotment = find(claims.limits[i], claims.values[i]);
            if (allotment == null || !allotment.live || !allotment.tally.holds(second)) {
                return false;
            }
            amounts[i] = claims.reserved(i, claims.unitsMax);
            if (amounts[i] > allotment.free) {
                return false;
            }
            found[i] = allotment;
            tallies[i] = allotment.tally;
        }
        return true;
    }

    private @Nullable Allotment find(Limit limit, String value) {
        Allotment found = byValue.get(value);
        while (found != null && found.limit != limit) {
            found = found.next;
        }
        return found;
    }

    private Reservation take(Shard shard, Claims claims, Allotment[] found, Tally[] tallies, long[] amounts) {
        int tightest = Reservation.NO_CLAIM;
        long tightestRemaining = 0;
        for (int i = 0; i < claims.size; i++) {
            long remaining = found[i].left() - claims.fixed[i];
            if (amounts[i] > 0 && claims.isTighter(i, remaining, tightest, tightestRemaining)) {
                tightest = i;
                tightestRemaining = remaining;
            }
        }
        boolean none = tightest == Reservation.NO_CLAIM;
        long settled = none ? 0 : found[tightest].settledAnywhere();
        long reserved = none ? 0 : found[tightest].heldAnywhere() + claims.fixed[tightest];
        for (int i = 0; i < claims.size; i++) {
            found[i].reserve(amounts[i]);
        }
        open++;
        return new Reservation(shard, this, claims, tallies, found, amounts, claims.unitsMax, tightest, settled,
                reserved, false);
    }

    /// Whether all of a reservation is counted here and may go on to be.
    private boolean keeps(Reservation reservation) {
        if (retired || reservation.home != this) {
            return false;
        }
        for (Allotment allotment : reservation.allotments) {
            if (!allotment.live) {
                return false;
            }
        }
        return true;
    }

    /// @return whether it was done, else the shard has to decide
    boolean extend(Reservation reservation, Measure measure, long more) {
        lock();
        try {
            if (!hasFree(reservation, measure, more)) {
                return false;
            }
            reservation.checkOpen("extended");
            for (int i = 0; i < reservation.size; i++) {
                if (reservation.caps(i, measure)) {
                    reservation.allotments[i].reserve(more);
                    reservation.reserved[i] += more;
                }
            }
            return true;
        } finally {
            unlock();
        }
    }

    /// Whether so much more of a measure is free here for a running call.
    boolean covers(Reservation reservation, Measure measure, long more) {
        lock();
        try {
            return hasFree(reservation, measure, more);
        } finally {
            unlock();
        }
    }

    private boolean hasFree(Reservation reservation, Measure measure, long more) {
        if (!keeps(reservation)) {
            return false;
        }
        for (int i = 0; i < reservation.size; i++) {
            if (reservation.caps(i, measure) && more > reservation.allotments[i].free) {
                return false;
            }
        }
        return true;
    }

    /// @return whether it was done, else the shard has to do it
    boolean shrink(Reservation reservation, long[] bounds) {
        lock();
        try {
            if (!keeps(reservation)) {
                return false;
            }
            reservation.checkOpen("shrunk");
            for (int i = 0; i < reservation.size; i++) {
                long back = reservation.reserved[i] - bounds[i];
                if (bounds[i] != Ledger.AS_RESERVED && back > 0) {
                    reservation.allotments[i].settle(back, 0);
                    reservation.reserved[i] -= back;
                }
            }
            return true;
        } finally {
            unlock();
        }
    }

    /// Ends a reservation: what of it was used is charged.
    ///
    /// @return whether it was done, else the shard has to do it
    boolean settle(Reservation reservation, long[] used) {
        lock();
        try {
            if (!keeps(reservation) || !fits(reservation, used, NOTHING)) {
                return false;
            }
            end(reservation, "settled");
            for (int i = 0; i < reservation.size; i++) {
                reservation.allotments[i].settle(reservation.reserved[i], reservation.charged(i, used, NOTHING));
            }
            return true;
        } finally {
            unlock();
        }
    }

    /// Charges what is known of what a reservation used; it stays open with the rest.
    ///
    /// @return whether it was done, else the shard has to do it
    boolean settleButFor(Reservation reservation, long[] used, Predicate<Measure> later) {
        lock();
        try {
            if (!keeps(reservation) || !fits(reservation, used, later)) {
                return false;
            }
            reservation.checkOpen("settled in part");
            for (int i = 0; i < reservation.size; i++) {
                if (!later.test(reservation.limits[i].measure())) {
                    reservation.allotments[i].settle(reservation.reserved[i], reservation.charged(i, used, later));
                    reservation.reserved[i] = 0;
                }
            }
            return true;
        } finally {
            unlock();
        }
    }

    /// Whether nothing exceeds what was reserved or, of limits that only tell and of which nothing is, what is free.
    private static boolean fits(Reservation reservation, long[] used, Predicate<Measure> later) {
        for (int i = 0; i < reservation.size; i++) {
            long most = reservation.limits[i].blocks() ? reservation.reserved[i] : reservation.allotments[i].free;
            if (reservation.charged(i, used, later) > most) {
                return false;
            }
        }
        return true;
    }

    /// Ends a reservation of which nothing was used.
    ///
    /// @return whether it was done, else the shard has to do it
    boolean release(Reservation reservation) {
        lock();
        try {
            if (!keeps(reservation)) {
                return false;
            }
            end(reservation, "released");
            for (int i = 0; i < reservation.size; i++) {
                reservation.allotments[i].settle(reservation.reserved[i], 0);
            }
            return true;
        } finally {
            unlock();
        }
    }

    private void end(Reservation reservation, String how) {
        reservation.checkOpen(how);
        reservation.ended = true;
        open--;
    }

    /// Of a running call's limits those that `which` takes, as far as is known here.
    ///
    /// @return null where the shard has to say
    @Nullable
    List<Standing> standings(Reservation reservation, Predicate<Standing> which) {
        lock();
        try {
            if (!keeps(reservation)) {
                return null;
            }
            List<Standing> found = List.of();
            for (Allotment each : reservation.allotments) {
                var standing = new Standing(each.limit, each.value, each.settledAnywhere(), each.heldAnywhere(),
                        each.tally.span);
                if (which.test(standing)) {
                    found = found.isEmpty() ? new ArrayList<>() : found;
                    found.add(standing);
                }
            }
            return found;
        } finally {
            unlock();
        }
    }

    // What follows is for the shard, under its lock and this one.

    /// Has a reservation counted at the tallies from now on.
    ///
    /// @return how many open reservations went: 1, or 0 where it had ended or had gone
    int handOver(Reservation reservation) {
        for (Allotment each : reservation.allotments) {
            each.fold();
        }
        reservation.home = null;
        if (reservation.ended || retired) {
            return 0;
        }
        open--;
        return 1;
    }

    /// Adds to what is free here of a tally, up to so much.
    void fill(Limit limit, String value, Tally tally, long upTo) {
        Allotment allotment = find(limit, value);
        if (allotment == null || allotment.tally != tally) {
            allotment = replace(new Allotment(this, tally, limit, value));
        }
        allotment.fill(upTo);
    }

    /// Puts an allotment in place of another run's, or another form's of the limit.
    private Allotment replace(Allotment fresh) {
        Allotment next = byValue.get(fresh.value);
        while (next != null) {
            Allotment each = next;
            next = each.next;
            if (each.limit.id().equals(fresh.limit.id())) {
                each.recall();
                each.tally.removeAllotment(each);
            } else {
                each.next = fresh.next;
                fresh.next = each;
            }
        }
        byValue.put(fresh.value, fresh);
        fresh.tally.addAllotment(fresh);
        return fresh;
    }

    /// Counts at the tallies what calls did here.
    ///
    /// @return how many reservations are open that began here
    int fold() {
        forEach(Allotment::fold);
        return open;
    }

    /// Takes everything back for good.
    ///
    /// @return how many reservations are open that began here
    int retire() {
        forEach(allotment -> {
            allotment.recall();
            allotment.tally.removeAllotment(allotment);
        });
        byValue.clear();
        retired = true;
        return open;
    }

    private void forEach(Consumer<Allotment> what) {
        for (Allotment first : byValue.values()) {
            for (Allotment each = first; each != null; each = each.next) {
                what.accept(each);
            }
        }
    }
}
