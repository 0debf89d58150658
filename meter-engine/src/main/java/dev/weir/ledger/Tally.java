package dev.weir.ledger;

import dev.weir.tenant.Window;
import org.jspecify.annotations.Nullable;

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
    /// Where the limit is shared by nodes: what this one may settle and reserve, all together.
    long lent;
    /// Of what former starts were lent: what nobody can account for.
    long lost;
    /// What other nodes hold, as last heard, and how much of it they have used.
    long elsewhereLent;
    long elsewhereUsed;
    /// What running calls will soon want beyond what is idle.
    long wanted;
    private @Nullable BegunRuns runs;

    Tally(Window.Span span) {
        this.span = span;
        this.startSecond = span.start().getEpochSecond();
        this.endSecond = span.ends() ? span.end().getEpochSecond() : Long.MAX_VALUE;
    }

    /// Of a limit on `runs`: which of them are counted.
    BegunRuns runs() {
        if (runs == null) {
            runs = new BegunRuns();
        }
        return runs;
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

    /// What is used on all nodes, as far as this one knows.
    long settledAnywhere() {
        return Ledger.plus(Ledger.plus(settled, elsewhereUsed), lost);
    }

    /// What is set aside on all nodes, as far as this one knows: what others were lent and have not used is.
    long heldAnywhere() {
        return Ledger.plus(reserved, Math.max(0, elsewhereLent - elsewhereUsed));
    }

    /// Adds what was used; stays at [Long#MAX_VALUE] where a soft limit's count would not fit.
    void addSettled(long used) {
        settled = Ledger.plus(settled, used);
    }
}
