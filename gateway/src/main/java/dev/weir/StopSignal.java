package dev.weir;

import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/// Waits for Ctrl-C or SIGTERM. The first asks for an orderly stop, the second ends the process at once; what is kept in the
/// spool is safe either way.
final class StopSignal {
    private static final int EXIT_AT_ONCE = 130;

    private final CountDownLatch asked = new CountDownLatch(1);

    StopSignal() {
        for (String name : new String[]{"INT", "TERM"}) {
            Signal.handle(new Signal(name), signal -> ask());
        }
    }

    private void ask() {
        if (asked.getCount() == 0) {
            Runtime.getRuntime().halt(EXIT_AT_ONCE);
        }
        asked.countDown();
    }

    void await() throws InterruptedException {
        asked.await();
    }

    boolean isAsked() {
        return asked.getCount() == 0;
    }
}
