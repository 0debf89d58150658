package dev.weir.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/// The searches by word beside the loop by byte that they stand for.
class BytesTest {
    private static final String ALPHABET = "\"\\[]{}\r\n\t ,:aE19+-.xY_y\u007f\u000e\u0000\u00ff\u0080\u000b";

    @Test
    void everySearchFindsWhatALoopFinds() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = mostlyPlain(random);
            int from = random.nextInt(bytes.length + 1);
            int to = from + random.nextInt(bytes.length + 1 - from);
            String where = "seed " + seed + ": " + Arrays.toString(bytes) + " from " + from + " to " + to;

            assertThat(Bytes.indexOfEither(bytes, from, to, (byte) '"', (byte) '\\')).as(where)
                    .isEqualTo(first(bytes, from, to, b -> b == '"' || b == '\\'));
            assertThat(Bytes.indexOfLineEnd(bytes, from, to)).as(where)
                    .isEqualTo(first(bytes, from, to, b -> b == '\n' || b == '\r'));
            assertThat(Bytes.indexOfStructure(bytes, from, to)).as(where)
                    .isEqualTo(first(bytes, from, to, b -> "\"[]{}Y_y\u007f".indexOf(b) >= 0));
            assertThat(Bytes.skipJsonSpace(bytes, from, to)).as(where)
                    .isEqualTo(first(bytes, from, to, b -> " \n\r\t".indexOf(b) < 0));
            assertThat(Bytes.skipJsonScalar(bytes, from, to)).as(where)
                    .isEqualTo(first(bytes, from, to, b -> !String.valueOf((char) b).matches("[0-9a-z+.E-]")));
        }
    }

    @Test
    void theHeadOfANameIsItsFirstEightBytesWhateverStandsBehindIt() {
        var random = new Random(1);
        for (int length = 1; length <= 12; length++) {
            for (int behind = 0; behind < 12; behind++) {
                var bytes = new byte[3 + length + behind];
                random.nextBytes(bytes);
                long expected = 0;
                for (int i = Math.min(length, 8) - 1; i >= 0; i--) {
                    expected = expected << 8 | bytes[3 + i] & 0xff;
                }
                assertThat(Bytes.head(bytes, 3, 3 + length)).isEqualTo(expected);
            }
        }
    }

    private static byte[] mostlyPlain(Random random) {
        var bytes = new byte[random.nextInt(60)];
        int plain = random.nextInt(20);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(20) < plain ? 'x' : ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return bytes;
    }

    private static int first(byte[] bytes, int from, int to, IntPredicate wanted) {
        int i = from;
        while (i < to && !wanted.test(bytes[i] & 0xff)) {
            i++;
        }
        return i;
    }
}
