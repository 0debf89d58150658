package dev.weir.stream;

import dev.weir.spool.UsageStore;

/// A sink on a thread of its own.
final class Sinks implements AutoCloseable {
    private final Sink sink;
    private final Thread thread;

    Sinks(StreamConfig config, UsageStore store) {
        sink = new Sink(config, store);
        thread = Thread.ofPlatform().name("sink").start(sink);
        thread.setUncaughtExceptionHandler((dead, cause) -> {});
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
