package dev.weir.simulator;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;

/// The two clocks of one machine: a wall that may jump and drift, and monotonic nanoseconds that only drift.
final class SimulatedClock implements Clock {
    private final World world;
    private final Instant begun;
    private Duration jumped = Duration.ZERO;
    private double rate = 1;
    private long driftedFrom;
    private double drifted;

    SimulatedClock(World world, Instant begun) {
        this.world = world;
        this.begun = begun;
    }

    @Override
    public Instant now() {
        return begun.plusNanos(nanoTime()).plus(jumped);
    }

    @Override
    public long nanoTime() {
        return world.nanos() + (long) (drifted + (world.nanos() - driftedFrom) * (rate - 1));
    }

    /// Sets the wall clock forward or back.
    void jump(Duration by) {
        jumped = jumped.plus(by);
    }

    /// From now on both run fast or slow.
    void drift(double partsPerMillion) {
        drifted += (world.nanos() - driftedFrom) * (rate - 1);
        driftedFrom = world.nanos();
        rate = 1 + partsPerMillion / 1_000_000;
    }
}
