package dev.weir.spool;

import dev.weir.event.UsageJournal.Append;
import dev.weir.port.Clock;
import dev.weir.port.Disk;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The writing end of the log: gives record numbers and seqs, copies frames into the active segment's mapping, syncs, and
/// writes again elsewhere what could not be synced.
///
/// [#append] by any thread; [#sync] and [#prepare] by background threads, at most one at a time in each. The append lock is
/// held for a copy into memory, never for a disk; only when a sync failed is it held while all that was unsynced is copied
/// into another segment.
final class Appender {
    private static final long RETRY_FIRST_NANOS = 100_000_000;
    private static final long RETRY_MAX_NANOS = 5_000_000_000L;

    private final SpoolConfig config;
    private final Disk disk;
    private final Clock clock;
    private final SegmentList segments;
    private final String node;
    private final long epoch;
    private final int salt;

    private final ReentrantLock appendLock = new ReentrantLock();
    private final ReentrantLock syncLock = new ReentrantLock();
    private final ReentrantLock prepareLock = new ReentrantLock();

    // Under the append lock.
    private final ArrayDeque<Segment> prepared = new ArrayDeque<>();
    private final ArrayDeque<Segment> unsyncedSegments = new ArrayDeque<>();
    private final Unsynced unsynced = new Unsynced();
    private Segment active;
    private long reserved;
    private @Nullable String refusal;
    private @Nullable String closed;
    private boolean mappingFailed;

    // Under the prepare lock.
    private int nextIndex = 1;

    // Under the sync lock.
    private int failures;
    private long retryAtNanos;
    private final List<Segment> superseded = new ArrayList<>();

    // Written under the append lock, read by any thread.
    private volatile long keptRecord;
    private volatile long keptSeq;
    // Written under the sync lock, read by any thread.
    private volatile long syncedRecord;
    private volatile long syncedSeq;
    private volatile long syncedAtNanos;
    private volatile long suspects;
    private volatile @Nullable String lastError;

    Appender(SpoolConfig config, Disk disk, Clock clock, SegmentList segments, String node, long epoch)
            throws IOException {
        this.config = config;
        this.disk = disk;
        this.clock = clock;
        this.segments = segments;
        this.node = node;
        this.epoch = epoch;
        this.salt = RecordLayout.salt(node, epoch);
        this.syncedAtNanos = clock.nanoTime();
        this.active = create();
        activate(active);
    }

    /// Appends a frame whose payload is written.
    ///
    /// @param reserve bytes to set aside for the settlement of the attempt this frame opens
    /// @param release bytes set aside before that this frame may use
    Append append(PayloadWriter frame, RecordType type, long reserve, long release) {
        int bytes = frame.end(type);
        appendLock.lock();
        try {
            return appendLocked(frame, type, bytes, reserve, release);
        } finally {
            appendLock.unlock();
        }
    }

    private Append appendLocked(PayloadWriter frame, RecordType type, int bytes, long reserve, long release) {
        var why = firstNonNull(closed, refusal);
        if (why == null) {
            why = whyNot(type, bytes + reserve);
        }
        if (why != null) {
            return new Append.NotKept(why);
        }
        long record = keptRecord + 1;
        long seq = type.isEvent() ? keptSeq + 1 : 0;
        try {
            var segment = segmentFor(bytes);
            if (segment == null) {
                return new Append.NotKept("no segment is prepared: the spool's background work does not keep up");
            }
            RecordLayout.finish(frame.frame, record, seq, salt, frame.crc);
            segment.append(frame.frame, 0, bytes, record, seq);
        } catch (InternalError faultInMapping) {
            mappingFailed = true;
            refusal = "the disk failed under a segment: " + faultInMapping.getMessage();
            return new Append.NotKept(refusal);
        }
        unsynced.add(frame.frame, bytes, record);
        reserved += reserve - release;
        keptRecord = record;
        if (seq > 0) {
            keptSeq = seq;
        }
        return new Append.Kept(seq);
    }

    private static @Nullable String firstNonNull(@Nullable String one, @Nullable String other) {
        return one != null ? one : other;
    }

    /// Why a frame that asks for new room cannot have it; a settlement has its room already.
    private @Nullable String whyNot(RecordType type, long bytes) {
        if (type == RecordType.SETTLE || type == RecordType.RECOVERED || type == RecordType.TAKEN_BACK) {
            return null;
        }
        if (roomLeft() - reserved < bytes) {
            return "no room is prepared for " + bytes + " bytes beside " + reserved + " set aside for settlements";
        }
        long ahead = type == RecordType.PROGRESS ? 2 * config.unsyncedBytesMax() : config.unsyncedBytesMax();
        if (unsynced.bytes() > ahead) {
            return "the disk has not synced the last " + unsynced.bytes() + " bytes, and at most " + ahead
                    + " may be waiting";
        }
        long used = segments.closedUnstoredBytes() + active.published + reserved;
        if (type != RecordType.PROGRESS && used + bytes > config.quotaBytes()) {
            return "the spool holds " + used + " bytes of its quota of " + config.quotaBytes()
                    + ": the store is not taking events. Bring it back, or raise the quota.";
        }
        return null;
    }

