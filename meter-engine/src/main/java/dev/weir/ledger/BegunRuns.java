package dev.weir.ledger;

import dev.weir.tenant.Limit;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// The runs that calls have named (`X-Weir-Run`; not the runs of a window) in one window of a limit on `runs`. Guarded by its
/// shard's lock.
///
/// A run is *held* from the first call of it that is admitted: one unit is reserved, for all calls of it together. It has *begun*
/// with the first of them that ends as an attempt: the unit is settled, and stays so. Where each of them is released instead, the
/// unit is free again with the last, and the run unknown.
///
/// No more than [Limit#RUNS_MAX] are known at a time. A limit that blocks lets no more begin, so that is the bound of one that
/// only tells: what is beyond it is not counted, and no mark lies there.
final class BegunRuns {
    private static final Holders BEGUN = new Holders(0);

    private final Map<String, Holders> byRun = new HashMap<>();

    /// The calls that hold a run.
    private static final class Holders {
        final long reserved;
        int calls;

        Holders(long reserved) {
            this.reserved = reserved;
        }
    }

    /// A run that is known in a window is not claimed there again.
    static void claimNewOnly(Claims claims, Tally[] tallies) {
        String run = claims.runClaimed();
        for (int i = 0; run != null && i < claims.size; i++) {
            if (claims.isForRun(i) && tallies[i].runs().knows(run)) {
                claims.fixed[i] = 0;
            }
        }
    }

    /// Makes what an admitted call has reserved for its run the run's.
    static void hold(Claims claims, Tally[] tallies, long[] amounts) {
        String run = claims.runClaimed();
        for (int i = 0; run != null && i < claims.size; i++) {
            if (claims.isForRun(i) && tallies[i].runs().hold(run, amounts[i])) {
                amounts[i] = 0;
            }
        }
    }

    /// Settles the run of a call that was an attempt.
    ///
    /// @return whether claim `i` of the call is for its run and this is the first
    static boolean begin(Reservation reservation, int i) {
        String run = reservation.run;
        return run != null && reservation.isForRun(i)
                && reservation.tallies[i].runs().begin(run, reservation.tallies[i]);
    }

    /// Ends a call that was none.
    static void leave(Reservation reservation) {
        String run = reservation.run;
        for (int i = 0; run != null && i < reservation.size; i++) {
            if (reservation.isForRun(i)) {
                reservation.tallies[i].runs().leave(run, reservation.tallies[i]);
            }
        }
    }

    /// Whether another call of the run needs nothing.
    private boolean knows(String run) {
        return byRun.containsKey(run);
    }

    /// Notes a call of the run that is admitted.
    ///
    /// @param reserved what it reserved for a run that was not known, 0 where the limit does not block or the run was known
    /// @return whether that is the run's from now on; else there is no room for it here, and it stays the call's
    private boolean hold(String run, long reserved) {
        Holders holders = byRun.get(run);
        if (holders == null) {
            if (isFull()) {
                return false;
            }
            holders = new Holders(reserved);
            byRun.put(run, holders);
        }
        if (holders != BEGUN) {
            holders.calls++;
        }
        return true;
    }

    /// Settles a run, of which an attempt was made.
    ///
    /// @param tally of which these are the runs
    /// @return whether it is the first
    boolean begin(String run, Tally tally) {
        Holders was = byRun.get(run);
        if (was == BEGUN || was == null && isFull()) {
            return false;
        }
        byRun.put(run, BEGUN);
        tally.reserved -= was == null ? 0 : was.reserved;
        tally.addSettled(1);
        return true;
    }

    /// Notes that a call of the run was released.
    ///
    /// @param tally of which these are the runs
    private void leave(String run, Tally tally) {
        Holders holders = byRun.get(run);
        if (holders == null || holders == BEGUN) {
            return;
        }
        holders.calls--;
        if (holders.calls == 0) {
            byRun.remove(run);
            tally.reserved -= holders.reserved;
        }
    }

    /// Puts those that have begun in the place of those that were thought to have; held ones that are not among them stay held.
    ///
    /// @param tally of which these are the runs, its settled amount without any of them
    void restore(Collection<String> runs, Tally tally) {
        byRun.values().removeIf(holders -> holders == BEGUN);
        runs.forEach(run -> begin(run, tally));
    }

    private boolean isFull() {
        return byRun.size() >= Limit.RUNS_MAX;
    }
}
