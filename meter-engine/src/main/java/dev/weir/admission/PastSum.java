package dev.weir.admission;

import dev.weir.ledger.Ledger;
import dev.weir.money.Money;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What past usage comes to in one counter, in the limit's unit. One thread.
final class PastSum {
    private Set<String> runs = Set.of();
    private long amount;

    /// Of a limit on `runs` each run counts once, however many rows have it, up to [Limit#RUNS_MAX] of them.
    PastSum add(Measure measure, PastUsage row) {
        String run = row.run();
        if (run == null || !(measure instanceof Measure.Runs)) {
            amount = plus(amount, Math.max(0, used(measure, row.quantities(), row.cost())));
        } else if (runs.size() < Limit.RUNS_MAX) {
            runs = runs.isEmpty() ? new HashSet<>() : runs;
            runs.add(run);
        }
        return this;
    }

    /// All but the runs that have names, 0 or more.
    long amount() {
        return amount;
    }

    /// As callers named them; empty for limits on anything else.
    Set<String> runs() {
        return runs;
    }

    long total() {
        return plus(amount, runs.size());
    }

    /// What an attempt has used of a measure by its event; of `runs`, what it has used if it named none.
    ///
    /// @return 0 or more, or [Ledger#AS_RESERVED] where nobody knows
    static long used(Measure measure, Quantities used, @Nullable Money cost) {
        return switch (measure) {
            case Measure.InFlight() -> 0;
            case Measure.Runs() -> positive(used, Meter.CALLS);
            case Measure.Counted(Meter meter) -> used(meter, used, cost);
        };
    }

    private static long used(Meter meter, Quantities used, @Nullable Money cost) {
        return switch (meter) {
            case TOKENS -> plus(positive(used, Meter.TOKENS_IN), positive(used, Meter.TOKENS_OUT));
            case COST -> cost == null ? Ledger.AS_RESERVED : Math.max(0, cost.picos());
            default -> positive(used, meter);
        };
    }

    private static long positive(Quantities used, Meter meter) {
        return Math.max(0, used.amount(meter));
    }

    private static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
