package dev.weir.spool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/// The frame of one record in a segment. Frames begin at multiples of 8, so that after a damaged stretch the next one is
/// found by looking at every eighth byte. Numbers are little-endian.
///
/// ```
///   0        1        2        3        4                                8
///   +--------+--------+--------+--------+--------------------------------+
///   |  0xFF  |  'W'   | layout |  type  | length: header + payload       |
///   +--------+--------+--------+--------+--------------------------------+
///   8                                                                    16
///   | record number: every frame of an epoch, 1, 2, 3, …                 |
///   +--------------------------------------------------------------------+
///   16                                                                   24
///   | seq: events only, gapless within the epoch; 0 in other frames      |
///   +-----------------------------------+--------------------------------+
///   24                                  28                               32
///   | CRC32C of the payload             | CRC32C of bytes 0–27, xor salt |
///   +-----------------------------------+--------------------------------+
///   32 payload (see EventCodec), then zeros up to the next multiple of 8
/// ```
///
/// The second checksum covers the header with the first checksum in it, so the two together cover all but the padding. The
/// payload's checksum is made before the append lock is taken, the header's within it. The salt is a checksum of node and
/// epoch, which stand in the segment's header: a frame of another node or epoch is no frame here.
///
/// The first byte is one that UTF-8 never uses, so no text that a client chose can look like a frame.
final class RecordLayout {
    static final int HEADER_BYTES = 32;
    static final int ALIGNMENT = 8;
    /// The hard maximum of `length`, checked before anything is read or allocated by it.
    static final int LENGTH_MAX = 64 * 1024;

    private static final int MAGIC = 0xFF | 'W' << 8 | 1 << 16;
    private static final int MAGIC_MASK = 0xFFFFFF;
    private static final int LENGTH_AT = 4;
    private static final int RECORD_AT = 8;
    private static final int SEQ_AT = 16;
    private static final int PAYLOAD_CRC_AT = 24;
    private static final int HEADER_CRC_AT = 28;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private RecordLayout() {}

    /// The part of the header that needs no lock. The payload stands from [#HEADER_BYTES] on.
    static void begin(byte[] frame, RecordType type, int payloadBytes, CRC32C crc) {
        crc.reset();
        crc.update(frame, HEADER_BYTES, payloadBytes);
        putInt(frame, 0, MAGIC | type.code() << 24);
        putInt(frame, LENGTH_AT, HEADER_BYTES + payloadBytes);
        putInt(frame, PAYLOAD_CRC_AT, (int) crc.getValue());
    }

    /// The part of the header that is given under the lock.
    static void finish(byte[] frame, long record, long seq, int salt, CRC32C crc) {
        LONG.set(frame, RECORD_AT, record);
        LONG.set(frame, SEQ_AT, seq);
        crc.reset();
        crc.update(frame, 0, HEADER_CRC_AT);
        putInt(frame, HEADER_CRC_AT, (int) crc.getValue() ^ salt);
    }

    /// Whether a whole, undamaged header stands at `at`, of which `available` bytes may be looked at.
    static boolean isHeader(byte[] buffer, int at, int available, int salt, CRC32C crc) {
        if (available < HEADER_BYTES || (getInt(buffer, at) & MAGIC_MASK) != MAGIC) {
            return false;
        }
        int length = length(buffer, at);
        if (length < HEADER_BYTES || length > LENGTH_MAX || RecordType.byCode(buffer[at + 3]) == null) {
            return false;
        }
        crc.reset();
        crc.update(buffer, at, HEADER_CRC_AT);
        return ((int) crc.getValue() ^ salt) == getInt(buffer, at + HEADER_CRC_AT);
    }

    /// Whether the payload behind a good header is undamaged.
    static boolean isPayload(byte[] buffer, int at, int available, CRC32C crc) {
        int length = length(buffer, at);
        if (available < length) {
            return false;
        }
        crc.reset();
        crc.update(buffer, at + HEADER_BYTES, length - HEADER_BYTES);
        return (int) crc.getValue() == getInt(buffer, at + PAYLOAD_CRC_AT);
    }

    static int length(byte[] buffer, int at) {
        return getInt(buffer, at + LENGTH_AT);
    }

    static RecordType type(byte[] buffer, int at) {
        var type = RecordType.byCode(buffer[at + 3]);
        if (type == null) {
            throw new IllegalStateException("not a checked frame");
        }
        return type;
    }

    static long record(byte[] buffer, int at) {
        return (long) LONG.get(buffer, at + RECORD_AT);
    }

    static long seq(byte[] buffer, int at) {
        return (long) LONG.get(buffer, at + SEQ_AT);
    }

    /// The bytes a frame takes in the segment.
    static int padded(int length) {
        return length + ALIGNMENT - 1 & -ALIGNMENT;
    }

    static int salt(String node, long epoch) {
        var crc = new CRC32C();
        crc.update(node.getBytes(StandardCharsets.UTF_8));
        crc.update(Long.toString(epoch).getBytes(StandardCharsets.US_ASCII));
        return (int) crc.getValue();
    }

    static int getInt(byte[] buffer, int at) {
        return (int) INT.get(buffer, at);
    }

    static void putInt(byte[] buffer, int at, int value) {
        INT.set(buffer, at, value);
    }

    static long getLong(byte[] buffer, int at) {
        return (long) LONG.get(buffer, at);
    }

    static void putLong(byte[] buffer, int at, long value) {
        LONG.set(buffer, at, value);
    }
}
