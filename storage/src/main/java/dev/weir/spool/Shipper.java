package dev.weir.spool;

import dev.weir.port.Clock;
import dev.weir.port.Random;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries synced events into the store, in order, each at least once; the store counts each once.
///
/// [#run] is the loop for one virtual thread; it does nothing but call [#step] and wait, so a simulator calls [#step] itself.
/// After any failure, known or unknown, everything begins again at the store's watermark: what was committed after all is not
/// sent again, what was not is, and a store restored from a backup is filled again from the segments still there.
///
/// A store may take events now and store them later (the way through Kafka). The shipper reads on ahead of what is stored then,
/// asks for the watermark once a second, and begins again at it where it has fallen, or where it has not moved for
/// [#PATIENCE] though something waits; that time doubles with each repeat. So whatever is lost on the way, is sent again: a
/// segment goes only when the database has it.
public final class Shipper implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);
    private static final int BATCH_MIN = 100;
    /// Reached only far behind. The larger a batch, the fewer times the same total is updated for it.
    private static final int BATCH_MAX = 5_000;
    private static final long IDLE_NANOS = Duration.ofMillis(20).toNanos();
    private static final long BACKOFF_FIRST_NANOS = Duration.ofMillis(100).toNanos();
    private static final long BACKOFF_MAX_NANOS = Duration.ofSeconds(10).toNanos();
    /// A batch that takes longer is followed by smaller ones.
    private static final long SLOW_NANOS = Duration.ofMillis(250).toNanos();
    /// How long what was handed over may wait, without any of it being stored, before it is handed over again.
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PATIENCE_DOUBLINGS_MAX = 5;
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LOOK_BACK_NANOS = Duration.ofMinutes(1).toNanos();

    /// Storing this many times what comes in meanwhile, it rests as long as a batch took, and is still five times as fast.
    private static final long AHEAD = 10;

    private final Spool spool;
    private final UsageStore store;
    private final Clock clock;
    private final Random random;

    // The shipper's thread.
    private @Nullable SpoolReader reader;
    private Spool.@Nullable Epoch epoch;
    private long finishedEpoch;
    /// By epoch: the one being read, and those before it of which something is not stored yet.
    private final Map<Long, HandedOver> handedOver = new TreeMap<>();
    /// Whether the store stores later than it takes.
    private boolean trails;
    private long lookedNanos;
    private long lookedBackNanos;
    private long movedNanos;
    private long patienceNanos = PATIENCE.toNanos();
    private int repeats;
    private @Nullable String lookError;
    private int batchSize = BATCH_MIN;
    private int failures;
    private long restNanos;
    private long markSeq;
    private long markNanos;

    // Written by the shipper's thread, read by any.
    private volatile long storedEvents;
    private volatile long failedSteps;
    private volatile long sentAgain;
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
            lookBack();
            look();
            boolean shipped = ship();
            failures = 0;
            lastError = lookError;
            noteCaughtUp();
            return shipped ? restNanos : IDLE_NANOS;
        } catch (StoreException failed) {
            return failed((failed.isCommitUnknown()
                    ? "it is unknown whether a batch was stored: "
                    : "a batch was not stored: ") + failed.getMessage());
        } catch (IOException | InternalError unreadable) {
            return failed("the spool cannot be read: " + unreadable.getMessage());
        } catch (RuntimeException | Error unforeseen) {
            return failed("a step failed in a way nobody foresaw: " + unforeseen);
        }
    }

    private boolean ship() throws StoreException, IOException {
        restNanos = 0;
        var from = reader;
        var current = epoch;
        if (from == null || current == null) {
            return seekNextEpoch();
        }
        long after = sentSeq(current);
        var events = from.read(batchSize);
        if (events.isEmpty()) {
            if (current.live()) {
                return false;
            }
            long last = spool.lastSeq(current.epoch());
            if (after < last) {
                // Its last events are not to be had any more, and nothing follows that would tell.
                store(new Batch(current.node(), current.epoch(), after, last, List.of()));
                if (reader == null) {
                    return true;
                }
            }
            rewindAfter(current.epoch());
            handedOver.values().removeIf(HandedOver::isStored);
            return true;
        }
        store(new Batch(current.node(), current.epoch(), after, events));
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
                handedOver.put(next.epoch(), new HandedOver(next, watermark));
                spool.stored(next.epoch(), watermark);
                reader = spool.read(next.epoch(), watermark);
                epoch = next;
                return true;
            }
        }
        return false;
    }

    private void store(Batch batch) throws StoreException {
        long begun = clock.nanoTime();
        long keptBefore = spool.keptSeq();
        long stored = store.store(batch);
        long took = clock.nanoTime() - begun;
        restNanos = rest(took, batch.size(), spool.keptSeq() - keptBefore);
        storedEvents = storedEvents + batch.size();
        trails |= stored < batch.lastSeq();
        if (handedOver.values().stream().allMatch(HandedOver::isStored)) {
            movedNanos = clock.nanoTime();
        }
        var sent = handedOver.get(batch.epoch());
        if (sent != null) {
            sent.sent = batch.lastSeq();
            noteStored(sent, stored);
        }
        if (took > SLOW_NANOS) {
            batchSize = Math.max(BATCH_MIN, batchSize / 2);
        } else if (batch.size() == batchSize) {
            batchSize = Math.min(BATCH_MAX, batchSize * 2);
        }
    }

    /// Far behind and fast, it leaves the machine and the database to the traffic half of the time. Where nothing comes in,
    /// there is nobody to make room for.
    private static long rest(long took, int stored, long cameIn) {
        boolean isBehind = stored >= BATCH_MIN;
        return isBehind && cameIn > 0 && stored >= AHEAD * cameIn ? Math.min(took, SLOW_NANOS) : 0;
    }

    /// Asks for the watermarks of all epochs once a minute: a store that was restored from a backup may lack what no batch tells
    /// of.
    private void lookBack() throws StoreException {
        if (epoch == null || clock.nanoTime() - lookedBackNanos < LOOK_BACK_NANOS) {
            return;
        }
        lookedBackNanos = clock.nanoTime();
        for (Spool.Epoch one : spool.epochs()) {
            long known = spool.storedSeq(one.epoch());
            OptionalLong seq = known > 0 ? watermark(one) : OptionalLong.of(known);
            lookedBackNanos = clock.nanoTime();
            if (seq.isEmpty()) {
                return;
            }
            if (seq.getAsLong() < known) {
                throw StoreException.notStored("the store had what is up to seq " + known + " of " + one.node() + "-"
                        + one.epoch() + " and has it no more: it was restored from a backup, and is filled again",
                        null);
            }
        }
    }

    /// Empty where nobody can say: then nothing is known to be gone, and in the direct way the next batch finds out.
    private OptionalLong watermark(Spool.Epoch of) {
        try {
            return OptionalLong.of(store.watermark(of.node(), of.epoch()));
        } catch (StoreException unreachable) {
            return OptionalLong.empty();
        }
    }

    /// Asks how far a store is that stores later than it takes; begins again where that moves back, or not at all.
    private void look() {
        if (!trails || epoch == null || clock.nanoTime() - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedNanos = clock.nanoTime();
        try {
            for (HandedOver sent : List.copyOf(handedOver.values())) {
                if (!noteStored(sent, store.watermark(sent.epoch.node(), sent.epoch.epoch()))) {
                    return;
                }
            }
            lookError = null;
        } catch (StoreException unreachable) {
            // While nobody can look, nobody can say that nothing moves; and a look that took long is not repeated at once.
            movedNanos = clock.nanoTime();
            lookedNanos = movedNanos;
            if (lookError == null) {
                LOG.warn("how much is stored is unknown, events are handed over all the same: {}",
                        unreachable.getMessage());
            }
            lookError = "how much is stored is unknown: " + unreachable.getMessage();
            return;
        }
        handedOver.values().removeIf(sent -> sent.isStored() && !sent.epoch.equals(epoch));
        if (clock.nanoTime() - movedNanos > patienceNanos
                && !handedOver.values().stream().allMatch(HandedOver::isStored)) {
            sendAgain();
        }
    }

    /// @return false where the store has gone back, so that everything begins again
    private boolean noteStored(HandedOver sent, long seq) {
        if (seq < sent.stored) {
            LOG.warn(
                    "the store has of {}-{} what is up to seq {}, and had {}: it was restored from a backup, and is filled"
                            + " again",
                    sent.epoch.node(), sent.epoch.epoch(), seq, sent.stored);
            rewind();
            return false;
        }
        if (seq > sent.stored && isOldestWaiting(sent)) {
            movedNanos = clock.nanoTime();
            repeats = 0;
            patienceNanos = PATIENCE.toNanos();
        }
        sent.stored = seq;
        spool.stored(sent.epoch.epoch(), seq);
        return true;
    }

    /// Epochs are stored each on its own: that a later one moves does not help an earlier one.
    private boolean isOldestWaiting(HandedOver sent) {
        return handedOver.values().stream().filter(one -> !one.isStored()).findFirst().orElse(sent) == sent;
    }

    private void sendAgain() {
        repeats = Math.min(repeats + 1, PATIENCE_DOUBLINGS_MAX);
        LOG.warn(
                "nothing of what was handed over has been stored for {} s; {} events are handed over again. Is a sink running?",
                Duration.ofNanos(clock.nanoTime() - movedNanos).toSeconds(), lag());
        sentAgain = sentAgain + 1;
        patienceNanos = PATIENCE.toNanos() << repeats;
        patienceNanos += jitter(patienceNanos / 4);
        movedNanos = clock.nanoTime();
        rewind();
    }

    /// How much of an epoch was handed over, and how much of that is stored.
    private static final class HandedOver {
        final Spool.Epoch epoch;
        long sent;
        long stored;

        HandedOver(Spool.Epoch epoch, long watermark) {
            this.epoch = epoch;
            this.sent = watermark;
            this.stored = watermark;
        }

        boolean isStored() {
            return stored >= sent;
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
        handedOver.clear();
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
        if (current == null || !current.live() || reader == null || storedSeq(current) < markSeq
                || handedOver.size() > 1) {
            return;
        }
        caughtUpNanos = markNanos;
        markNanos = clock.nanoTime();
        markSeq = spool.keptSeq();
        if (storedSeq(current) >= markSeq) {
            caughtUpNanos = markNanos;
        }
    }

    /// What the next batch follows: records that make no sense lie between and are not waited for.
    private long sentSeq(Spool.Epoch of) {
        var sent = handedOver.get(of.epoch());
        return sent == null ? 0 : sent.sent;
    }

    private long storedSeq(Spool.Epoch of) {
        var sent = handedOver.get(of.epoch());
        return sent == null ? 0 : sent.stored;
    }

    private boolean isDone() {
        return stopping && (lag() == 0 || isAllHandedOver() || clock.nanoTime() - deadlineNanos >= 0);
    }

    private boolean isAllHandedOver() {
        var current = epoch;
        return current != null && current.live() && reader != null && reader.position() >= spool.keptSeq();
    }

    /// Asks the loop to end: at once when all is handed over, at the latest when the time is up. What is not stored then, is
    /// shipped at the next start.
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

    /// Events that the store took since the start, repeats included.
    public long storedEvents() {
        return storedEvents;
    }

    /// Steps that failed since the start; each was tried again.
    public long failedSteps() {
        return failedSteps;
    }

    /// How often everything that waited was handed over again, because none of it was stored for too long.
    public long sentAgain() {
        return sentAgain;
    }

    /// Why the last step failed, null where it did not.
    public @Nullable String lastError() {
        return lastError;
    }
}
