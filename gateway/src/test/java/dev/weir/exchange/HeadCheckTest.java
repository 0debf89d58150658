package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HeadCheckTest {
    private final HeadCheck check = new HeadCheck(HeadLimits.DEFAULT);

    static List<HeadCases.Case> refused() {
        return HeadCases.refused();
    }

    static List<HeadCases.Case> good() {
        return HeadCases.good();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void headWithTwoReadingsIsRefused(HeadCases.Case head) {
        byte[] bytes = head.bytes();
        if (head.name().equals("prefaceCutShort")) {
            bytes = "PRI * HTTP/2.0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
        }
        assertThat(check.accept(bytes, 0, bytes.length)).isFalse();
        assertThat(check.refusal()).isEqualTo(head.refusal());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("good")
    void goodHeadIsAccepted(HeadCases.Case head) {
        byte[] bytes = head.bytes();
        assertThat(check.accept(bytes, 0, bytes.length)).as(() -> check.refusal().toString()).isTrue();
    }

    @Test
    void framingOfTheBodyIsReported() {
        assertThat(accepts("Content-Length: 0123")).isTrue();
        assertThat(check.contentLength()).isEqualTo(123);
        assertThat(check.chunked()).isFalse();
        assertThat(accepts("Transfer-Encoding: \tchunked \t")).isTrue();
        assertThat(check.chunked()).isTrue();
        assertThat(accepts("A: b")).isTrue();
        assertThat(check.chunked()).isFalse();
        assertThat(check.contentLength()).isZero();
    }

    @Test
    void bytesAroundTheHeadAreNotLookedAt() {
        byte[] good = HeadCases.good().getFirst().bytes();
        var wide = new byte[good.length + 40];
        Arrays.fill(wide, (byte) '\n');
        System.arraycopy(good, 0, wide, 20, good.length);
        assertThat(check.accept(wide, 20, 20 + good.length)).isTrue();
    }

    /// The oracle: what passes is exactly one head to a slow second reader, with the same framing, and stays so when refused
    /// heads were read before it. Heads are made by mutating good and bad ones, so that both verdicts are common.
    @Test
    void whatIsAcceptedIsOneHeadToASecondReader() {
        long seed = Long.getLong("weir.seed", 20261124L);
        var random = new SplittableRandom(seed);
        List<HeadCases.Case> seeds = HeadCases.good();
        List<HeadCases.Case> bad = HeadCases.refused();
        int accepted = 0;
        for (int round = 0; round < 50_000; round++) {
            var from = random.nextInt(4) == 0 ? bad : seeds;
            byte[] bytes = mutated(from.get(random.nextInt(from.size())).bytes(), random);
            String shown = new String(bytes, StandardCharsets.ISO_8859_1);
            boolean accepts = check.accept(bytes, 0, bytes.length);
            var plain = PlainHead.read(shown);
            if (accepts) {
                accepted++;
                assertThat(plain).as("seed %d round %d: %s", seed, round, shown).isPresent();
                assertThat(plain.get().chunked()).as(shown).isEqualTo(check.chunked());
                assertThat(plain.get().length()).as(shown).isEqualTo(check.contentLength());
            } else {
                assertThat(check.refusal()).isNotNull();
            }
        }
        assertThat(accepted).as("accepted of 50,000, seed %d", seed).isBetween(5_000, 45_000);
    }

    private static byte[] mutated(byte[] bytes, SplittableRandom random) {
        if (bytes.length > 2000) {
            return bytes;
        }
        byte[] out = bytes.clone();
        for (int n = random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(out.length);
            switch (random.nextInt(4)) {
                case 0 -> out[at] = (byte) random.nextInt(256);
                case 1 -> out[at] = (byte) "\r\n\t :%/.;,#\0\\aC5".charAt(random.nextInt(16));
                case 2 -> out = without(out, at);
                default -> out = doubled(out, at, Math.min(out.length, at + 1 + random.nextInt(20)));
            }
        }
        return out;
    }

    private static byte[] without(byte[] bytes, int at) {
        var out = new byte[bytes.length - 1];
        System.arraycopy(bytes, 0, out, 0, at);
        System.arraycopy(bytes, at + 1, out, at, out.length - at);
        return out;
    }

    private static byte[] doubled(byte[] bytes, int from, int to) {
        var out = new byte[bytes.length + to - from];
        System.arraycopy(bytes, 0, out, 0, to);
        System.arraycopy(bytes, from, out, to, bytes.length - from);
        return out;
    }

    private boolean accepts(String field) {
        byte[] bytes = ("POST / HTTP/1.1\r\nHost: weir\r\n" + field + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        return check.accept(bytes, 0, bytes.length);
    }
}
