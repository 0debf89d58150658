package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What one call holds of its limits, until it is settled or released: exactly once, by whichever thread; a second end throws
/// [IllegalStateException]. It keeps the windows of its admission, whatever the clock says when it ends.
public final class Reservation implements Claimed {
    static final int NO_CLAIM = -1;
    static final Allotment[] NOWHERE = {};

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

    /// The part of the shard where it is counted, as long as that is so; null where it is counted at the tallies. Written under
    /// the locks of the shard and the part. Who reads it under neither may find one that is it no longer, and looks again under
    /// that one's.
    @Nullable
    Part home;
    /// Those of its home, one for each claim; empty where it never had one.
    final Allotment[] allotments;

    // Under the lock of its home, or of the shard where it has none.
    final long[] reserved;
    boolean ended;

    Reservation(Shard shard, @Nullable Part home, Claims claims, Tally[] tallies, Allotment[] allotments,
            long[] reserved, long units, int tightest, long tightestSettled, long tightestReserved, boolean overdrawn) {
        this.shard = shard;
        this.home = home;
        this.allotments = allotments;
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

    /// What another, which has ended, did not use. The shard counts it.
    private Reservation(Reservation ended, long[] unused) {
        this.shard = ended.shard;
        this.allotments = NOWHERE;
        this.size = ended.size;
        this.limits = ended.limits;
        this.values = ended.values;
        this.run = ended.run;
        this.tallies = ended.tallies;
        this.reserved = unused;
        this.units = 0;
        this.tightest = NO_CLAIM;
        this.tightestSettled = 0;
        this.tightestReserved = 0;
        this.overdrawn = ended.overdrawn;
    }

    /// A reservation of what this one, which has ended, did not use; null where it used all. Calls that run are no part of it.
    ///
    /// @param used of each claim, or [Ledger#AS_RESERVED]
    @Nullable
    Reservation unused(long[] used) {
        var unused = new long[size];
        boolean any = false;
        for (int i = 0; i < size; i++) {
            if (limits[i].blocks() && !(limits[i].measure() instanceof Measure.InFlight) && !isForRun(i)) {
                unused[i] = Math.max(0, reserved[i] - charged(i, used, _ -> false));
                any |= unused[i] > 0;
            }
        }
        return any ? new Reservation(this, unused) : null;
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
    ///
    /// Where many threads call for the tenant, what other threads did may not be in it since parts of the counter were last
    /// counted together: at the latest when they run out, and each minute. It is never less than 0, nor more than the limit.
    public @Nullable Standing tightest() {
        if (tightest == NO_CLAIM) {
            return null;
        }
        return new Standing(limits[tightest], values[tightest], tightestSettled, tightestReserved,
                tallies[tightest].span);
    }

    /// Whether claim `i` is of a blocking limit of that measure.
    boolean caps(int i, Measure measure) {
        return limits[i].blocks() && limits[i].measure().equals(measure);
    }

    void checkOpen(String how) {
        if (ended) {
            throw new IllegalStateException(
                    "a reservation ends once: this one was settled or released before and cannot be " + how);
        }
    }

    /// What is charged of claim `i`, 0 or more; nothing of one that is for a run, which begins or has begun.
    ///
    /// @param used of each claim, or [Ledger#AS_RESERVED]
    /// @param later what is not known yet
    long charged(int i, long[] used, Predicate<Measure> later) {
        Measure measure = limits[i].measure();
        if (measure instanceof Measure.InFlight || isForRun(i) || later.test(measure)) {
            return 0;
        }
        return used[i] == Ledger.AS_RESERVED ? reserved[i] : Math.max(0, used[i]);
    }

    @Override
    public String toString() {
        return "Reservation of " + size + " limits";
    }
}
