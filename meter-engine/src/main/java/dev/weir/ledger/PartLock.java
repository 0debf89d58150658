package dev.weir.ledger;

import java.util.concurrent.locks.AbstractQueuedSynchronizer;

/// The lock of a part: not reentrant, and with nothing behind it on its cache line wherever the collector moves it, so that
/// threads at two parts do not slow each other down.
final class PartLock extends AbstractQueuedSynchronizer {
    private static final long serialVersionUID = 1;
    private static final int FREE = 0;
    private static final int HELD = 1;

    /// A line has 64 bytes, and processors fetch two of them.
    @SuppressWarnings("unused")
    private long line0, line1, line2, line3, line4, line5, line6, line7, line8, line9, line10, line11, line12, line13;

    void lock() {
        acquire(HELD);
    }

    boolean tryLock() {
        return tryAcquire(HELD);
    }

    void unlock() {
        release(FREE);
    }

    @Override
    protected boolean tryAcquire(int wanted) {
        return compareAndSetState(FREE, wanted);
    }

    @Override
    protected boolean tryRelease(int left) {
        setState(left);
        return true;
    }
}