    /// What can still be appended, whatever the sizes of the frames: the end of each segment may be too short for the next.
    private long roomLeft() {
        long perSegment = config.segmentBytes() - 2L * SegmentHeader.BYTES - RecordLayout.LENGTH_MAX;
        return Math.max(0, active.room() - RecordLayout.LENGTH_MAX) + prepared.size() * perSegment;
    }

    private @Nullable Segment segmentFor(int bytes) {
        if (active.room() >= bytes) {
            return active;
        }
        var next = prepared.poll();
        if (next == null) {
            return null;
        }
        // Its header first: where that fails, the one before stays the active one, and nothing is lost but an empty file.
        activate(next);
        active.closed = true;
        active = next;
        segments.recount();
        return next;
    }

    private void activate(Segment segment) {
        segment.begin(config.bootId(), keptRecord + 1, clock.now().toEpochMilli());
        unsyncedSegments.add(segment);
        segments.add(segment);
    }

    private Segment create() throws IOException {
        prepareLock.lock();
        try {
            return Segment.prepared(disk, node, epoch, nextIndex++, config.segmentBytes());
        } finally {
            prepareLock.unlock();
        }
    }

    /// Makes segments ahead, so that there is always one to go on with, and room for what is set aside.
    void prepare() throws IOException {
        while (wantsSegment()) {
            addPrepared();
        }
    }

    private void addPrepared() throws IOException {
        prepareLock.lock();
        try {
            var segment = create();
            appendLock.lock();
            try {
                prepared.add(segment);
            } finally {
                appendLock.unlock();
            }
        } finally {
            prepareLock.unlock();
        }
    }

    private boolean wantsSegment() {
        appendLock.lock();
        try {
            return prepared.isEmpty() || roomLeft() - reserved < config.segmentBytes() / 2;
        } finally {
            appendLock.unlock();
        }
    }

    /// Syncs what was just appended.
    ///
    /// @return `kept`, or why it is not synced
    Append syncedOr(Append kept) {
        long record = keptRecord;
        sync();
        return syncedRecord >= record ? kept : new Append.NotKept("the disk did not sync: " + lastError);
    }

    /// Makes durable all that is kept. After a failure what was not synced is written into another segment and synced there;
    /// when that fails too, nothing more is accepted until it succeeds.
    void sync() {
        syncLock.lock();
        try {
            if (failures > 1 && clock.nanoTime() - retryAtNanos < 0) {
                return;
            }
            if ((failures > 1 || isMappingFailed()) && !writeAgain()) {
                return;
            }
            if (!forceAll() && failures == 1 && writeAgain()) {
                forceAll();
            }
        } finally {
            syncLock.unlock();
        }
    }

    private boolean isMappingFailed() {
        appendLock.lock();
        try {
            return mappingFailed;
        } finally {
            appendLock.unlock();
        }
    }

    private boolean forceAll() {
        List<Segment> dirty;
        long record;
        long seq;
        long end;
        Segment last;
        appendLock.lock();
        try {
            record = keptRecord;
            seq = keptSeq;
            if (record == syncedRecord && failures == 0) {
                // A fault under a mapping refuses although all is synced; it is over when another segment is the active one.
                refusal = mappingFailed ? refusal : null;
                syncedAtNanos = clock.nanoTime();
                return true;
            }
            dirty = List.copyOf(unsyncedSegments);
            last = active;
            end = active.published;
        } finally {
            appendLock.unlock();
        }
        try {
            for (Segment segment : dirty) {
                long until = segment == last ? end : segment.published;
                // One that has nothing new may be sealed, and so unmapped, at any moment.
                if (segment.synced < until) {
                    segment.force(until);
                }
            }
        } catch (IOException | InternalError failed) {
            failed(String.valueOf(failed.getMessage()));
            return false;
        }
        synced(record, seq);
        return true;
    }

    private void synced(long record, long seq) {
        appendLock.lock();
        try {
            unsynced.release(record);
            unsyncedSegments.removeIf(segment -> segment.closed && segment.synced >= segment.published);
            refusal = null;
            syncedRecord = record;
            syncedSeq = seq;
        } finally {
            appendLock.unlock();
        }
        failures = 0;
        syncedAtNanos = clock.nanoTime();
    }

