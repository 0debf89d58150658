package dev.weir;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;

/// The machine's clocks, the wall clock off by as much as was last asked for. Any thread.
final class JumpingClock implements Clock {
    private volatile Duration off = Duration.ZERO;

    /// From now on the wall clock is off by that; the monotonic one knows nothing of it.
    void jumpTo(Duration offset) {
        off = offset;
    }

    @Override
    public Instant now() {
        return Instant.now().plus(off);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
