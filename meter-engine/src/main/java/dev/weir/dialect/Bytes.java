package dev.weir.dialect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Finds the next interesting byte, eight or sixteen at a time.
///
/// A word XOR a repeated needle has a zero byte where the needle stands; `(w - 0x01…) & ~w & 0x80…` has its lowest set bit
/// in the lowest such byte (Mycroft's test; bytes above the first hit may be false, so only the lowest is used, which is
/// why the words are read little-endian).
final class Bytes {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    /// Subtracted from a byte, borrows where it is no larger than a carriage return.
    private static final long SMALLS = ONES * ('\r' + 1);
    /// The bits in which `[`, `]`, `{` and `}` differ, and what they are with all of them set.
    private static final int BRACKET_BITS = 0x26;
    private static final int ANY_BRACKET = 0x7f;

    private static final boolean[] JSON_SCALAR = new boolean[256];

    static {
        for (byte b : "0123456789abcdefghijklmnopqrstuvwxyz-+.E".getBytes(StandardCharsets.US_ASCII)) {
            JSON_SCALAR[b] = true;
        }
    }

    private Bytes() {}

    /// The index of the first `one` or `other` in `[from, to)`, or `to`.
    static int indexOfEither(byte[] bytes, int from, int to, byte one, byte other) {
        long ones = ONES * (one & 0xff);
        long others = ONES * (other & 0xff);
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = (long) WORD.get(bytes, i);
            long hits = zeroBytes(word ^ ones) | zeroBytes(word ^ others);
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        while (i < to && bytes[i] != one && bytes[i] != other) {
            i++;
        }
        return i;
    }

    /// The index of the first line feed or carriage return in `[from, to)`, or `to`. What has lines is long and has no other
    /// control characters to speak of, so two words are searched at once for anything so small.
    static int indexOfLineEnd(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            for (; i + 16 <= to; i += 16) {
                long one = (long) WORD.get(bytes, i);
                long next = (long) WORD.get(bytes, i + 8);
                if (((one - SMALLS & ~one | next - SMALLS & ~next) & HIGHS) != 0) {
                    break;
                }
            }
            for (int end = Math.min(i + 16, to); i < end; i++) {
                if (bytes[i] == '\n' || bytes[i] == '\r') {
                    return i;
                }
            }
        }
        return to;
    }

    /// The index of the first quote, bracket or brace in `[from, to)`, or `to`; also stops at `Y`, `_`, `y` and DEL, which
    /// stand nowhere in JSON but in strings.
    static int indexOfStructure(byte[] bytes, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = (long) WORD.get(bytes, i);
            long hits = zeroBytes((word | ONES * BRACKET_BITS) ^ ONES * ANY_BRACKET) | zeroBytes(word ^ ONES * '"');
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        while (i < to && (bytes[i] | BRACKET_BITS) != ANY_BRACKET && bytes[i] != '"') {
            i++;
        }
        return i;
    }

    /// Whether four bytes stand at `at` that are these, read as a little-endian number; there must be four.
    static boolean isFour(byte[] bytes, int at, int four) {
        return (int) FOUR.get(bytes, at) == four;
    }

    /// The first eight bytes of `[from, to)` as a number, zeros where there are fewer; there must be one.
    static long head(byte[] bytes, int from, int to) {
        if (from + 8 <= bytes.length) {
            return (long) WORD.get(bytes, from) & -1L >>> 64 - 8 * Math.min(to - from, 8);
        }
        long head = 0;
        for (int i = from; i < to; i++) {
            head |= (bytes[i] & 0xffL) << 8 * (i - from);
        }
        return head;
    }

    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGHS;
    }

    /// The index of the first byte in `[from, to)` that is no space between tokens (RFC 8259 section 2), or `to`.
    static int skipJsonSpace(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] <= ' ' && isJsonSpace(bytes[i])) {
            i++;
        }
        return i;
    }

    static boolean isJsonSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    /// Whether numbers, `true`, `false` and `null` are made of such bytes.
    static boolean isJsonScalar(byte b) {
        return JSON_SCALAR[b & 0xff];
    }

    /// The index of the first byte in `[from, to)` that belongs to no scalar, or `to`.
    static int skipJsonScalar(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && isJsonScalar(bytes[i])) {
            i++;
        }
        return i;
    }
}
