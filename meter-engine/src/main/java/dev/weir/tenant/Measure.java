package dev.weir.tenant;

import dev.weir.usage.Meter;
import java.util.Optional;

/// What a limit limits: how much of a meter in a window, or how many calls at the same time.
public sealed interface Measure {
    Measure CONCURRENCY = new InFlight();

    /// The amount of one meter.
    record Counted(Meter meter) implements Measure {
        @Override
        public String id() {
            return meter.id();
        }

        @Override
        public String toString() {
            return id();
        }
    }

    /// Calls that have begun and not ended. It has no window: it falls by itself.
    record InFlight() implements Measure {
        @Override
        public String id() {
            return "concurrency";
        }

        @Override
        public String toString() {
            return id();
        }
    }

    /// The name in APIs: a meter's, or `concurrency`.
    String id();

    static Measure of(Meter meter) {
        return new Counted(meter);
    }

    static Optional<Measure> byId(String id) {
        return id.equals(CONCURRENCY.id()) ? Optional.of(CONCURRENCY) : Meter.byId(id).map(Counted::new);
    }
}
