package dev.weir.stream;

import dev.weir.port.Clock;
import dev.weir.spool.UsageStore;
import java.time.Instant;
import java.util.random.RandomGenerator;

/// A sink on a thread of its own.
final class Sinks implements AutoCloseable {
    private final Sink sink;
    private final Thread thread;

    Sinks(StreamConfig config, UsageStore store) {
        sink = new Sink(config, store, clock(), bytes -> RandomGenerator.getDefault().nextBytes(bytes));
        thread = Thread.ofPlatform().name("sink").start(sink);
        thread.setUncaughtExceptionHandler((dead, cause) -> {});
    }

    private static Clock clock() {
        return new Clock() {
            @Override
            public Instant now() {
                return Instant.now();
            }

            @Override
            public long nanoTime() {
                return System.nanoTime();
            }
        };
    }

    Sink sink() {
        return sink;
    }

    boolean isAlive() {
        return thread.isAlive();
    }

    @Override
    public void close() throws InterruptedException {
        sink.stop();
        thread.join();
    }
}
