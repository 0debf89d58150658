package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What reaches the client of a stream whose usage Weir asked for.
class UsageChunkFilterTest {
    private static final String FIRST = "data: {\"id\":\"c\","
            + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"usage\"}}],\"usage\":null}";
    private static final String FILTERS = "data: {\"choices\":[],\"prompt_filter_results\":[{\"usage\":{}}]}";
    private static final String LAST_WITH_USAGE = "data: {\"usage\":{\"total_tokens\":3},"
            + "\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}";
    private static final String EXTRA = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"total_tokens\":3}}";
    private static final String EXTRA_SORTED = "data: {\"usage\":{\"total_tokens\":3}, \"choices\": [ ]}";
    private static final String ERROR = "event: error{EOL}data: {\"error\":{\"message\":\"no\"}}";
    private static final String COMMENT = ": keep-alive";
    private static final String DONE = "data: [DONE]";

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void theExtraChunkGoesAndEveryOtherByteStaysHoweverItIsSplit(String eol) {
        String[] passing = {FIRST, FILTERS, COMMENT, LAST_WITH_USAGE, ERROR, DONE};
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            var sent = new StringBuilder();
            var expected = new StringBuilder();
            for (int i = random.nextInt(6); i >= 0; i--) {
                boolean extra = random.nextInt(3) == 0;
                String event = extra
                        ? random.nextBoolean() ? EXTRA : EXTRA_SORTED
                        : passing[random.nextInt(passing.length)];
                String bytes = (event + "{EOL}{EOL}").replace("{EOL}", eol);
                sent.append(bytes);
                expected.append(extra ? "" : bytes);
            }
            byte[] stream = sent.toString().getBytes(UTF_8);
            for (int at = 0; at < stream.length; at++) {
                assertThat(filtered(stream, at)).as("seed %s, split at %s of %s", seed, at, sent)
                        .isEqualTo(expected.toString());
            }
            assertThat(filteredByteByByte(stream)).as("seed %s: %s", seed, sent).isEqualTo(expected.toString());
        }
    }

    @Test
    void aDecidedEventIsNotHeldBack() {
        var out = new ByteArrayOutputStream();
        var filter = new UsageChunkFilter();
        byte[] begun = FIRST.substring(0, FIRST.indexOf("delta")).getBytes(UTF_8);
        filter.accept(begun, 0, begun.length, out::write);
        assertThat(out.size()).isEqualTo(begun.length);
    }

    @Test
    void aCompleteEventIsNotHeldBack() {
        var out = new ByteArrayOutputStream();
        byte[] event = (COMMENT + "\n\n" + DONE + "\n\n").getBytes(UTF_8);
        new UsageChunkFilter().accept(event, 0, event.length, out::write);
        assertThat(out.size()).isEqualTo(event.length);
    }

    @Test
    void whatIsHeldIsBounded() {
        var out = new ByteArrayOutputStream();
        var filter = new UsageChunkFilter();
        byte[] begun = ("data: {\"x\":\"" + "x".repeat(UsageChunkFilter.HELD_MAX)).getBytes(UTF_8);
        filter.accept(begun, 0, begun.length, out::write);
        assertThat(out.size()).isEqualTo(begun.length);
    }

    @Test
    void aStreamThatBreaksOffPassesToItsLastByte() {
        var out = new ByteArrayOutputStream();
        var filter = new UsageChunkFilter();
        byte[] begun = EXTRA.getBytes(UTF_8);
        filter.accept(begun, 0, begun.length, out::write);
        filter.finish(out::write);
        assertThat(out.toString(UTF_8)).isEqualTo(EXTRA);
    }

    private static String filtered(byte[] stream, int at) {
        var out = new ByteArrayOutputStream();
        var filter = new UsageChunkFilter();
        filter.accept(stream, 0, at, out::write);
        filter.accept(stream, at, stream.length - at, out::write);
        filter.finish(out::write);
        return out.toString(UTF_8);
    }

    private static String filteredByteByByte(byte[] stream) {
        var out = new ByteArrayOutputStream();
        var filter = new UsageChunkFilter();
        for (byte b : stream) {
            filter.accept(new byte[]{b}, 0, 1, out::write);
        }
        filter.finish(out::write);
        return out.toString(UTF_8);
    }
}
