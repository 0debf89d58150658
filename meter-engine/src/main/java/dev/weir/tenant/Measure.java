package dev.weir.tenant;

import dev.weir.usage.Meter;
import java.util.Optional;

/// What a limit limits: how much of a meter or how many runs in a window, or how many calls at the same time.
public sealed interface Measure {
    Measure CONCURRENCY = new InFlight();
    Measure RUNS = new Runs();

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

    /// Runs, as callers name them by `X-Weir-Run`: each once in a window, with the first call of it that is admitted there. A
    /// call that names none is a run of its own, so that leaving the name out evades nothing.
    ///
    /// Source: design decision 19 and the capacity unit "runs/min" of acceptance statement P6-24, which leave calls without a run
    /// open.
    record Runs() implements Measure {
        @Override
        public String id() {
            return "runs";
        }

        @Override
        public String toString() {
            return id();
        }
    }

    /// The name in APIs: a meter's, `concurrency` or `runs`.
    String id();

    static Measure of(Meter meter) {
        return new Counted(meter);
    }

    static Optional<Measure> byId(String id) {
        return switch (id) {
            case "concurrency" -> Optional.of(CONCURRENCY);
            case "runs" -> Optional.of(RUNS);
            default -> Meter.byId(id).map(Counted::new);
        };
    }
}
