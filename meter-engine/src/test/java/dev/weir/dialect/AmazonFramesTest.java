package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AmazonFrames.Damage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/// The binary event stream of AWS, written here the slow and obvious way.
class AmazonFramesTest {
    private final List<String> heard = new ArrayList<>();
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
    private final AmazonFrames frames = new AmazonFrames(new AmazonFrames.Listener() {
        @Override
        public void payload(byte[] bytes, int from, int to) {
            payload.write(bytes, from, to - from);
        }

        @Override
        public void eventEnd() {
            heard.add("event " + Arrays.hashCode(payload.toByteArray()));
            payload.reset();
        }

        @Override
        public void failure(String type) {
            heard.add("failure " + type);
        }
    });

    @Test
    void randomFramesSplitAnywhereAreHeardAsWhole() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            heard.clear();
            var expected = new ArrayList<String>();
            byte[] stream = randomStream(random, expected);
            int from = 0;
            while (from < stream.length) {
                int some = Math.min(stream.length - from, 1 + random.nextInt(1 + random.nextInt(200)));
                frames.accept(stream, from, from + some);
                from += some;
            }
            assertThat(heard).as("seed %s, round %s", seed, round).isEqualTo(expected);
            assertThat(frames.damage()).isEqualTo(Damage.NONE);
        }
    }

    private static byte[] randomStream(Random random, List<String> expected) {
        var stream = new ByteArrayOutputStream();
        for (int i = random.nextInt(5); i >= 0; i--) {
            var body = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(300)];
            random.nextBytes(body);
            var headers = new ByteArrayOutputStream();
            for (int n = random.nextInt(4); n > 0; n--) {
                headers.writeBytes(randomHeader(random));
            }
            boolean exception = random.nextInt(5) == 0;
            if (exception) {
                headers.writeBytes(text(":exception-type", "throttlingException"));
                headers.writeBytes(text(":message-type", "exception"));
                expected.add("failure throttlingException");
            } else {
                if (random.nextBoolean()) {
                    headers.writeBytes(text(":message-type", "event"));
                }
                if (random.nextInt(10) == 0) {
                    headers.writeBytes(text("padding", "x".repeat(AmazonFrames.HEADERS_KEPT_MAX)));
                }
                expected.add("event " + Arrays.hashCode(body));
            }
            stream.writeBytes(frame(headers.toByteArray(), body));
        }
        return stream.toByteArray();
    }

    /// One of each type the specification knows.
    private static byte[] randomHeader(Random random) {
        int type = random.nextInt(10);
        int length = new int[]{0, 0, 1, 2, 4, 8, random.nextInt(90), random.nextInt(90), 8, 16}[type];
        var value = new byte[length];
        random.nextBytes(value);
        var header = new ByteArrayOutputStream();
        String name = "h".repeat(1 + random.nextInt(40));
        header.write(name.length());
        header.writeBytes(name.getBytes(UTF_8));
        header.write(type);
        if (type == 6 || type == 7) {
            header.write(length >> 8);
            header.write(length);
        }
        header.writeBytes(value);
        return header.toByteArray();
    }

    @Test
    void aFrameOfSixteenMegabytesPassesAndNothingOfItIsKept() {
        var body = new byte[16 << 20];
        new Random(1).nextBytes(body);
        byte[] frame = frame(text(":message-type", "event"), body);
        for (int at = 0; at < frame.length; at += 65_536) {
            frames.accept(frame, at, Math.min(frame.length, at + 65_536));
        }
        assertThat(heard).containsExactly("event " + Arrays.hashCode(body));
    }

    @Test
    void aWrongBeginningEndsTheReadingAndWhatWasHeardStands() {
        byte[] good = frame(text(":message-type", "event"), "{}".getBytes(UTF_8));
        for (int at = 0; at < 12; at++) {
            var one = new AmazonFramesTest();
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            one.read(good);
            one.read(bad);
            one.read(good);
            assertThat(one.heard).as("byte " + at).hasSize(1);
            assertThat(one.payload.size()).isZero();
            assertThat(one.frames.damage()).isEqualTo(Damage.BETWEEN_EVENTS);
        }
    }

    @Test
    void aWrongPayloadOrChecksumEndsTheReadingAndIsTold() {
        byte[] good = frame(text(":message-type", "event"), "{\"a\":1}".getBytes(UTF_8));
        for (int at = good.length - 11; at < good.length; at++) {
            var one = new AmazonFramesTest();
            byte[] bad = good.clone();
            bad[at] ^= 0x01;
            one.read(good);
            one.read(bad);
            one.read(good);
            assertThat(one.heard).as("byte " + at).hasSize(1);
            assertThat(one.frames.damage()).isEqualTo(Damage.INSIDE_EVENT);
        }
    }

    @Test
    void lengthsThatCannotBeAreNotBelieved() {
        int[][] totalAndHeaders = {{0, 0}, {15, 0}, {16, 1}, {100, 1 << 30}, {100, -1}, {-1, 0}, {25 << 20, 0},
            {1 << 20, 129 << 10}};
        for (int[] lengths : totalAndHeaders) {
            var one = new AmazonFramesTest();
            one.read(prelude(lengths[0], lengths[1]));
            assertThat(one.frames.damage()).as(Arrays.toString(lengths)).isEqualTo(Damage.BETWEEN_EVENTS);
        }
    }

    @Test
    void headersThatOverrunTheirPlaceEndTheReading() {
        byte[][] wrong = {{5, 'a'}, {1, 'a'}, {1, 'a', 10}, {1, 'a', 7, 0}, {1, 'a', 7, 0, 9, 'b'}, {1, 'a', 9, 1}};
        for (byte[] headers : wrong) {
            var one = new AmazonFramesTest();
            one.read(frame(headers, new byte[3]));
            assertThat(one.frames.damage()).as(Arrays.toString(headers)).isEqualTo(Damage.BETWEEN_EVENTS);
        }
    }

    @Test
    void randomBytesNeverThrow() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] stream = randomStream(random, new ArrayList<>());
            for (int i = random.nextInt(4); i >= 0; i--) {
                stream[random.nextInt(stream.length)] = (byte) random.nextInt();
            }
            new AmazonFramesTest().read(stream);
        }
    }

    private void read(byte[] bytes) {
        frames.accept(bytes, 0, bytes.length);
    }

    static byte[] text(String name, String value) {
        byte[] bytes = value.getBytes(UTF_8);
        return ByteBuffer.allocate(4 + name.length() + bytes.length)
                .put((byte) name.length())
                .put(name.getBytes(UTF_8))
                .put((byte) 7)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
    }

    static byte[] frame(byte[] headers, byte[] body) {
        int total = 16 + headers.length + body.length;
        var frame = ByteBuffer.allocate(total).put(prelude(total, headers.length)).put(headers).put(body);
        return frame.putInt(crc(frame.array(), total - 4)).array();
    }

    private static byte[] prelude(int total, int headers) {
        var prelude = ByteBuffer.allocate(12).putInt(total).putInt(headers);
        return prelude.putInt(crc(prelude.array(), 8)).array();
    }

    private static int crc(byte[] bytes, int length) {
        var crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
