package dev.weir.dialect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Finds the next interesting byte, eight at a time.
///
/// A word XOR a repeated needle has a zero byte where the needle stands; `(w - 0x01…) & ~w & 0x80…` has its lowest set bit
/// in the lowest such byte (Mycroft's test; bytes above the first hit may be false, so only the lowest is used, which is
/// why the words are read little-endian).
final class Bytes {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

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

    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGHS;
    }

    static boolean isJsonSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }
}
