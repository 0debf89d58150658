package dev.weir.spool;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What stands at both ends of a segment file, raw or sealed: the copy at the end is read where the first is damaged.
///
/// ```
///   0    "WEIRSEG1"                            8   CRC32C of bytes 12–255
///   12   kind: 1 raw, 2 sealed                 16  epoch
///   24   index: 1, 2, 3, … within the epoch    32  first record number that belongs here
///   40   last record number      (sealed)      48  first seq, 0 where it has none (sealed)
///   56   last seq                (sealed)      64  end of the image in bytes      (sealed)
///   72   wall clock, ms since 1970: begun (raw), sealed (sealed)
///   80   node: length, then up to 64 bytes     145 boot id: length, then up to 64 bytes
///   210  zeros                                 256 end
/// ```
///
/// A segment whose header says that record n comes first takes over from n on: frames of that number and later in segments
/// with a lower index do not count. That is how records are written again when a segment could not be synced.
record SegmentHeader(Kind kind, String node, long epoch, int index, String bootId, long firstRecord, long lastRecord,
        long firstSeq, long lastSeq, long imageEnd, long wallMillis) {
    static final int BYTES = 256;
    static final int TEXT_MAX = 64;
    private static final byte[] MAGIC = "WEIRSEG1".getBytes(StandardCharsets.US_ASCII);
    private static final int NODE_AT = 80;
    private static final int BOOT_AT = NODE_AT + 1 + TEXT_MAX;

    enum Kind {
        RAW, SEALED
    }

    byte[] encode() {
        var bytes = new byte[BYTES];
        System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
        RecordLayout.putInt(bytes, 12, kind == Kind.RAW ? 1 : 2);
        RecordLayout.putLong(bytes, 16, epoch);
        RecordLayout.putLong(bytes, 24, index);
        RecordLayout.putLong(bytes, 32, firstRecord);
        RecordLayout.putLong(bytes, 40, lastRecord);
        RecordLayout.putLong(bytes, 48, firstSeq);
        RecordLayout.putLong(bytes, 56, lastSeq);
        RecordLayout.putLong(bytes, 64, imageEnd);
        RecordLayout.putLong(bytes, 72, wallMillis);
        putText(bytes, NODE_AT, node);
        putText(bytes, BOOT_AT, bootId);
        RecordLayout.putInt(bytes, 8, crc(bytes));
        return bytes;
    }

    /// Reads a header, or null where none stands undamaged.
    static @Nullable SegmentHeader decode(byte[] bytes) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (bytes[i] != MAGIC[i]) {
                return null;
            }
        }
        int kind = RecordLayout.getInt(bytes, 12);
        long index = RecordLayout.getLong(bytes, 24);
        var node = text(bytes, NODE_AT);
        var boot = text(bytes, BOOT_AT);
        if (RecordLayout.getInt(bytes, 8) != crc(bytes) || kind < 1 || kind > 2 || index != (int) index || node == null
                || node.isEmpty() || boot == null) {
            return null;
        }
        return new SegmentHeader(kind == 1 ? Kind.RAW : Kind.SEALED, node, RecordLayout.getLong(bytes, 16), (int) index,
                boot, RecordLayout.getLong(bytes, 32), RecordLayout.getLong(bytes, 40),
                RecordLayout.getLong(bytes, 48), RecordLayout.getLong(bytes, 56), RecordLayout.getLong(bytes, 64),
                RecordLayout.getLong(bytes, 72));
    }

    private static int crc(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes, 12, BYTES - 12);
        return (int) crc.getValue();
    }

    private static void putText(byte[] bytes, int at, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > TEXT_MAX) {
            throw new IllegalArgumentException("'" + text + "' is longer than " + TEXT_MAX + " bytes");
        }
        bytes[at] = (byte) utf8.length;
        System.arraycopy(utf8, 0, bytes, at + 1, utf8.length);
    }

    private static @Nullable String text(byte[] bytes, int at) {
        int length = bytes[at];
        return length < 0 || length > TEXT_MAX ? null : new String(bytes, at + 1, length, StandardCharsets.UTF_8);
    }
}
