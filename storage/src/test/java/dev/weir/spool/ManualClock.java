package dev.weir.spool;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;

/// A clock that stands still until told otherwise.
final class ManualClock implements Clock {
    private Instant now = Instant.parse("2026-11-24T12:00:00Z");
    private long nanos = 1_000_000_000;

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    void advance(Duration by) {
        now = now.plus(by);
        nanos += by.toNanos();
    }
}
