package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads what former epochs left, changing nothing that holds a record: their segments, and the attempts they opened and
/// never settled. One thread, once at each start.
///
/// Epochs up to the recovery mark have been through this already: of them only what a sealed segment's header says is read.
/// Later ones are read whole, frame by frame, in order.
final class Recovery {
    private final Disk disk;
    private final String bootId;
    private final String fallbackNode;
    private final long recovered;
    private final Watcher watcher;
    private final List<Segment> segments = new ArrayList<>();
    private final OpenAttempts attempts = new OpenAttempts();
    private final Map<Long, Long> lastRecords = new HashMap<>();
    private final byte[] window = FrameCursor.newWindow();
    private long lastEpoch;
    private long records;
    private long badBlocks;
    private final Map<Long, Segment> cutByPower = new TreeMap<>();
    private boolean machineRestarted;
    private boolean recordsMissing;

    /// @param recoveredUpTo the last epoch whose open attempts all have their events
    /// @param fallbackNode the node of a segment whose header is lost
    Recovery(Disk disk, String bootId, String fallbackNode, long recoveredUpTo) {
        this(disk, bootId, fallbackNode, recoveredUpTo, new Watcher() {
        });
    }

    Recovery(Disk disk, String bootId, String fallbackNode, long recoveredUpTo, Watcher watcher) {
        this.watcher = watcher;
        this.disk = disk;
        this.bootId = bootId;
        this.fallbackNode = fallbackNode;
        this.recovered = recoveredUpTo;
        this.lastEpoch = recoveredUpTo;
    }

    /// Sees what recovery sees.
    interface Watcher {
        /// A frame that counts, in the order of the records.
        ///
        /// @throws LaterVersionException where a later Weir wrote it
        default void frame(Segment segment, byte[] buffer, int at) throws LaterVersionException {}

        /// A frame that another segment holds again.
        default void superseded(Segment segment) {}

        /// A segment was read to its end.
        default void scanned(Segment segment, long badBlocks) {}

        /// Both headers of a segment are lost.
        default void headerless(Segment segment) {}
    }

    /// @throws LaterVersionException where a later Weir wrote records
    /// @throws IOException where the folder cannot be read
    void run() throws IOException {
        find();
        segments.sort(Comparator.comparingLong((Segment segment) -> segment.epoch)
                .thenComparingInt(segment -> segment.index));
        cut();
        for (Segment segment : List.copyOf(segments)) {
            read(segment);
        }
    }

    private void find() throws IOException {
        for (String file : disk.list()) {
            if (file.endsWith(".tmp")) {
                disk.delete(file);
                continue;
            }
            var name = SegmentName.parse(file);
            if (name.isPresent()) {
                lastEpoch = Math.max(lastEpoch, name.get().epoch());
                found(name.get());
            }
        }
    }

    private void found(SegmentName name) throws IOException {
        if (!name.sealed() && disk.exists(SegmentName.sealed(name.epoch(), name.index()))) {
            disk.delete(name.toString());
            return;
        }
        try (var source = disk.read(name.toString())) {
            long size = source.size();
            var header = header(source, size);
            if (header == null && !name.sealed() && (isZero(source, 0) && isZero(source, size - SegmentHeader.BYTES))) {
                disk.delete(name.toString());
                return;
            }
            segments.add(segment(name, header, size));
        }
    }

    /// The header that names this very file, from either end.
    private @Nullable SegmentHeader header(Disk.Source source, long size) throws IOException {
        var first = SegmentHeader.decode(read(source, 0));
        return first != null ? first : SegmentHeader.decode(read(source, size - SegmentHeader.BYTES));
    }

    private static boolean isZero(Disk.Source source, long at) throws IOException {
        return isZero(read(source, at));
    }

