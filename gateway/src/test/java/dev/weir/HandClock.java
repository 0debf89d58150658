package dev.weir;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;

/// A clock that goes when it is told to. Any thread.
final class HandClock implements Clock {
    private volatile Instant now;

    HandClock(String start) {
        now = Instant.parse(start);
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    void set(String moment) {
        now = Instant.parse(moment);
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
