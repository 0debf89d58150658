package dev.weir.telemetry;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Values of one label, at most so many distinct ones; what comes after is [#OTHER]. Any thread.
///
/// A label whose values come from outside must end somewhere: each value is a time series on every scrape for as long as
/// the process lives.
final class BoundedLabels {
    static final String OTHER = "other";

    private final int max;
    private final Set<String> admitted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger places = new AtomicInteger();

    BoundedLabels(int max) {
        this.max = max;
    }

    /// The value itself while there is a place for it.
    String admit(String value) {
        if (admitted.contains(value)) {
            return value;
        }
        if (places.get() >= max || places.incrementAndGet() > max) {
            return OTHER;
        }
        if (!admitted.add(value)) {
            places.decrementAndGet();
        }
        return value;
    }

    /// The value where it was admitted before, else [#OTHER]; never takes a place.
    String known(String value) {
        return admitted.contains(value) ? value : OTHER;
    }
}
