package dev.weir.control;

import dev.weir.admission.PastUsage;
import dev.weir.postgres.Counters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What is stored, in the form in which counters are restored from it; the audit compares them with the same sums.
public final class RestoredUsage {
    /// Offsets of time zones from UTC are multiples of it, so each sum lies whole in one run of every window.
    public static final Duration GRAIN = Duration.ofMinutes(15);

    private RestoredUsage() {}

    /// By the node on which it was used.
    public static Map<String, List<PastUsage>> byNode(Counters.Sums sums) {
        return sums.used()
                .stream()
                .collect(Collectors.groupingBy(Counters.Used::node,
                        Collectors.mapping(RestoredUsage::past, Collectors.toList())));
    }

    private static PastUsage past(Counters.Used used) {
        return new PastUsage(used.tenant(), used.key(), used.user(), used.route(), used.model(), used.run(),
                used.tags(), used.time(), used.quantities(), used.cost());
    }
}
