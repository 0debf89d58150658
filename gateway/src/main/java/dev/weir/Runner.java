package dev.weir;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Calls one task again and again on a thread of its own until it is closed. A round that fails is logged and tried again.
final class Runner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Runner.class);

    private final CountDownLatch closing;
    private final Thread thread;

    private Runner(CountDownLatch closing, Thread thread) {
        this.closing = closing;
        this.thread = thread;
    }

    /// Starts at once.
    ///
    /// @param pause between the end of a round and the next
    static Runner every(Duration pause, String name, Runnable task) {
        var closing = new CountDownLatch(1);
        Thread thread = Thread.ofPlatform().daemon().name(name).start(() -> loop(pause, name, task, closing));
        return new Runner(closing, thread);
    }

    private static void loop(Duration pause, String name, Runnable task, CountDownLatch closing) {
        boolean failing = false;
        try {
            do {
                try {
                    task.run();
                    failing = false;
                } catch (RuntimeException | Error e) {
                    if (!failing) {
                        LOG.warn("{} failed and will be tried again: {}", name, e.toString());
                    }
                    failing = true;
                }
            } while (!closing.await(pause.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /// Returns when the round that runs has ended.
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
