package dev.weir.ledger;

import dev.weir.tenant.Window;

/// One window's run of one counter. Guarded by its shard's lock.
final class Tally {
    final Window.Span span;
    private final long startSecond;
    private final long endSecond;
    long settled;
    long reserved;
    /// How many of the limit's alert marks have been reported.
    int alertsReported;
    /// The most that would be settled if the calls that were turned away for what was settled had passed; 0 where none was.
    long turnedAwayAt;
    long restoredVersion = Long.MIN_VALUE;

    Tally(Window.Span span) {
        this.span = span;
        this.startSecond = span.start().getEpochSecond();
        this.endSecond = span.ends() ? span.end().getEpochSecond() : Long.MAX_VALUE;
    }

    /// Spans begin and end with whole seconds, so this is exact.
    boolean holds(long epochSecond) {
        return startSecond <= epochSecond && epochSecond < endSecond;
    }

    boolean startsBefore(Tally other) {
        return startSecond < other.startSecond;
    }

    boolean endedBefore(long epochSecond) {
        return endSecond < epochSecond;
    }

    /// Adds what was used; stays at [Long#MAX_VALUE] where a soft limit's count would not fit.
    void addSettled(long used) {
        long sum = settled + used;
        settled = sum < 0 ? Long.MAX_VALUE : sum;
    }
}
