package dev.weir;

import dev.weir.port.Clock;
import java.time.Instant;

/// The machine's clocks.
final class SystemClock implements Clock {
    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
