package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exchange.HeldBody.Taken;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A held body stays within its own bound and all together within theirs, and gives its bytes back once.
class HeldBodyTest {
    private final HeldBody.Total total = new HeldBody.Total(1_000);

    private static Buffer bytes(int length) {
        return Buffer.buffer(new byte[length]);
    }

    /// The chunks that come, the bound, and what becomes of the last.
    @ParameterizedTest(name = "{0} within {1}: {2}")
    @CsvSource({"100, 100, YES", "101, 100, BODY_TOO_LARGE", "60 40, 100, YES", "60 41, 100, BODY_TOO_LARGE",
        "0, 0, YES", "1, 0, BODY_TOO_LARGE", "1000, 5000, YES", "1001, 5000, ALL_TOGETHER_TOO_LARGE",
        "600 400, 5000, YES", "600 401, 5000, ALL_TOGETHER_TOO_LARGE", "1 0 0, 1, YES"})
    void aChunkIsTakenWithinBothBounds(String chunks, int bound, Taken last) {
        var body = new HeldBody(total, bound);
        long held = 0;
        Taken taken = Taken.YES;
        for (String chunk : chunks.split(" ")) {
            taken = body.take(bytes(Integer.parseInt(chunk)));
            held += taken == Taken.YES ? Integer.parseInt(chunk) : 0;
        }

        assertThat(taken).isEqualTo(last);
        assertThat(total.bytes()).isEqualTo(held);
        assertThat(body.length()).isEqualTo(held);
    }

    @ParameterizedTest
    @CsvSource({"-1, true", "0, true", "100, true", "101, false", "9223372036854775807, false"})
    void aDeclaredLengthIsJudgedBeforeTheFirstByte(long declared, boolean may) {
        assertThat(new HeldBody(total, 100).mayTake(declared)).isEqualTo(may);
    }

    @Test
    void bodiesShareTheTotalAndGiveItBackOnce() {
        var one = new HeldBody(total, 600);
        var two = new HeldBody(total, 600);
        assertThat(one.take(bytes(600))).isEqualTo(Taken.YES);
        assertThat(two.take(bytes(500))).isEqualTo(Taken.ALL_TOGETHER_TOO_LARGE);
        assertThat(two.take(bytes(400))).isEqualTo(Taken.YES);
        assertThat(total.bytes()).isEqualTo(1_000);

        one.release();
        one.release();
        assertThat(total.bytes()).isEqualTo(400);
        assertThat(two.take(bytes(100))).isEqualTo(Taken.YES);
        two.release();
        assertThat(total.bytes()).isZero();
    }

    @Test
    void theBytesAreThoseThatCameInAnySplitAndTheChunksStayAsTheyWere() {
        var random = new SplittableRandom(11);
        for (int round = 0; round < 200; round++) {
            byte[] whole = new byte[random.nextInt(1, 900)];
            random.nextBytes(whole);
            var body = new HeldBody(total, 1_000);
            Buffer first = Buffer.buffer();
            byte[] firstBytes = new byte[0];
            for (int at = 0; at < whole.length;) {
                int length = Math.min(whole.length - at, random.nextInt(1, 300));
                Buffer chunk = Buffer.buffer()
                        .appendBytes(new byte[3])
                        .appendBytes(whole, at, length)
                        .slice(3, 3 + length);
                if (at == 0) {
                    first = chunk;
                    firstBytes = chunk.getBytes();
                }
                assertThat(body.take(chunk)).isEqualTo(Taken.YES);
                at += length;
            }

            assertThat(Arrays.copyOf(body.bytes(), body.length())).isEqualTo(whole);
            assertThat(body.buffer().getBytes()).isEqualTo(whole);
            assertThat(first.getBytes()).isEqualTo(firstBytes);
            body.release();
        }
        assertThat(total.bytes()).isZero();
    }
}
