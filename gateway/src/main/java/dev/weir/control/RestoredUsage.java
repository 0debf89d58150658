package dev.weir.control;

import dev.weir.admission.PastUsage;
import dev.weir.postgres.Counters;
import java.time.Duration;
import java.util.List;

/// What is stored, in the form in which counters are restored from it; the audit compares them with the same sums.
public final class RestoredUsage {
    /// Offsets of time zones from UTC are multiples of it, so each sum lies whole in one run of every window.
    public static final Duration GRAIN = Duration.ofMinutes(15);

    private RestoredUsage() {}

    public static List<PastUsage> of(Counters.Sums sums) {
        return sums.used()
                .stream()
                .map(used -> new PastUsage(used.tenant(), used.key(), used.user(), used.route(), used.model(),
                        used.run(), used.tags(), used.time(), used.quantities(), used.cost()))
                .toList();
    }
}
