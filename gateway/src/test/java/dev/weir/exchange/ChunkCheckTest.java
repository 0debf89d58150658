package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ChunkCheckTest {
    private static final Pattern SIZE_LINE = Pattern.compile("([0-9a-fA-F]{1,8})(?:;[\\t\\x20-\\x7e]*)?\r\n");
    private static final int OPEN = -1;
    private static final int BAD = -2;

    /// Bodies made of good chunks, some bytes of them changed, followed by the next request: in any split the check ends where
    /// a second reader ends, or refuses where that finds no body.
    @Test
    void bodyEndsWhereASecondReaderEndsItInAnySplit() {
        long seed = Long.getLong("weir.seed", 42L);
        var random = new SplittableRandom(seed);
        int ended = 0;
        int refused = 0;
        for (int round = 0; round < 50_000; round++) {
            String bytes = body(random) + "GET / HTTP/1.1\r\n\r\n";
            int expected = endByPlainReader(bytes);
            int end = endByCheck(bytes, random);
            assertThat(end).as("seed %d round %d: %s", seed, round, bytes).isEqualTo(expected);
            ended += end >= 0 ? 1 : 0;
            refused += end == BAD ? 1 : 0;
        }
        assertThat(ended).as("seed %d", seed).isGreaterThan(5_000);
        assertThat(refused).as("seed %d", seed).isGreaterThan(5_000);
    }

    private static int endByCheck(String bytes, SplittableRandom random) {
        var check = new ChunkCheck(HeadLimits.DEFAULT.chunkLineMax());
        check.begin();
        ByteBuf buffer = Unpooled.wrappedBuffer(bytes.getBytes(StandardCharsets.ISO_8859_1));
        int at = 0;
        while (at < bytes.length() && !check.ended()) {
            at = check.follow(buffer, at, Math.min(bytes.length(), at + 1 + random.nextInt(40)));
            if (check.refusal() != null) {
                return BAD;
            }
        }
        return check.ended() ? at : OPEN;
    }

    private static int endByPlainReader(String bytes) {
        int at = 0;
        while (true) {
            var line = SIZE_LINE.matcher(bytes).region(at, bytes.length());
            if (!line.lookingAt()) {
                return BAD;
            }
            long size = Long.parseLong(line.group(1), 16);
            if (size > Integer.MAX_VALUE) {
                return BAD;
            }
            at = line.end();
            if (size == 0) {
                return bytes.startsWith("\r\n", at) ? at + 2 : BAD;
            }
            if (at + size >= bytes.length()) {
                return OPEN;
            }
            at += (int) size;
            if (!bytes.startsWith("\r\n", at)) {
                return bytes.length() == at + 1 && bytes.charAt(at) == '\r' ? OPEN : BAD;
            }
            at += 2;
            if (at == bytes.length()) {
                return OPEN;
            }
        }
    }

    private static String body(SplittableRandom random) {
        var body = new StringBuilder();
        for (int n = random.nextInt(4); n > 0; n--) {
            int size = 1 + random.nextInt(20);
            body.append(random.nextBoolean() ? Integer.toHexString(size) : "%04X".formatted(size))
                    .append(random.nextInt(4) == 0 ? ";a=\"b c\"" : "")
                    .append("\r\n")
                    .append("\r\n0;aF".repeat(4), 0, size)
                    .append("\r\n");
        }
        body.append("0\r\n\r\n");
        if (random.nextInt(2) == 0) {
            body.setCharAt(random.nextInt(body.length()), "\r\n ;01afx\0".charAt(random.nextInt(10)));
        }
        return body.toString();
    }
}