    private static boolean isZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] read(Disk.Source source, long at) throws IOException {
        var bytes = new byte[SegmentHeader.BYTES];
        if (at >= 0) {
            source.read(at, bytes, 0, bytes.length);
        }
        return bytes;
    }

    private Segment segment(SegmentName name, @Nullable SegmentHeader found, long size) {
        var header = found != null && found.epoch() == name.epoch() && found.index() == name.index() ? found : null;
        var segment = new Segment(disk, header == null ? fallbackNode : header.node(), name.epoch(), name.index());
        segment.closed = true;
        segment.sealed = name.sealed();
        segment.fileBytes = size;
        if (header == null) {
            badBlocks++;
            watcher.headerless(segment);
            return segment;
        }
        segment.bootId = header.bootId();
        segment.firstRecord = header.firstRecord();
        segment.lastRecord = header.lastRecord();
        segment.firstSeq = header.firstSeq();
        segment.lastSeq = header.lastSeq();
        segment.sealedMillis = header.kind() == SegmentHeader.Kind.SEALED ? header.wallMillis() : 0;
        return segment;
    }

    /// Where a later segment begins, an earlier one ends.
    private void cut() {
        long epoch = 0;
        long from = Long.MAX_VALUE;
        for (Segment segment : segments.reversed()) {
            if (segment.epoch != epoch) {
                epoch = segment.epoch;
                from = Long.MAX_VALUE;
            }
            segment.cut = from;
            if (segment.firstRecord > 0) {
                from = Math.min(from, segment.firstRecord);
            }
        }
    }

    private void read(Segment segment) throws IOException {
        boolean open = segment.epoch > recovered;
        if (open) {
            noteBoot(segment);
        }
        if (!open && segment.sealed && segment.lastRecord > 0) {
            segment.published = segment.fileBytes;
            segment.synced = Long.MAX_VALUE;
            return;
        }
        scan(segment, open);
        if (!segment.sealed) {
            makeDurable(segment);
        }
    }

    private void noteBoot(Segment segment) {
        if (!segment.bootId.isEmpty() && !segment.bootId.equals(bootId)) {
            machineRestarted = true;
            cutByPower.putIfAbsent(segment.epoch, segment);
        }
    }

    private void scan(Segment segment, boolean open) throws IOException {
        try (var image = segment.open()) {
            long end = image instanceof SealedImage sealed ? sealed.end() : rawEnd(segment, image);
            var frames = new FrameCursor(image, segment.salt, Segment.FIRST_FRAME_AT, window);
            long lastEnd = Segment.FIRST_FRAME_AT;
            long lastSealed = segment.lastRecord;
            long lastSeqSealed = segment.lastSeq;
            segment.firstSeq = 0;
            segment.lastSeq = 0;
            long last = lastRecords.getOrDefault(segment.epoch, 0L);
            while (frames.next(end)) {
                lastEnd = frames.position();
                long record = RecordLayout.record(frames.buffer(), frames.at());
                if (record > last && record < segment.cut) {
                    recordsMissing |= last > 0 && record > last + 1;
                    last = record;
                    see(segment, frames, open);
                } else {
                    watcher.superseded(segment);
                }
            }
            lastRecords.put(segment.epoch, last);
            long bad = frames.badBlocks();
            if (last < lastSealed) {
                // Nothing follows a damaged last block, so the frames themselves do not tell.
                bad++;
                segment.lastSeq = Math.max(segment.lastSeq, lastSeqSealed);
            }
            badBlocks += bad;
            watcher.scanned(segment, bad);
            segment.published = lastEnd;
            segment.synced = lastEnd;
        }
    }

    /// Where frames may end: before the header's copy, or at the end of a file that was cut short.
    private static long rawEnd(Segment segment, Image image) throws IOException {
        var tail = new byte[SegmentHeader.BYTES];
        long at = segment.fileBytes - tail.length;
        boolean whole = at > 0 && image.read(at, tail, 0, tail.length) == tail.length
                && (SegmentHeader.decode(tail) != null || isZero(tail));
        return whole ? at : segment.fileBytes;
    }

    private void see(Segment segment, FrameCursor frames, boolean open) throws IOException {
        records++;
        watcher.frame(segment, frames.buffer(), frames.at());
        long seq = RecordLayout.seq(frames.buffer(), frames.at());
        if (seq > 0) {
            segment.firstSeq = segment.firstSeq == 0 ? seq : segment.firstSeq;
            segment.lastSeq = seq;
        }
        segment.lastRecord = RecordLayout.record(frames.buffer(), frames.at());
        if (open) {
            try {
                attempts.see(frames.buffer(), frames.at());
            } catch (MalformedRecordException senseless) {
                badBlocks++;
            }
        }
    }

    /// What a killed process had handed over may not have reached the disk; it must before anything of it is shipped.
    private void makeDurable(Segment segment) throws IOException {
        try {
            disk.sync(segment.rawName());
        } catch (IOException failed) {
            segment.suspect = true;
        }
    }

    List<Segment> segments() {
        return segments;
    }

    OpenAttempts attempts() {
        return attempts;
    }

    /// The last epoch whose open attempts all have their events.
    long recoveredUpTo() {
        return recovered;
    }

    /// The epochs of this node before its own in which attempts may be open.
    List<RecoveryRules.Former> formers(String node, long before) {
        return LongStream.range(recovered + 1, before)
                .mapToObj(former -> new RecoveryRules.Former(former, Math.max(0, lastSeq(node, former))))
                .toList();
    }

    /// Whether something was passed over or is not there, so that a settlement may be missing.
    boolean isDamaged() {
        return badBlocks > 0 || recordsMissing;
    }

    /// The highest epoch seen.
    long lastEpoch() {
        return lastEpoch;
    }

    /// The last seq found of an epoch of this node, -1 where nothing that is left tells.
    long lastSeq(String node, long epoch) {
        var left = segments.stream()
                .filter(segment -> segment.epoch == epoch && segment.node.equals(node))
                .toList();
        long last = left.stream().mapToLong(segment -> segment.lastSeq).max().orElse(-1);
        // Where the first segment is gone, no event in the others does not mean that there was none.
        return last == 0 && left.stream().noneMatch(segment -> segment.index == 1) ? -1 : last;
    }

    /// What a power cut may have taken: whatever an epoch of a former boot kept after the last record that is left of it.
    ///
    /// @param closedEpoch the last one that was stopped in order, and so lost nothing
    List<Gap> powerCuts(long closedEpoch) {
        return cutByPower.values()
                .stream()
                .filter(segment -> segment.epoch > closedEpoch)
                .map(segment -> Gap.openEnded(segment.node, segment.epoch,
                        Math.max(0, lastSeq(segment.node, segment.epoch)) + 1, Gap.Reason.POWER_CUT))
                .toList();
    }

    RecoveryReport report(int interrupted, int unreadable) {
        return new RecoveryReport(segments.size(), records, interrupted, badBlocks + unreadable, machineRestarted);
    }
}
