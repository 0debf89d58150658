package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What one call holds of its limits, until it is settled or released: exactly once, by whichever thread; a second end throws
/// [IllegalStateException]. It keeps the windows of its admission, whatever the clock says when it ends.
public final class Reservation implements Claimed {
    static final int NO_CLAIM = -1;

    final Shard shard;
    final int size;
    final Limit[] limits;
    final String[] values;
    final Tally[] tallies;
    /// The run that its claims on limits on `runs` are for; null where there are none, or the call names none.
    final @Nullable String run;
    private final long units;
    private final int tightest;
    private final long tightestSettled;
    private final long tightestReserved;
    private final boolean overdrawn;

    // Under the shard's lock.
    final long[] reserved;
    boolean ended;

    Reservation(Shard shard, Claims claims, Tally[] tallies, long[] reserved, long units, int tightest,
            long tightestSettled, long tightestReserved, boolean overdrawn) {
        this.shard = shard;
        this.size = claims.size;
        this.limits = claims.limits;
        this.values = claims.values;
        this.run = claims.runClaimed();
        this.tallies = tallies;
        this.reserved = reserved;
        this.units = units;
        this.tightest = tightest;
        this.tightestSettled = tightestSettled;
        this.tightestReserved = tightestReserved;
        this.overdrawn = overdrawn;
    }

    /// Whether claim `i` is for the run that the call is of, and not for the call.
    boolean isForRun(int i) {
        return run != null && limits[i].measure() instanceof Measure.Runs;
    }

    /// How many units were granted, `unitsMin` to `unitsMax` of the claims.
    public long units() {
        return units;
    }

    /// Whether it took more of a limit on cost than this node was lent, because nobody could be asked.
    public boolean isOverdrawn() {
        return overdrawn;
    }

    /// Whether a blocking limit of that measure applies to the call.
    public boolean caps(Measure measure) {
        return caps(measure::equals);
    }

    /// Whether a blocking limit applies to the call whose measure is one of those.
    public boolean caps(Predicate<Measure> which) {
        for (int i = 0; i < size; i++) {
            if (limits[i].blocks() && which.test(limits[i].measure())) {
                return true;
            }
        }
        return false;
    }

    /// The blocking limit with the smallest share left, as it stood with the fixed part of this call's claims on it (what the
    /// units will really use is not known yet). Null where no limit with a window blocks this call.
    public @Nullable Standing tightest() {
        if (tightest == NO_CLAIM) {
            return null;
        }
        return new Standing(limits[tightest], values[tightest], tightestSettled, tightestReserved,
                tallies[tightest].span);
    }

    @Override
    public String toString() {
        return "Reservation of " + size + " limits";
    }
}