    private void failed(String why) {
        failures++;
        suspects++;
        lastError = why;
        if (failures > 1) {
            refuse("the disk does not sync: " + why);
            retryAtNanos = clock.nanoTime()
                    + Math.min(RETRY_MAX_NANOS, RETRY_FIRST_NANOS << Math.min(failures - 2, 10));
        }
    }

    private void refuse(String why) {
        appendLock.lock();
        try {
            refusal = why;
        } finally {
            appendLock.unlock();
        }
    }

    /// Closes the segments that are not wholly synced and copies what they had not synced into fresh ones.
    private boolean writeAgain() {
        try {
            for (;;) {
                var given = tryCopyUnsynced();
                if (given != null) {
                    forget(given);
                    return true;
                }
                addPrepared();
            }
        } catch (IOException | InternalError noOtherFile) {
            failures = Math.max(failures, 1);
            failed("no other file could be made: " + noOtherFile.getMessage());
            return false;
        }
    }

    /// @return the segments given up, or null where too few are prepared to take what was not synced
    private @Nullable List<Segment> tryCopyUnsynced() {
        appendLock.lock();
        try {
            long perSegment = config.segmentBytes() - 2L * SegmentHeader.BYTES - RecordLayout.LENGTH_MAX;
            if ((prepared.size() - 1) * perSegment < unsynced.bytes() + reserved) {
                return null;
            }
            return copyUnsynced();
        } finally {
            appendLock.unlock();
        }
    }

    /// The frames come first and the headers last, the last segment's before the first's: a segment without a header does not
    /// count, so a kill in the middle leaves the old segments in force up to a point where the new ones go on.
    private List<Segment> copyUnsynced() {
        var given = List.copyOf(unsyncedSegments);
        var targets = new ArrayList<Segment>();
        targets.add(prepared.remove());
        targets.getFirst().firstRecord = syncedRecord + 1;
        unsynced.forEach(syncedRecord, (buffer, at, length) -> copy(targets, buffer, at, length));
        long now = clock.now().toEpochMilli();
        for (Segment target : targets.reversed()) {
            target.begin(config.bootId(), target.firstRecord, now);
        }
        for (Segment segment : given) {
            segment.abandonAfter(syncedRecord, syncedSeq);
        }
        unsyncedSegments.clear();
        unsyncedSegments.addAll(targets);
        segments.supersede(given, targets);
        active = targets.getLast();
        mappingFailed = false;
        return given;
    }

    private void copy(List<Segment> targets, byte[] buffer, int at, int length) {
        long record = RecordLayout.record(buffer, at);
        if (targets.getLast().room() < length) {
            targets.getLast().closed = true;
            var next = prepared.remove();
            next.firstRecord = record;
            targets.add(next);
        }
        targets.getLast().append(buffer, at, length, record, RecordLayout.seq(buffer, at));
    }

    /// Removes the files of segments of which nothing counts any more.
    private void forget(List<Segment> given) {
        for (Segment segment : given) {
            if (segment.holdsNothing()) {
                segment.removed = true;
                segment.unmap();
                try {
                    disk.delete(segment.rawName());
                } catch (IOException staysUntilRecovery) {
                    lastError = staysUntilRecovery.getMessage();
                }
            }
        }
    }

    /// Refuses everything from now on and syncs what is kept.
    void close(String why) {
        appendLock.lock();
        try {
            closed = why;
        } finally {
            appendLock.unlock();
        }
        sync();
        appendLock.lock();
        try {
            prepared.forEach(Segment::unmap);
            unsyncedSegments.forEach(Segment::unmap);
            active.unmap();
        } finally {
            appendLock.unlock();
        }
    }

    long keptRecord() {
        return keptRecord;
    }

    long keptSeq() {
        return keptSeq;
    }

    long syncedRecord() {
        return syncedRecord;
    }

    long syncedSeq() {
        return syncedSeq;
    }

    /// The clock's nanoseconds when all that was kept was last known to be synced.
    long syncedAtNanos() {
        return syncedAtNanos;
    }

    long suspects() {
        return suspects;
    }

    @Nullable
    String lastError() {
        return lastError;
    }

    long usedBytes() {
        appendLock.lock();
        try {
            return segments.closedUnstoredBytes() + active.published + reserved;
        } finally {
            appendLock.unlock();
        }
    }

    long unsyncedBytes() {
        appendLock.lock();
        try {
            return keptRecord == syncedRecord ? 0 : unsynced.bytes();
        } finally {
            appendLock.unlock();
        }
    }
}
