package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// One segment of the log through its life: prepared (zeros), active, closed, sealed; or found, when a former epoch left it.
///
/// The appender alone writes `published` and what belongs to it, under its lock; the syncing thread alone writes `synced`;
/// everybody may read them. Whoever opens an image races with sealing only under this object's monitor.
final class Segment {
    static final long FIRST_FRAME_AT = SegmentHeader.BYTES;

    final String node;
    final long epoch;
    final int index;
    final int salt;
    private final Disk disk;

    /// End of the last frame appended.
    volatile long published = FIRST_FRAME_AT;
    /// End of the last frame that a power cut cannot take; readers go up to here.
    volatile long synced;
    /// Nothing is appended any more.
    volatile boolean closed;
    /// Whether a sync failed here: only what was synced before counts, the rest was written again elsewhere.
    volatile boolean suspect;
    volatile boolean sealed;
    /// Nothing of it counts, its file is gone.
    volatile boolean removed;
    volatile long firstRecord;
    volatile long lastRecord;
    volatile long firstSeq;
    volatile long lastSeq;
    /// The last record that was written again elsewhere; until that is synced the file stays as it is.
    volatile long writtenAgainUpTo;
    /// Records of this number and later are in a later segment.
    volatile long cut = Long.MAX_VALUE;
    /// The wall clock when it was sealed; 0 where a damaged header does not say.
    volatile long sealedMillis;
    /// The same on this process's monotonic clock, so that a wall clock that jumps shortens no retention.
    volatile long sealedNanos;
    volatile long fileBytes;
    volatile String bootId = "";

    private Disk.@Nullable Mapped mapped;

    Segment(Disk disk, String node, long epoch, int index) {
        this.disk = disk;
        this.node = node;
        this.epoch = epoch;
        this.index = index;
        this.salt = RecordLayout.salt(node, epoch);
    }

    static Segment prepared(Disk disk, String node, long epoch, int index, int bytes) throws IOException {
        var segment = new Segment(disk, node, epoch, index);
        segment.mapped = disk.create(segment.rawName(), bytes);
        segment.fileBytes = bytes;
        disk.syncFolder();
        return segment;
    }

    String rawName() {
        return SegmentName.raw(epoch, index);
    }

    String sealedName() {
        return SegmentName.sealed(epoch, index);
    }

    /// Bytes left for frames.
    long room() {
        return closed ? 0 : fileBytes - SegmentHeader.BYTES - published;
    }

    /// Makes it a segment: until then it is a file of zeros, whatever frames it holds.
    void begin(String boot, long firstRecordHere, long wallMillis) {
        bootId = boot;
        firstRecord = firstRecordHere;
        byte[] header = new SegmentHeader(SegmentHeader.Kind.RAW, node, epoch, index, boot, firstRecordHere, 0, 0, 0, 0,
                wallMillis).encode();
        var memory = mapping();
        memory.put(fileBytes - SegmentHeader.BYTES, header, 0, header.length);
        memory.put(0, header, 0, header.length);
    }

    /// Appends a finished frame; there is room.
    void append(byte[] buffer, int at, int bytes, long record, long seq) {
        mapping().put(published, buffer, at, bytes);
        lastRecord = record;
        if (seq > 0) {
            if (firstSeq == 0) {
                firstSeq = seq;
            }
            lastSeq = seq;
        }
        published += bytes;
    }

    /// Makes durable what was appended up to `end`.
    void force(long end) throws IOException {
        var memory = mapping();
        long from = synced;
        if (from == 0) {
            memory.force(fileBytes - SegmentHeader.BYTES, SegmentHeader.BYTES);
        }
        memory.force(from, end - from);
        synced = end;
    }

    /// Gives up the records after `record`: another segment holds them from now on.
    void abandonAfter(long record, long seq) {
        suspect = true;
        closed = true;
        writtenAgainUpTo = Math.max(writtenAgainUpTo, lastRecord);
        cut = record + 1;
        published = Math.max(synced, FIRST_FRAME_AT);
        synced = published;
        lastRecord = Math.min(lastRecord, record);
        lastSeq = Math.min(lastSeq, seq);
        if (lastSeq < firstSeq) {
            firstSeq = 0;
            lastSeq = 0;
        }
    }

    boolean holdsNothing() {
        return lastRecord < firstRecord;
    }

    /// What it takes of the quota.
    long bytes() {
        return sealed ? fileBytes : published;
    }

    private Disk.Mapped mapping() {
        var memory = mapped;
        if (memory == null) {
            throw new IllegalStateException(rawName() + " is not mapped");
        }
        return memory;
    }

    /// The segment's bytes, for one reader.
    synchronized Image open() throws IOException {
        if (mapped != null) {
            return new LiveImage();
        }
        return sealed ? SealedImage.open(disk.read(sealedName())) : new RawImage(disk.read(rawName()));
    }

    /// From now on the sealed file is the segment.
    synchronized void becomeSealed(long bytes, long wallMillis, long nanos) {
        unmap();
        sealed = true;
        fileBytes = bytes;
        sealedMillis = wallMillis;
        sealedNanos = nanos;
    }

    /// Nothing of it is read any more.
    ///
    /// @return the file that can be deleted
    synchronized String leave() {
        removed = true;
        unmap();
        return sealed ? sealedName() : rawName();
    }

    synchronized void unmap() {
        var memory = mapped;
        mapped = null;
        if (memory != null) {
            memory.close();
        }
    }

    private synchronized boolean readMapped(long at, byte[] to, int offset, int length) {
        if (mapped == null) {
            return false;
        }
        mapped.get(at, to, offset, length);
        return true;
    }

    @Override
    public String toString() {
        return sealed ? sealedName() : rawName();
    }

    /// Reads the mapping while there is one, and the sealed file afterwards.
    private final class LiveImage implements Image {
        private @Nullable Image later;

        @Override
        public int read(long at, byte[] to, int offset, int length) throws IOException {
            int count = (int) Math.max(0, Math.min(length, published - at));
            if (later == null && readMapped(at, to, offset, count)) {
                return count;
            }
            if (removed) {
                return 0;
            }
            if (later == null) {
                later = open();
            }
            return later.read(at, to, offset, length);
        }

        @Override
        public void close() {
            if (later != null) {
                later.close();
            }
        }
    }

    private record RawImage(Disk.Source source) implements Image {
        @Override
        public int read(long at, byte[] to, int offset, int length) throws IOException {
            return source.read(at, to, offset, length);
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
