package dev.weir.spool;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads what [PayloadWriter] wrote, trusting nothing: every length is checked against the payload's end.
final class PayloadReader {
    private byte[] bytes = new byte[0];
    private int at;
    private int end;

    PayloadReader over(byte[] source, int from, int to) {
        bytes = source;
        at = from;
        end = to;
        return this;
    }

    int at() {
        return at;
    }

    int raw() throws MalformedRecordException {
        need(1);
        return bytes[at++] & 0xFF;
    }

    int fixedInt() throws MalformedRecordException {
        need(Integer.BYTES);
        at += Integer.BYTES;
        return RecordLayout.getInt(bytes, at - Integer.BYTES);
    }

    long fixedLong() throws MalformedRecordException {
        need(Long.BYTES);
        at += Long.BYTES;
        return RecordLayout.getLong(bytes, at - Long.BYTES);
    }

    long number() throws MalformedRecordException {
        long value = unsigned();
        return value >>> 1 ^ -(value & 1);
    }

    int smallNumber() throws MalformedRecordException {
        long value = number();
        if (value != (int) value) {
            throw new MalformedRecordException(value + " does not fit the field");
        }
        return (int) value;
    }

    private long unsigned() throws MalformedRecordException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = raw();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw new MalformedRecordException("a number of more than ten bytes");
    }

    @Nullable
    String text() throws MalformedRecordException {
        int length = textLength();
        if (length < 0) {
            return null;
        }
        at += length;
        return new String(bytes, at - length, length, StandardCharsets.UTF_8);
    }

    String mandatoryText() throws MalformedRecordException {
        var text = text();
        if (text == null) {
            throw new MalformedRecordException("a mandatory text is absent");
        }
        return text;
    }

    void skipText() throws MalformedRecordException {
        int length = Math.max(0, textLength());
        at += length;
    }

    private int textLength() throws MalformedRecordException {
        long plusOne = unsigned();
        if (plusOne < 0 || plusOne > PayloadWriter.TEXT_MAX + 1L) {
            throw new MalformedRecordException("a text of " + (plusOne - 1) + " bytes");
        }
        int length = (int) plusOne - 1;
        need(Math.max(0, length));
        return length;
    }

    void atEnd() throws MalformedRecordException {
        if (at != end) {
            throw new MalformedRecordException(end - at + " bytes too many");
        }
    }

    private void need(int count) throws MalformedRecordException {
        if (end - at < count) {
            throw new MalformedRecordException("the payload ends too early");
        }
    }
}
