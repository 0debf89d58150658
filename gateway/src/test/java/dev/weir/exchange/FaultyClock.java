package dev.weir.exchange;

import dev.weir.port.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// The real clock, which can be told to throw once, when a running call reads it for the n-th time: a fault that can be seeded
/// into every step of a call. Any thread.
final class FaultyClock implements Clock {
    private static final Set<Class<?>> STEPS = Set.of(Exchange.class, HeldUpload.class, Upload.class, Download.class,
            Records.class);
    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private final AtomicInteger readingsLeft = new AtomicInteger();

    /// From now on the n-th reading by a running call throws, the others do not.
    void failAt(int n) {
        readingsLeft.set(n);
    }

    /// Whether the fault still waits for its reading.
    boolean isFaultPending() {
        return readingsLeft.get() > 0;
    }

    void failNever() {
        readingsLeft.set(0);
    }

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        if (isFaultPending() && isReadByACall() && readingsLeft.decrementAndGet() == 0) {
            throw new IllegalStateException("a seeded fault of the clock");
        }
        return System.nanoTime();
    }

    private static boolean isReadByACall() {
        return STACK.walk(frames -> frames.skip(2)
                .limit(2)
                .anyMatch(frame -> STEPS.contains(frame.getDeclaringClass())
                        && !frame.getMethodName().equals("<init>")));
    }
}
