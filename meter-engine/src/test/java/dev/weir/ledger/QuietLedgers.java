package dev.weir.ledger;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A leaked reservation is impossible to keep: after each test of every class, and after its last one, no watched ledger has
/// anything reserved. JUnit finds it by itself, in each module that has this one's tests on its class path, and runs it after
/// all that tests do when they end. A call may still be ending then, so it waits a while.
public final class QuietLedgers implements AfterEachCallback, AfterAllCallback {
    private static final long PATIENCE_NANOS = 5_000_000_000L;
    private static final long LOOK_EVERY_NANOS = 1_000_000;

    @Override
    public void afterEach(ExtensionContext test) {
        check(test, test.getRequiredTestMethod().getAnnotation(LeavesOpen.class));
    }

    @Override
    public void afterAll(ExtensionContext tests) {
        check(tests, null);
        Ledgers.watchNoMore(Ledgers.allWatched());
    }

    private static void check(ExtensionContext context, @Nullable LeavesOpen leavesOpen) {
        boolean failed = context.getExecutionException().isPresent();
        List<Ledger> open = failed || leavesOpen != null ? open() : openAfterAWhile();
        Ledgers.watchNoMore(open);
        if (failed) {
            return;
        }
        if (leavesOpen == null && !open.isEmpty()) {
            throw new AssertionError(context.getDisplayName() + " leaves something reserved: "
                    + Ledgers.complaint(open.getFirst()));
        }
        if (leavesOpen != null && open.isEmpty()) {
            throw new AssertionError(context.getDisplayName() + " leaves nothing open: take @LeavesOpen away");
        }
    }

    private static List<Ledger> openAfterAWhile() {
        long begun = System.nanoTime();
        List<Ledger> open = open();
        while (!open.isEmpty() && System.nanoTime() - begun < PATIENCE_NANOS) {
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
            open = open();
        }
        return open;
    }

    private static List<Ledger> open() {
        return Ledgers.allWatched().stream().filter(ledger -> !Ledgers.complaint(ledger).isEmpty()).toList();
    }
}
