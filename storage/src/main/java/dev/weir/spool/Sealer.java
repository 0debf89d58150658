package dev.weir.spool;

import dev.weir.port.Clock;
import dev.weir.port.Disk;
import java.io.IOException;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/// Turns a closed and synced raw segment into a compressed one: written beside it, synced, renamed, the folder synced, and
/// only then the raw file is removed. Killed anywhere, one whole segment is left. One thread.
final class Sealer {
    private static final LZ4Compressor LZ4 = LZ4Factory.fastestInstance().fastCompressor();

    private final Disk disk;
    private final Clock clock;
    private final CRC32C crc = new CRC32C();
    private final byte[] raw = new byte[SealedImage.RAW_MAX];
    private final byte[] block = new byte[SealedImage.BLOCK_HEADER + SealedImage.COMPRESSED_MAX
            + RecordLayout.ALIGNMENT];
    private int rawBytes;
    private long rawAt;
    private long fileBytes;

    Sealer(Disk disk, Clock clock) {
        this.disk = disk;
        this.clock = clock;
    }

    /// @return the damaged stretches that were left out
    long seal(Segment segment) throws IOException {
        var temporary = segment.sealedName() + ".tmp";
        long wallMillis = clock.now().toEpochMilli();
        long bad;
        try (var image = segment.open(); var sink = disk.write(temporary)) {
            bad = write(segment, image, sink, wallMillis);
            sink.sync();
        } catch (IOException failed) {
            giveUp(temporary);
            throw failed;
        }
        disk.rename(temporary, segment.sealedName());
        disk.syncFolder();
        segment.becomeSealed(fileBytes, wallMillis, clock.nanoTime());
        disk.delete(segment.rawName());
        return bad;
    }

    /// What a full disk could not take whole must not keep the room that others wait for.
    private void giveUp(String temporary) {
        try {
            disk.delete(temporary);
        } catch (IOException staysUntilItIsWrittenAnew) {
            // The failure that led here is the one to tell.
        }
    }

    private long write(Segment segment, Image image, Disk.Sink sink, long wallMillis) throws IOException {
        byte[] header = new SegmentHeader(SegmentHeader.Kind.SEALED, segment.node, segment.epoch, segment.index,
                segment.bootId, segment.firstRecord, segment.lastRecord, segment.firstSeq, segment.lastSeq,
                segment.synced, wallMillis).encode();
        sink.write(header, 0, header.length);
        fileBytes = 2L * header.length;
        rawBytes = 0;
        var frames = new FrameCursor(image, segment.salt, Segment.FIRST_FRAME_AT);
        while (frames.next(segment.synced)) {
            if (RecordLayout.record(frames.buffer(), frames.at()) < segment.cut) {
                add(frames, sink);
            }
        }
        flush(sink);
        sink.write(header, 0, header.length);
        return frames.badBlocks();
    }

    private void add(FrameCursor frames, Disk.Sink sink) throws IOException {
        int bytes = RecordLayout.padded(RecordLayout.length(frames.buffer(), frames.at()));
        long at = frames.position() - bytes;
        if (rawBytes + bytes > raw.length || at != rawAt + rawBytes) {
            flush(sink);
            rawAt = at;
        }
        System.arraycopy(frames.buffer(), frames.at(), raw, rawBytes, bytes);
        rawBytes += bytes;
    }

    private void flush(Disk.Sink sink) throws IOException {
        if (rawBytes == 0) {
            return;
        }
        int compressed = LZ4.compress(raw, 0, rawBytes, block, SealedImage.BLOCK_HEADER, SealedImage.COMPRESSED_MAX);
        crc.reset();
        crc.update(block, SealedImage.BLOCK_HEADER, compressed);
        RecordLayout.putInt(block, 0, SealedImage.BLOCK_MAGIC);
        RecordLayout.putLong(block, 4, rawAt);
        RecordLayout.putInt(block, 12, rawBytes);
        RecordLayout.putInt(block, 16, compressed);
        RecordLayout.putInt(block, 20, (int) crc.getValue());
        crc.reset();
        crc.update(block, 0, 24);
        RecordLayout.putInt(block, 24, (int) crc.getValue());
        RecordLayout.putInt(block, 28, 0);
        int bytes = RecordLayout.padded(SealedImage.BLOCK_HEADER + compressed);
        for (int i = SealedImage.BLOCK_HEADER + compressed; i < bytes; i++) {
            block[i] = 0;
        }
        sink.write(block, 0, bytes);
        fileBytes += bytes;
        rawBytes = 0;
    }
}
