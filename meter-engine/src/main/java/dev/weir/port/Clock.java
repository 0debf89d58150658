package dev.weir.port;

import java.time.Instant;

/// The two clocks: one to say when, one to say how long. Any thread.
public interface Clock {
    /// Wall clock, UTC; may jump. Names windows, days and event times; never measures a duration.
    Instant now();

    /// Monotonic nanoseconds from an arbitrary origin. Measures durations, deadlines and leases.
    long nanoTime();
}
