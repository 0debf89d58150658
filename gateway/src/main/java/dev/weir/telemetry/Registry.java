package dev.weir.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// The metric registry, spoken to in [Family]: a meter has the help, unit and labels its family declares. Any thread.
final class Registry {
    private static final Duration[] CALL_BUCKETS = buckets(10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
            60_000, 120_000);
    private static final Duration[] LAG_BUCKETS = buckets(1, 5, 10, 25, 50, 100, 250, 1_000);

    /// What is read at a scrape: the library holds it only weakly.
    private final Queue<Object> sources = new ConcurrentLinkedQueue<>();
    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    PrometheusMeterRegistry prometheus() {
        return prometheus;
    }

    Counter counter(Family family, String... labels) {
        return Counter.builder(family.meter())
                .description(family.help())
                .baseUnit(family.unit())
                .tags(tags(family, labels))
                .register(prometheus);
    }

    /// A counter that is read rather than incremented.
    <T> void sum(Family family, T state, ToDoubleFunction<T> read, String... labels) {
        sources.add(state);
        FunctionCounter.builder(family.meter(), state, read)
                .description(family.help())
                .baseUnit(family.unit())
                .tags(tags(family, labels))
                .register(prometheus);
    }

    void gauge(Family family, Supplier<Number> read, String... labels) {
        Gauge.builder(family.meter(), read)
                .description(family.help())
                .baseUnit(family.unit())
                .tags(tags(family, labels))
                .strongReference(true)
                .register(prometheus);
    }

    Timer callTimer(Family family, String... labels) {
        return timer(family, CALL_BUCKETS, labels);
    }

    Timer lagTimer(Family family) {
        return timer(family, LAG_BUCKETS);
    }

    private Timer timer(Family family, Duration[] buckets, String... labels) {
        return Timer.builder(family.meter())
                .description(family.help())
                .serviceLevelObjectives(buckets)
                .tags(tags(family, labels))
                .register(prometheus);
    }

    private static Tags tags(Family family, String... values) {
        if (values.length != family.labels().size()) {
            throw new IllegalArgumentException(family.exposed() + " has the labels " + family.labels() + ", not "
                    + values.length + " of them");
        }
        var tags = Tags.empty();
        for (int i = 0; i < values.length; i++) {
            tags = tags.and(family.labels().get(i), values[i]);
        }
        return tags;
    }

    private static Duration[] buckets(long... millis) {
        return Arrays.stream(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }
}
