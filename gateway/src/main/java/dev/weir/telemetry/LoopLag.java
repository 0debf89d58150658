package dev.weir.telemetry;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/// Measures how late an event loop is: a periodic timer that should run every [#PERIOD_MILLIS] and notes by how much it
/// did not. Confined to the loop it was started on.
public final class LoopLag {
    static final long PERIOD_MILLIS = 100;
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(PERIOD_MILLIS);

    private final Metrics metrics;
    private long dueNanos;

    private LoopLag(Metrics metrics) {
        this.metrics = metrics;
        this.dueNanos = System.nanoTime() + PERIOD_NANOS;
    }

    /// Starts measuring the loop of the current context; call it once on each loop, from its verticle.
    ///
    /// @return the id of the timer, for [Vertx#cancelTimer]
    public static long measureHere(Vertx vertx, Metrics metrics) {
        var lag = new LoopLag(metrics);
        return vertx.setPeriodic(PERIOD_MILLIS, timer -> lag.tick(System.nanoTime()));
    }

    private void tick(long nowNanos) {
        metrics.loopLag(Math.max(0, nowNanos - dueNanos));
        dueNanos = nowNanos + PERIOD_NANOS;
    }
}
