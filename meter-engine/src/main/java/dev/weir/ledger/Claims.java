package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// All that one call asks of the ledger, to be had whole or not at all. Built by one thread, used for one `reserve`.
///
/// Each claim is a fixed part and a part per *unit*; the ledger grants between `unitsMin` and `unitsMax` units, as many as
/// fit every limit at once. A unit is one token of the output limit: the client's limit is lowered to what remains in the same
/// step that reserves it, so no second look can find less.
public final class Claims {
    private static final int USUAL_SIZE = 4;

    final TenantId tenant;
    final Instant moment;
    final long unitsMin;
    final long unitsMax;
    Answered answered = Answered.NOT_ASKED;
    private @Nullable String run;
    private boolean countsRuns;
    int size;
    Limit[] limits;
    String[] values;
    long[] fixed;
    long[] perUnit;

    /// @param moment of admission: its windows are charged
    /// @param unitsMin the fewest units that are of use, 0 or more
    /// @param unitsMax the most that are wanted, `unitsMin` or more
    public Claims(TenantId tenant, Instant moment, long unitsMin, long unitsMax) {
        this(tenant, moment, unitsMin, unitsMax, USUAL_SIZE);
    }

    /// @param sizeExpected how many claims will be added, for the size of the arrays
    public Claims(TenantId tenant, Instant moment, long unitsMin, long unitsMax, int sizeExpected) {
        if (unitsMin < 0 || unitsMax < unitsMin) {
            throw new IllegalArgumentException("units are 0 <= min <= max, not " + unitsMin + " and " + unitsMax);
        }
        this.tenant = tenant;
        this.moment = moment;
        this.unitsMin = unitsMin;
        this.unitsMax = unitsMax;
        this.limits = new Limit[sizeExpected];
        this.values = new String[sizeExpected];
        this.fixed = new long[sizeExpected];
        this.perUnit = new long[sizeExpected];
    }

    /// Claims that want no units.
    public static Claims fixed(TenantId tenant, Instant moment) {
        return new Claims(tenant, moment, 0, 0);
    }

    /// What came of asking for more of what is lent, if it was asked.
    public enum Answered {
        /// Where too little is lent, say so.
        NOT_ASKED,
        /// Nobody has more: where too little is lent, the limit is exceeded.
        NO_MORE,
        /// Nobody could be asked: as [#NO_MORE], and limits on cost are open within their bound for that.
        UNAVAILABLE
    }

    /// Says what came of asking for what an earlier `reserve` lacked.
    public Claims answered(Answered answer) {
        this.answered = answer;
        return this;
    }

    /// Names the run that the call is of: a claim on a limit on `runs` is then for the run, and for none that is known there.
    ///
    /// @param named by the caller; null where it names none, so that each such claim is the call's alone
    public Claims ofRun(@Nullable String named) {
        this.run = named;
        return this;
    }

    /// The run for which some of the claims are; null where none is.
    @Nullable
    String runClaimed() {
        return countsRuns ? run : null;
    }

    /// Whether claim `i` is for the run that the call is of, and not for the call.
    boolean isForRun(int i) {
        return run != null && limits[i].measure() instanceof Measure.Runs;
    }

    /// Adds one claim. The same limit and value must not be added twice.
    ///
    /// @param value the entity's value, which the limit's entity covers
    /// @param fixedAmount 0 or more
    /// @param amountPerUnit 0 or more
    public Claims add(Limit limit, String value, long fixedAmount, long amountPerUnit) {
        if (fixedAmount < 0 || amountPerUnit < 0) {
            throw new IllegalArgumentException("limit " + limit.id() + ": a claim is of 0 or more, not " + fixedAmount
                    + " and " + amountPerUnit + " per unit");
        }
        if (size == limits.length) {
            grow();
        }
        limits[size] = limit;
        values[size] = value;
        fixed[size] = fixedAmount;
        perUnit[size] = amountPerUnit;
        countsRuns |= limit.measure() instanceof Measure.Runs;
        size++;
        return this;
    }

    public Claims add(Limit limit, String value, long amount) {
        return add(limit, value, amount, 0);
    }

    /// What claim `i` amounts to with so many units; [Long#MAX_VALUE] where it would not fit a `long`.
    long amount(int i, long units) {
        if (perUnit[i] == 0) {
            return fixed[i];
        }
        long elastic = units > Long.MAX_VALUE / perUnit[i] ? Long.MAX_VALUE : units * perUnit[i];
        long sum = fixed[i] + elastic;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /// What claim `i` reserves with so many units: nothing of a limit that only tells.
    long reserved(int i, long units) {
        return limits[i].blocks() ? amount(i, units) : 0;
    }

    /// Whether claim `i`, which leaves so much of its limit, leaves a smaller share of it than another.
    ///
    /// @param than the other claim, or [Reservation#NO_CLAIM]
    boolean isTighter(int i, long remaining, int than, long thanRemaining) {
        return !(limits[i].measure() instanceof Measure.InFlight) && (than == Reservation.NO_CLAIM
                || isSmallerShare(remaining, limits[i].amount(), thanRemaining, limits[than].amount()));
    }

    /// Whether `a / ofA < b / ofB`, exactly: the products are compared in 128 bits.
    private static boolean isSmallerShare(long a, long ofA, long b, long ofB) {
        long leftHigh = Math.multiplyHigh(a, ofB);
        long rightHigh = Math.multiplyHigh(b, ofA);
        return leftHigh != rightHigh
                ? leftHigh < rightHigh
                : Long.compareUnsigned(a * ofB, b * ofA) < 0;
    }

    private void grow() {
        int length = Math.max(USUAL_SIZE, 2 * size);
        limits = Arrays.copyOf(limits, length);
        values = Arrays.copyOf(values, length);
        fixed = Arrays.copyOf(fixed, length);
        perUnit = Arrays.copyOf(perUnit, length);
    }
}
