package dev.weir.admission;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;

/// A clock that stands until it is moved. Any thread.
public final class ManualClock implements Clock {
    private volatile Instant now;

    public ManualClock(String now) {
        this.now = Instant.parse(now);
    }

    public void set(String moment) {
        now = Instant.parse(moment);
    }

    public void pass(Duration duration) {
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
