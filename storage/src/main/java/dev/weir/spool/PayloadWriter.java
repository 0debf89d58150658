package dev.weir.spool;

import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A frame being built in a buffer that is used again and again; each thread has its own.
///
/// - *number*: zigzag, then seven bits a byte, lowest first
/// - *text*: a number's worth of UTF-8 bytes plus one (0 is null), then the bytes
final class PayloadWriter implements Quantities.Visitor {
    /// UTF-8 bytes of one text; what is longer is cut at a character. Every field that Weir admits is shorter; the rest is
    /// what an upstream sent, and a settlement must not fail for that.
    static final int TEXT_MAX = 768;

    final byte[] frame = new byte[RecordLayout.LENGTH_MAX + RecordLayout.ALIGNMENT];
    final CRC32C crc = new CRC32C();
    private int at;

    PayloadWriter start() {
        at = RecordLayout.HEADER_BYTES;
        return this;
    }

    int payloadBytes() {
        return at - RecordLayout.HEADER_BYTES;
    }

    /// Ends the payload and zeroes its padding.
    ///
    /// @return the bytes the frame takes in the segment
    int end(RecordType type) {
        int padded = RecordLayout.padded(at);
        for (int i = at; i < padded; i++) {
            frame[i] = 0;
        }
        RecordLayout.begin(frame, type, payloadBytes(), crc);
        return padded;
    }

    void raw(int value) {
        frame[at++] = (byte) value;
    }

    void fixed(int value) {
        RecordLayout.putInt(frame, at, value);
        at += Integer.BYTES;
    }

    void fixed(long value) {
        RecordLayout.putLong(frame, at, value);
        at += Long.BYTES;
    }

    void number(long value) {
        unsigned(value << 1 ^ value >> 63);
    }

    private void unsigned(long value) {
        byte[] target = frame;
        int i = at;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            target[i++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[i++] = (byte) rest;
        at = i;
    }

    void text(@Nullable String text) {
        if (text == null) {
            frame[at++] = 0;
            return;
        }
        int length = text.length();
        if (length <= 126 && ascii(text, length)) {
            frame[at] = (byte) (length + 1);
            at += length + 1;
        } else {
            longText(text);
        }
    }

    /// Copies behind a length byte not yet written; leaves `at` where it was.
    private boolean ascii(String text, int length) {
        byte[] target = frame;
        int i = at + 1;
        int seen = 0;
        for (int c = 0; c < length; c++) {
            char ch = text.charAt(c);
            seen |= ch;
            target[i + c] = (byte) ch;
        }
        return seen < 0x80;
    }

    private void longText(String text) {
        int bytes = utf8Length(text);
        unsigned(bytes + 1L);
        int end = at + bytes;
        for (int c = 0; at < end;) {
            int point = text.codePointAt(c);
            c += Character.charCount(point);
            utf8(isSurrogate(point) ? '?' : point);
        }
    }

    private static int utf8Length(String text) {
        int bytes = 0;
        for (int c = 0; c < text.length();) {
            int point = text.codePointAt(c);
            c += Character.charCount(point);
            int width = width(point);
            if (bytes + width > TEXT_MAX) {
                break;
            }
            bytes += width;
        }
        return bytes;
    }

    private static int width(int point) {
        if (point < 0x80 || isSurrogate(point)) {
            return 1;
        }
        return point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }

    private static boolean isSurrogate(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    private void utf8(int point) {
        if (point < 0x80) {
            raw(point);
        } else if (point < 0x800) {
            raw(0xC0 | point >> 6);
            raw(0x80 | point & 0x3F);
        } else if (point < 0x10000) {
            raw(0xE0 | point >> 12);
            raw(0x80 | point >> 6 & 0x3F);
            raw(0x80 | point & 0x3F);
        } else {
            raw(0xF0 | point >> 18);
            raw(0x80 | point >> 12 & 0x3F);
            raw(0x80 | point >> 6 & 0x3F);
            raw(0x80 | point & 0x3F);
        }
    }

    void quantities(Quantities quantities) {
        raw(quantities.size());
        quantities.forEach(this);
    }

    @Override
    public void visit(Meter meter, long amount, Provenance provenance) {
        raw(meter.code());
        raw(EventCodec.code(provenance));
        number(amount);
    }
}
