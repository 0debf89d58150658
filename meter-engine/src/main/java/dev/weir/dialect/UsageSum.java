package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;

/// What several answers of one session have used together. Stops at the most a `long` holds, whatever providers say.
final class UsageSum {
    private final Quantities.Builder sum = Quantities.builder();
    private boolean any;

    /// Adds what was reported; a first 0 makes the meter present.
    void add(Meter meter, long amount) {
        long before = sum.amount(meter);
        long after = before + amount;
        boolean overflows = ((before ^ after) & (amount ^ after)) < 0;
        sum.reported(meter, overflows ? amount < 0 ? Long.MIN_VALUE : Long.MAX_VALUE : after);
        any = true;
    }

    /// Adds the number of a field where it was told.
    <F extends Enum<F>> void add(Meter meter, Counts<F> counts, F field) {
        if (counts.has(field)) {
            add(meter, counts.get(field));
        }
    }

    /// Adds all of another sum.
    void add(UsageSum other) {
        other.build().forEach((meter, amount, provenance) -> add(meter, amount));
    }

    boolean isEmpty() {
        return !any;
    }

    Quantities build() {
        return sum.build();
    }
}
