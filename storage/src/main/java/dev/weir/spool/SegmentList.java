package dev.weir.spool;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// All segments that count, in the order of their records, and how much of each epoch is stored. Any thread.
final class SegmentList {
    private final Map<Long, Long> watermarks = new ConcurrentHashMap<>();
    private volatile List<Segment> segments = List.of();
    private volatile long closedUnstoredBytes;

    List<Segment> all() {
        return segments;
    }

    List<Segment> ofEpoch(long epoch) {
        return segments.stream().filter(segment -> segment.epoch == epoch).toList();
    }

    /// The next segment of the same epoch, or null.
    @Nullable
    Segment after(long epoch, int index) {
        for (Segment segment : segments) {
            if (segment.epoch == epoch && segment.index > index) {
                return segment;
            }
        }
        return null;
    }

    synchronized void add(Segment segment) {
        var longer = new ArrayList<>(segments);
        longer.add(segment);
        segments = List.copyOf(longer);
        recount();
    }

    synchronized void remove(Segment segment) {
        segments = segments.stream().filter(other -> other != segment).toList();
        recount();
    }

    /// Records were written again: the segments that hold nothing any more go, the new ones come.
    synchronized void supersede(List<Segment> given, List<Segment> targets) {
        var list = new ArrayList<>(segments);
        list.removeIf(segment -> given.contains(segment) && segment.holdsNothing());
        list.addAll(targets);
        segments = List.copyOf(list);
        recount();
    }

    /// Says up to where an epoch is stored; it may fall when a store was restored from a backup.
    void stored(long epoch, long seq) {
        watermarks.put(epoch, seq);
        recount();
    }

    /// The watermark as last said, -1 where nothing was said yet.
    long watermark(long epoch) {
        return watermarks.getOrDefault(epoch, -1L);
    }

    boolean isStored(Segment segment) {
        return segment.closed && watermark(segment.epoch) >= segment.lastSeq;
    }

    /// What waits for the store in closed segments.
    long closedUnstoredBytes() {
        return closedUnstoredBytes;
    }

    synchronized void recount() {
        long bytes = 0;
        for (Segment segment : segments) {
            if (segment.closed && !isStored(segment)) {
                bytes += segment.bytes();
            }
        }
        closedUnstoredBytes = bytes;
    }
}
