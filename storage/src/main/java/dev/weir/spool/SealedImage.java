package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/// A sealed segment, read by the offsets it had when it was raw. One thread.
///
/// Between the two copies of the [SegmentHeader] stand blocks, each beginning at a multiple of 8:
///
/// ```
///   0      4                4                    8                       12
///   | 0xFF 'W' 'B' 1        | offset of the raw bytes in the image        |
///   12                      16                   20                      24
///   | raw length            | compressed length  | CRC32C of what follows |
///   24                      28                   32
///   | CRC32C of bytes 0–23  | zeros              | LZ4 block …
/// ```
///
/// A block holds whole frames and no other block's; both lengths have a hard maximum that is checked before anything is
/// allocated by them. A damaged block is left out (it reads as zeros) and the next one is looked for at every eighth byte.
final class SealedImage implements Image {
    static final int BLOCK_HEADER = 32;
    static final int BLOCK_MAGIC = 0xFF | 'W' << 8 | 'B' << 16 | 1 << 24;
    /// The hard maximum of a block's raw length.
    static final int RAW_MAX = 256 * 1024;
    static final int COMPRESSED_MAX = RAW_MAX + RAW_MAX / 255 + 16;
    private static final int SCAN = 64 * 1024;
    private static final LZ4SafeDecompressor LZ4 = LZ4Factory.fastestInstance().safeDecompressor();

    private final Disk.Source source;
    private final CRC32C crc = new CRC32C();
    private long[] rawAt = new long[64];
    private long[] fileAt = new long[64];
    private int blocks;
    private long end = Segment.FIRST_FRAME_AT;
    private int cached = -1;
    private byte[] raw = new byte[0];
    private int rawBytes;

    private SealedImage(Disk.Source source) {
        this.source = source;
    }

    static SealedImage open(Disk.Source source) throws IOException {
        var image = new SealedImage(source);
        try {
            image.index();
            return image;
        } catch (IOException | RuntimeException failed) {
            source.close();
            throw failed;
        }
    }

    /// Finds the blocks.
    private void index() throws IOException {
        long size = source.size();
        var header = new byte[BLOCK_HEADER];
        for (long at = SegmentHeader.BYTES; at + BLOCK_HEADER <= size;) {
            source.read(at, header, 0, BLOCK_HEADER);
            if (isBlock(header, 0)) {
                note(RecordLayout.getLong(header, 4), at, RecordLayout.getInt(header, 12));
                at += RecordLayout.padded(BLOCK_HEADER + RecordLayout.getInt(header, 16));
            } else {
                at = nextBlock(at + RecordLayout.ALIGNMENT, size);
            }
        }
    }

    private long nextBlock(long from, long size) throws IOException {
        var buffer = new byte[SCAN + BLOCK_HEADER];
        for (long at = from; at + BLOCK_HEADER <= size; at += SCAN) {
            int bytes = source.read(at, buffer, 0, buffer.length);
            for (int i = 0; i < SCAN && i + BLOCK_HEADER <= bytes; i += RecordLayout.ALIGNMENT) {
                if (isBlock(buffer, i)) {
                    return at + i;
                }
            }
        }
        return size;
    }

    private boolean isBlock(byte[] header, int at) {
        if (RecordLayout.getInt(header, at) != BLOCK_MAGIC) {
            return false;
        }
        crc.reset();
        crc.update(header, at, 24);
        int rawLength = RecordLayout.getInt(header, at + 12);
        int compressed = RecordLayout.getInt(header, at + 16);
        long offset = RecordLayout.getLong(header, at + 4);
        return (int) crc.getValue() == RecordLayout.getInt(header, at + 24) && rawLength > 0 && rawLength <= RAW_MAX
                && compressed > 0 && compressed <= COMPRESSED_MAX && offset >= end
                && offset + rawLength <= SpoolConfig.SEGMENT_BYTES_MAX;
    }

    private void note(long offset, long at, int length) {
        if (blocks == rawAt.length) {
            rawAt = Arrays.copyOf(rawAt, blocks * 2);
            fileAt = Arrays.copyOf(fileAt, blocks * 2);
        }
        rawAt[blocks] = offset;
        fileAt[blocks] = at;
        blocks++;
        end = offset + length;
    }

    /// The end of the last block found, in the image.
    long end() {
        return end;
    }

    @Override
    public int read(long at, byte[] to, int offset, int length) throws IOException {
        int count = (int) Math.max(0, Math.min(length, end - at));
        Arrays.fill(to, offset, offset + count, (byte) 0);
        int block = Math.max(0, blockOf(at));
        for (; block < blocks && rawAt[block] < at + count; block++) {
            load(block);
            long from = Math.max(at, rawAt[block]);
            long until = Math.min(at + count, rawAt[block] + rawBytes);
            if (until > from) {
                System.arraycopy(raw, (int) (from - rawAt[block]), to, offset + (int) (from - at),
                        (int) (until - from));
            }
        }
        return count;
    }

    private int blockOf(long at) {
        int found = Arrays.binarySearch(rawAt, 0, blocks, at);
        return found >= 0 ? found : -found - 2;
    }

    /// Decompresses a block into a fresh buffer; a damaged one is empty.
    private void load(int block) throws IOException {
        if (cached == block) {
            return;
        }
        var header = new byte[BLOCK_HEADER];
        source.read(fileAt[block], header, 0, BLOCK_HEADER);
        int rawLength = RecordLayout.getInt(header, 12);
        var compressed = new byte[RecordLayout.getInt(header, 16)];
        int bytes = source.read(fileAt[block] + BLOCK_HEADER, compressed, 0, compressed.length);
        crc.reset();
        crc.update(compressed, 0, bytes);
        cached = block;
        rawBytes = 0;
        if (bytes < compressed.length || (int) crc.getValue() != RecordLayout.getInt(header, 20)) {
            return;
        }
        raw = new byte[rawLength];
        try {
            rawBytes = LZ4.decompress(compressed, 0, bytes, raw, 0, rawLength) == rawLength ? rawLength : 0;
        } catch (LZ4Exception damaged) {
            rawBytes = 0;
        }
    }

    @Override
    public void close() {
        source.close();
    }
}
