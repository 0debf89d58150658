package dev.weir.ledger;

import dev.weir.tenant.Limit;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The last few runs of one limit's window for one entity. Guarded by its shard's lock.
///
/// A wall clock may jump. A run that was dropped is never begun again: a moment before the kept runs is charged to the oldest
/// of them, so that a jump back cannot make a used window new. More than one run is kept because event loops read the clock
/// a moment apart, and because a clock that jumped forward comes back.
final class Counter {
    private static final int RUNS_MAX = 3;

    final String value;
    private Tally[] runs = new Tally[0];
    private @Nullable Tally lastUsed;
    private boolean dropped;
    private boolean over;
    private long overSinceNanos;

    Counter(String value) {
        this.value = value;
    }

    Tally at(Instant moment, Limit limit) {
        long second = moment.getEpochSecond();
        Tally last = lastUsed;
        if (last != null && last.holds(second)) {
            return last;
        }
        Tally found = find(second);
        if (found == null) {
            found = begin(new Tally(limit.window().span(moment, limit.zone())));
        }
        lastUsed = found;
        return found;
    }

    @Nullable
    Tally find(long second) {
        for (Tally run : runs) {
            if (run.holds(second)) {
                return run;
            }
        }
        return null;
    }

    void forEachRun(Consumer<Tally> visitor) {
        for (Tally run : runs) {
            visitor.accept(run);
        }
    }

    /// Whether it can be forgotten: it was found over at a time so long ago, and each time since.
    boolean isOverFor(long keptNanos, long second, long nanoTime) {
        if (!isOver(second)) {
            over = false;
        } else if (!over) {
            over = true;
            overSinceNanos = nanoTime;
        }
        return over && nanoTime - overSinceNanos >= keptNanos;
    }

    /// Whether every run ended before that second and nothing is reserved.
    private boolean isOver(long second) {
        for (Tally run : runs) {
            if (run.reserved > 0 || !run.endedBefore(second)) {
                return false;
            }
        }
        return true;
    }

    private Tally begin(Tally fresh) {
        if (dropped && fresh.startsBefore(runs[0])) {
            return runs[0];
        }
        int at = 0;
        while (at < runs.length && runs[at].startsBefore(fresh)) {
            at++;
        }
        var next = new Tally[runs.length + 1];
        System.arraycopy(runs, 0, next, 0, at);
        next[at] = fresh;
        System.arraycopy(runs, at, next, at + 1, runs.length - at);
        if (next.length > RUNS_MAX) {
            next[0].recall();
            next = Arrays.copyOfRange(next, 1, next.length);
            dropped = true;
        }
        runs = next;
        return at == 0 && dropped ? runs[0] : fresh;
    }
}
