package dev.weir.lease;

import java.time.Duration;

/// How a node deals with leases.
///
/// @param expire how long leases may be spent from after the last exchange that was answered was sent
/// @param every how often counters are brought up to date
/// @param quiet a counter on which nothing happened for so long gives all that is idle back
public record LeaseTerms(Duration expire, Duration every, Duration quiet) {
    public static final LeaseTerms DEFAULT = new LeaseTerms(Duration.ofMinutes(15), Duration.ofSeconds(1),
            Duration.ofSeconds(5));
    /// How much slower than the database's the node's own clock may run: 1 in so many.
    private static final int DRIFT_PART = 100;

    public LeaseTerms {
        if (every.isNegative() || every.isZero() || expire.compareTo(every.multipliedBy(3)) < 0 || quiet.isNegative()) {
            throw new IllegalArgumentException("leases expire after at least three times what they are looked at, not "
                    + expire + " and " + every);
        }
    }

    long usableNanos() {
        return expire.toNanos() - expire.toNanos() / DRIFT_PART;
    }
}
