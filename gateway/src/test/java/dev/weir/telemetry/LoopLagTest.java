package dev.weir.telemetry;

import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class LoopLagTest {
    @Test
    void blockedLoopIsSeenAsLag() {
        var vertx = Vertx.vertx();
        try (var metrics = new Metrics("test")) {
            vertx.runOnContext(start -> {
                LoopLag.measureHere(vertx, metrics);
                vertx.setTimer(20, blocking -> LockSupport.parkNanos(400_000_000));
            });
            // 100 ms are the timer's own; what is over it was waiting
            await().until(() -> metrics.scrape()
                    .lines()
                    .filter(line -> line.startsWith("weir_event_loop_lag_seconds_max "))
                    .anyMatch(line -> Double.parseDouble(line.split(" ")[1]) > 0.05));
        } finally {
            vertx.close().await();
        }
    }
}
