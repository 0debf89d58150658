package dev.weir.ledger;

import dev.weir.port.Clock;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;

/// On what terms this node spends from what it was lent. Any thread.
///
/// @implNote one volatile read and one look at the clock for each call under a shared limit
public final class Lending {
    private static final long MILLION = 1_000_000;

    private final Clock clock;
    private final long outageBoundPpm;
    private volatile long endsNanos;
    private volatile int nodes = 1;

    /// Nothing may be spent until [#extend].
    ///
    /// @param outageBoundPpm how far over what was lent all nodes together may go on limits on cost while nobody can be asked, in
    ///        millionths of the amount
    public Lending(Clock clock, long outageBoundPpm) {
        if (outageBoundPpm < 0 || outageBoundPpm > MILLION) {
            throw new IllegalArgumentException("a bound is 0 to all of the amount, not " + outageBoundPpm + " ppm");
        }
        this.clock = clock;
        this.outageBoundPpm = outageBoundPpm;
        this.endsNanos = clock.nanoTime();
    }

    /// Leases may be spent from until then.
    ///
    /// @param untilNanos of [Clock#nanoTime()]
    /// @param nodesNow how many nodes share limits, this one too
    public void extend(long untilNanos, int nodesNow) {
        endsNanos = untilNanos;
        nodes = Math.max(1, nodesNow);
    }

    /// Nothing that was lent may be spent any more.
    public void end() {
        endsNanos = clock.nanoTime();
    }

    public boolean isValid() {
        return clock.nanoTime() - endsNanos < 0;
    }

    /// How many nodes share limits, as last heard.
    public int nodes() {
        return nodes;
    }

    /// How far this node may go over what it was lent while nobody can be asked.
    long overdraft(Limit limit) {
        boolean cost = limit.measure() instanceof Measure.Counted(Meter meter) && meter == Meter.COST;
        long share = cost ? outageBoundPpm / nodes : 0;
        return limit.amount() / MILLION * share + limit.amount() % MILLION * share / MILLION;
    }
}
