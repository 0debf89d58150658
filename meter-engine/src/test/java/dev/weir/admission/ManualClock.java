package dev.weir.admission;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;

/// A clock that stands until it is moved.
final class ManualClock implements Clock {
    private Instant now;

    ManualClock(String now) {
        this.now = Instant.parse(now);
    }

    void set(String moment) {
        now = Instant.parse(moment);
    }

    void pass(Duration duration) {
        now = now.plus(duration);
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public long nanoTime() {
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
