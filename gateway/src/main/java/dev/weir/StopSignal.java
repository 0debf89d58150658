package dev.weir;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/// Waits for Ctrl-C or SIGTERM. The first asks for an orderly stop, the second ends the process at once; what is kept in the
/// spool is safe either way.
final class StopSignal {
    private static final int EXIT_AT_ONCE = 130;

    private final CountDownLatch asked = new CountDownLatch(1);
    /// Guarded by this.
    private @Nullable Thread interruptible;

    /// The one that Ctrl-C and SIGTERM give to this process, from now on.
    static StopSignal ofProcess() {
        var stop = new StopSignal();
        for (String name : new String[]{"INT", "TERM"}) {
            Signal.handle(new Signal(name), signal -> stop.ask());
        }
        return stop;
    }

    /// As a signal does. Any thread.
    synchronized void ask() {
        if (isAsked()) {
            Runtime.getRuntime().halt(EXIT_AT_ONCE);
        }
        asked.countDown();
        if (interruptible != null) {
            interruptible.interrupt();
        }
    }

    /// Does `work` on this thread, which the signal interrupts as long as it lasts; the thread is not interrupted on return.
    ///
    /// @throws InterruptedException or what `work` makes of being interrupted, where the signal comes before it is done
    <T> T interrupting(Callable<T> work) throws Exception {
        watch(Thread.currentThread());
        try {
            return work.call();
        } finally {
            watch(null);
            Thread.interrupted();
        }
    }

    private synchronized void watch(@Nullable Thread thread) throws InterruptedException {
        if (thread != null && isAsked()) {
            throw new InterruptedException("stopped before it began");
        }
        interruptible = thread;
    }

    void await() throws InterruptedException {
        asked.await();
    }

    boolean isAsked() {
        return asked.getCount() == 0;
    }
}
