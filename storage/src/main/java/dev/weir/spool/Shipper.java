package dev.weir.spool;

import dev.weir.port.Clock;
import dev.weir.port.Random;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries synced events into the store, in order, each at least once; the store counts each once.
///
/// [#run] is the loop for one virtual thread; it does nothing but call [#step] and wait, so a simulator calls [#step] itself.
/// After any failure, known or unknown, everything begins again at the store's watermark: what was committed after all is not
/// sent again, what was not is, and a store restored from a backup is filled again from the segments still there.
public final class Shipper implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);
    private static final int BATCH_MIN = 100;
    private static final int BATCH_MAX = 1_000;
    private static final long IDLE_NANOS = Duration.ofMillis(20).toNanos();
    private static final long BACKOFF_FIRST_NANOS = Duration.ofMillis(100).toNanos();
    private static final long BACKOFF_MAX_NANOS = Duration.ofSeconds(10).toNanos();
    /// A batch that takes longer is followed by smaller ones.
    private static final long SLOW_NANOS = Duration.ofMillis(250).toNanos();

    private final Spool spool;
    private final UsageStore store;
    private final Clock clock;
    private final Random random;

    // The shipper's thread.
    private @Nullable SpoolReader reader;
    private Spool.@Nullable Epoch epoch;
    private long finishedEpoch;
    private int batchSize = BATCH_MIN;
    private int failures;
    private long markSeq;
    private long markNanos;

    // Written by the shipper's thread, read by any.
    private volatile long storedEvents;
    private volatile long failedSteps;
    private volatile long caughtUpNanos;
    private volatile @Nullable String lastError;
    // Written by any thread.
    private volatile boolean stopping;
    private volatile long deadlineNanos;
    private volatile @Nullable Thread runner;

    public Shipper(Spool spool, UsageStore store, Clock clock, Random random) {
        this.spool = spool;
        this.store = store;
        this.clock = clock;
        this.random = random;
        this.caughtUpNanos = clock.nanoTime();
        this.markNanos = caughtUpNanos;
    }

    /// Ships until [#stop].
    @Override
    public void run() {
        runner = Thread.currentThread();
        while (!isDone()) {
            long pause = step();
            if (pause > 0 && !isDone()) {
                LockSupport.parkNanos(pause);
            }
        }
        rewind();
    }

    /// One batch, or one attempt at it.
    ///
    /// @return how long to wait before the next step, in nanoseconds; 0 to go on at once
    public long step() {
        try {
            boolean shipped = ship();
            failures = 0;
            lastError = null;
            noteCaughtUp();
            return shipped ? 0 : IDLE_NANOS;
        } catch (StoreException failed) {
            return failed((failed.isCommitUnknown()
                    ? "it is unknown whether a batch was stored: "
                    : "a batch was not stored: ") + failed.getMessage());
        } catch (IOException | InternalError unreadable) {
            return failed("the spool cannot be read: " + unreadable.getMessage());
        } catch (RuntimeException unforeseen) {
            return failed("a step failed in a way nobody foresaw: " + unforeseen);
        }
    }

    private boolean ship() throws StoreException, IOException {
        var from = reader;
        var current = epoch;
        if (from == null || current == null) {
            return seekNextEpoch();
        }
        var events = from.read(batchSize);
        if (events.isEmpty()) {
            if (current.live()) {
                return false;
            }
            rewindAfter(current.epoch());
            return true;
        }
        store(current, events);
        return true;
    }

    /// Opens the next epoch at its watermark.
    private boolean seekNextEpoch() throws StoreException {
        for (Spool.Epoch next : spool.epochs()) {
            if (next.epoch() > finishedEpoch) {
                long watermark = store.watermark(next.node(), next.epoch());
                if (next.live() && watermark > spool.keptSeq()) {
                    throw StoreException.notStored("the store already holds events of " + next.node() + "-"
                            + next.epoch() + " up to seq " + watermark + ", and this start has kept " + spool.keptSeq()
                            + ": two nodes use the name '" + next.node()
                            + "', or this folder is an older copy. Give one of them another node.id.", null);
                }
                spool.stored(next.epoch(), watermark);
                reader = spool.read(next.epoch(), watermark);
                epoch = next;
                return true;
            }
        }
        return false;
    }

    private void store(Spool.Epoch current, List<KeptEvent> events) throws StoreException {
        long begun = clock.nanoTime();
        store.store(new Batch(current.node(), current.epoch(), events));
        long took = clock.nanoTime() - begun;
        spool.stored(current.epoch(), events.getLast().id().seq());
        storedEvents = storedEvents + events.size();
        if (took > SLOW_NANOS) {
            batchSize = Math.max(BATCH_MIN, batchSize / 2);
        } else if (events.size() == batchSize) {
            batchSize = Math.min(BATCH_MAX, batchSize * 2);
        }
    }

    private long failed(String why) {
        if (!why.equals(lastError)) {
            LOG.warn("{}; trying again", why);
        }
        lastError = why;
        rewind();
        batchSize = Math.max(BATCH_MIN, batchSize / 2);
        long backoff = Math.min(BACKOFF_MAX_NANOS, BACKOFF_FIRST_NANOS << Math.min(failures, 20));
        failures++;
        failedSteps = failedSteps + 1;
        return backoff / 2 + jitter(backoff / 2);
    }

    /// 0 to `nanos`, so that the nodes of a cluster do not come back all at once.
    private long jitter(long nanos) {
        var bytes = new byte[Long.BYTES];
        random.nextBytes(bytes);
        return Long.remainderUnsigned(RecordLayout.getLong(bytes, 0), nanos + 1);
    }

    private void rewind() {
        rewindAfter(0);
    }

    private void rewindAfter(long doneWith) {
        if (reader != null) {
            reader.close();
        }
        reader = null;
        epoch = null;
        finishedEpoch = doneWith;
    }

    /// Everything kept before `markNanos` is stored once the watermark has passed `markSeq`.
    private void noteCaughtUp() {
        var current = epoch;
        if (current == null || !current.live() || reader == null || reader.position() < markSeq) {
            return;
        }
        caughtUpNanos = markNanos;
        markNanos = clock.nanoTime();
        markSeq = spool.keptSeq();
        if (reader.position() >= markSeq) {
            caughtUpNanos = markNanos;
        }
    }

    private boolean isDone() {
        return stopping && (lag() == 0 || clock.nanoTime() - deadlineNanos >= 0);
    }

    /// Asks the loop to end: at once when all is stored, at the latest when the time is up. Kept events are then shipped at
    /// the next start.
    public void stop(Duration atMost) {
        deadlineNanos = clock.nanoTime() + atMost.toNanos();
        stopping = true;
        LockSupport.unpark(runner);
    }

    /// Events kept and not yet stored.
    public long lag() {
        return spool.depthRecords();
    }

    /// An upper bound of the age of the oldest event not yet stored, in nanoseconds.
    public long lagNanos() {
        return lag() == 0 ? 0 : Math.max(0, clock.nanoTime() - caughtUpNanos);
    }

    /// Events stored since the start, repeats included.
    public long storedEvents() {
        return storedEvents;
    }

    /// Steps that failed since the start; each was tried again.
    public long failedSteps() {
        return failedSteps;
    }

    /// Why the last step failed, null where it did not.
    public @Nullable String lastError() {
        return lastError;
    }
}
