package dev.weir.ledger;

import java.util.function.IntSupplier;

/// How threads that call for one tenant at the same time keep out of each other's way. Immutable; any thread.
///
/// A tenant's counters are behind one lock until that is found contended. From then on they are in *parts*, each with a lock of
/// its own, and whoever calls takes the part of its lane (`docs/decisions/0013-a-contended-cap-is-counted-in-parts.md`). What is
/// admitted, refused and counted is the same with any lanes, and with none.
///
/// @param current the lane of whoever asks: a number of which the low bits count. The same for a thread that goes on and
///     another for each that runs beside it, as a thread's id is; a bad choice costs time and nothing else
/// @param partsFirst how many parts there are before anything was contended: 0, or a power of two in tests
/// @param partsMost how many there may be: a power of two, or 0 for none at all
/// @param callsLeast a part is given room for at least so many calls like the one that asks, 1 or more; where there is not so
///     much, all calls go behind the one lock
public record Lanes(IntSupplier current, int partsFirst, int partsMost, int callsLeast) {
    /// All behind one lock, always.
    public static final Lanes ONE = new Lanes(() -> 0, 0, 0, 1);

    private static final int CALLS_LEAST = 4;
    /// Ids of threads that run together are seldom without holes: up to so many parts for each until no two meet.
    private static final int PARTS_FOR_EACH = 4;

    public Lanes {
        if (partsFirst < 0 || partsMost < partsFirst || Integer.bitCount(partsFirst) > 1
                || Integer.bitCount(partsMost) > 1 || callsLeast < 1) {
            throw new IllegalArgumentException("parts are 0 or a power of two, at first no more than at most, and have"
                    + " room for a call or more, not " + partsFirst + ", " + partsMost + " and " + callsLeast);
        }
    }

    /// Parts where they are needed, up to a few for each processor.
    ///
    /// @param processors 1 or more
    public static Lanes of(IntSupplier current, int processors) {
        return new Lanes(current, 0, Integer.highestOneBit(2 * processors - 1) * PARTS_FOR_EACH, CALLS_LEAST);
    }

    /// So many parts from the first call on, as long as there is a unit for each: for tests.
    ///
    /// @param parts a power of two
    public static Lanes always(IntSupplier current, int parts) {
        return new Lanes(current, parts, parts, 1);
    }
}
