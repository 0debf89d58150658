package dev.weir.spool;

import dev.weir.port.Clock;
import dev.weir.port.Disk;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/// Removes segments that nobody needs any more: all of them is stored, their retention is over, and no attempt may still need its
/// opening record. In order, and each for good before the next, so that what is left is always the end of the log: an opening
/// record must not outlive the settlement behind it.
///
/// Under the spool's work lock.
final class Retention {
    private final Duration kept;
    private final Disk disk;
    private final Clock clock;
    private final SegmentList segments;
    private final Appender appender;
    private final long epoch;
    private final LongSupplier oldestOpenRecord;
    /// From which record on an attempt may need its opening record.
    private long neededFrom;
    private long oldestWhenLooked;
    private long keptWhenLooked;

    /// @param epoch the live one
    /// @param oldestOpenRecord the last record before the first opening record of an attempt whose end is not kept;
    ///        [Long#MAX_VALUE] where there is none
    Retention(Duration kept, Disk disk, Clock clock, SegmentList segments, Appender appender, long epoch,
            LongSupplier oldestOpenRecord) {
        this.kept = kept;
        this.disk = disk;
        this.clock = clock;
        this.segments = segments;
        this.appender = appender;
        this.epoch = epoch;
        this.oldestOpenRecord = oldestOpenRecord;
    }

    /// Looks which opening records are needed. Those of attempts whose ends are synced are needed no more; a moment passes from
    /// the one to the other.
    void look() {
        if (appender.syncedRecord() >= keptWhenLooked) {
            neededFrom = oldestWhenLooked;
            // Read first: an attempt that is not seen among the open ones is opened behind it.
            long keptBefore = appender.keptRecord();
            oldestWhenLooked = Math.min(keptBefore, oldestOpenRecord.getAsLong());
            keptWhenLooked = appender.keptRecord();
        }
    }

    /// Removes what may go.
    void removeExpired() throws IOException {
        long now = clock.nanoTime();
        for (Segment segment : segments.all()) {
            if (!isRemovable(segment, now)) {
                return;
            }
            var file = segment.leave();
            // Sealing may have failed to remove the raw file; it must not outlive the segment.
            disk.delete(segment.rawName());
            disk.delete(file);
            disk.syncFolder();
            segments.remove(segment);
        }
    }

    /// Where nothing is retained, a stored segment need not be sealed first: a full disk has no room for that.
    private boolean isRemovable(Segment segment, long nowNanos) {
        return (kept.isZero() ? isSealable(segment) : isOver(segment, nowNanos))
                && segments.isStored(segment)
                && (segment.epoch < epoch || segment.lastRecord < neededFrom);
    }

    private boolean isOver(Segment segment, long nowNanos) {
        return segment.sealed && nowNanos - segment.sealedNanos >= kept.toNanos();
    }

    /// Whether all of a closed segment is synced, here or where it was written again.
    boolean isSealable(Segment segment) {
        return segment.epoch != epoch
                || segment.synced >= segment.published
                        && appender.syncedRecord() >= Math.max(segment.lastRecord, segment.writtenAgainUpTo);
    }
}
