package dev.weir.ledger;

import dev.weir.tenant.Limit;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/// The parts of one shard: none until its lock is found contended, then two, and twice as many whenever threads meet at one of
/// them. Under the shard's lock, but for [#mine].
final class Parts {
    /// Once is no contention: parts cost memory.
    private static final int MEETINGS_MOST = 32;
    private static final int PARTS_WHEN_CONTENDED = 2;

    private final Lanes lanes;
    /// What may be set aside of a tally: more would break what [Tally] promises of a divided one.
    private final ToLongBiFunction<Limit, Tally> spare;
    private volatile Part[] all;
    private int meetings;

    Parts(Lanes lanes, ToLongBiFunction<Limit, Tally> spare) {
        this.lanes = lanes;
        this.spare = spare;
        this.all = make(lanes.partsFirst());
    }

    private Part[] make(int size) {
        var made = new Part[size];
        for (int i = 0; i < size; i++) {
            made[i] = new Part(size < lanes.partsMost() ? MEETINGS_MOST : Integer.MAX_VALUE);
        }
        return made;
    }

    /// The part of the caller's lane; null where there are none. Any thread.
    @Nullable
    Part mine() {
        Part[] now = all;
        return now.length == 0 ? null : now[lanes.current().getAsInt() & (now.length - 1)];
    }

    /// Notes that a thread found the shard's lock taken.
    void met() {
        meetings++;
    }

    /// Gives the caller's part room for more calls like this one, which the shard had to take; not so where some limit has too
    /// little left for that.
    ///
    /// @return how many open reservations are counted by the shard from now on, that parts have counted
    int allot(Claims claims, Tally[] tallies) {
        if (all.length == 0 && meetings < MEETINGS_MOST) {
            return 0;
        }
        int open = growIfCrowded();
        Part part = mine();
        if (part == null) {
            return open;
        }
        var shares = new long[claims.size];
        for (int i = 0; i < claims.size; i++) {
            shares[i] = spare.applyAsLong(claims.limits[i], tallies[i]) / (2L * all.length);
            if (shares[i] / lanes.callsLeast() < Math.max(1, claims.reserved(i, claims.unitsMax))) {
                return open;
            }
        }
        part.lock();
        try {
            for (int i = 0; i < claims.size; i++) {
                part.fill(claims.limits[i], claims.values[i], tallies[i], shares[i]);
            }
        } finally {
            part.unlock();
        }
        return open;
    }

    private int growIfCrowded() {
        int size = all.length;
        if (size == 0) {
            return lanes.partsMost() > 0 ? replaceBy(PARTS_WHEN_CONTENDED) : 0;
        }
        Part part = mine();
        return part != null && isCrowded(part) ? replaceBy(2 * size) : 0;
    }

    private static boolean isCrowded(Part part) {
        part.lock();
        boolean crowded = part.isCrowded();
        part.unlock();
        return crowded;
    }

    /// Counts at the tallies all that calls did at the parts, at one moment.
    ///
    /// @return how many reservations are open at the parts
    int fold() {
        Part[] now = all;
        int open = 0;
        for (Part part : now) {
            part.lock();
        }
        for (Part part : now) {
            open += part.fold();
        }
        for (Part part : now) {
            part.unlock();
        }
        return open;
    }

    /// Begins as if nothing had ever been contended: what is not in use any more goes.
    ///
    /// @return how many open reservations are counted by the shard from now on
    int dissolve() {
        return replaceBy(lanes.partsFirst());
    }

    private int replaceBy(int size) {
        int open = 0;
        for (Part part : all) {
            part.lock();
            open += part.retire();
            part.unlock();
        }
        meetings = 0;
        all = make(Math.min(size, lanes.partsMost()));
        return open;
    }
}
