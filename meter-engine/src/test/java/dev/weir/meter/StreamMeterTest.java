package dev.weir.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The meter of one answer: what is told, what is estimated, what is missing. The answers in `resources` are written by hand.
class StreamMeterTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final Dialect CHAT = Dialects.of("openai", "POST", "/v1/chat/completions");
    private static final Dialect XAI = Dialects.of("xai", "POST", "/v1/chat/completions");
    private static final Dialect MESSAGES = Dialects.of("anthropic", "POST", "/v1/messages");
    private static final ModelId GPT = new ModelId("gpt-4o");
    private static final TokenCount INPUT = new TokenCount(40, Provenance.BOUND);

    @Test
    void aChatStreamIsReported() {
        assertThat(read(CHAT, resource("openai-chat.sse"), true))
                .isEqualTo(new UsageReading.Reported(Quantities.builder()
                        .reported(Meter.TOKENS_IN, 19)
                        .reported(Meter.TOKENS_OUT, 7)
                        .reported(Meter.CACHE_READ, 16)
                        .reported(Meter.REASONING, 2)
                        .reported(Meter.TOOL_CALLS_REQUESTED, 1)
                        .build()));
    }

    @Test
    void aMessagesStreamOverlaysItsFirstFrameWithItsLast() {
        assertThat(read(MESSAGES, resource("anthropic-messages.sse"), true)).isEqualTo(new UsageReading.Reported(
                Quantities.builder()
                        .reported(Meter.TOKENS_IN, 120 + 1_000 + 300 + 5_000)
                        .reported(Meter.TOKENS_OUT, 25 + 70)
                        .reported(Meter.CACHE_READ, 1_000)
                        .reported(Meter.CACHE_WRITE, 300)
                        .reported(Meter.CACHE_WRITE_1H, 200)
                        .reported(Meter.SEARCHES, 2)
                        .reported(Meter.TOOL_CALLS_REQUESTED, 1)
                        .build()));
    }

    @Test
    void aPassOutsideTheTotalsIsToldApart() {
        byte[] body = resource("anthropic-messages.sse");
        try (var meter = new StreamMeter(MESSAGES, 200, null, null, TOKENIZERS, null)) {
            meter.accept(body, 0, body.length);
            assertThat(meter.facts().sides()).singleElement().satisfies(side -> {
                assertThat(side.kind()).isEqualTo("advisor_message");
                assertThat(side.model()).isEqualTo(new ModelId("claude-big"));
                assertThat(side.quantities().amount(Meter.TOKENS_IN)).isEqualTo(5_000);
            });
            assertThat(meter.facts().id()).isEqualTo("msg_1");
            assertThat(meter.facts().serviceTier()).isEqualTo("priority");
        }
    }

    @Test
    void reasoningOnTopIsPutInside() {
        byte[] body = """
                {"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":18,
                "completion_tokens_details":{"reasoning_tokens":10}}}""".getBytes(UTF_8);
        assertThat(quantities(read(XAI, body, true)).amount(Meter.TOKENS_OUT)).isEqualTo(13);
        assertThat(quantities(read(CHAT, body, true)).amount(Meter.TOKENS_OUT)).isEqualTo(3);
    }

    @Test
    void anExplicitZeroIsZeroAndAbsentIsAbsent() {
        Quantities quantities = quantities(read(CHAT, ("{\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}").getBytes(UTF_8), true));
        assertThat(quantities.has(Meter.TOKENS_OUT)).isTrue();
        assertThat(quantities.has(Meter.CACHE_READ)).isTrue();
        assertThat(quantities.has(Meter.REASONING)).isFalse();
    }

    @Test
    void aCutChatIsCountedFromTheTextThatPassed() {
        byte[] body = resource("openai-chat.sse");
        int cut = new String(body, UTF_8).indexOf("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},");
        var reading = (UsageReading.Estimated) read(CHAT, java.util.Arrays.copyOf(body, cut), false);
        assertThat(reading.quantities().amount(Meter.TOKENS_IN)).isEqualTo(40);
        assertThat(reading.quantities().provenance(Meter.TOKENS_IN)).isEqualTo(Provenance.BOUND);
        // "Hello, wörld 😀\n" and the call f({}) are the text.
        assertThat(reading.quantities().amount(Meter.TOKENS_OUT))
                .isEqualTo(TOKENIZERS.count(GPT, "Hello, wörld 😀\nf{}").tokens() + TOKENIZERS.aroundAnswer(GPT, 1));
        assertThat(reading.quantities().provenance(Meter.TOKENS_OUT)).isEqualTo(Provenance.TOKENIZER);
        assertThat(reading.reason()).contains("before its usage");
    }

    @Test
    void aCutMessageHasItsInputFromTheFirstFrameAndNeverItsPlaceholderOutput() {
        byte[] body = resource("anthropic-messages.sse");
        int cut = new String(body, UTF_8).indexOf("event: message_delta");
        var reading = (UsageReading.Estimated) read(MESSAGES, java.util.Arrays.copyOf(body, cut), false);
        assertThat(reading.quantities().amount(Meter.TOKENS_IN)).isEqualTo(20 + 1_000 + 300);
        assertThat(reading.quantities().provenance(Meter.TOKENS_IN)).isEqualTo(Provenance.REPORTED);
        assertThat(reading.quantities().amount(Meter.TOKENS_OUT)).isGreaterThan(5);
    }

    @Test
    void aMessageCutWithinItsFirstUsageHasToldNothingYet() {
        byte[] body = resource("anthropic-messages.sse");
        int cut = new String(body, UTF_8).indexOf("\"cache_read_input_tokens\"");
        var reading = (UsageReading.Estimated) read(MESSAGES, java.util.Arrays.copyOf(body, cut), false);
        assertThat(reading.quantities().amount(Meter.TOKENS_IN)).isEqualTo(INPUT.tokens());
        assertThat(reading.quantities().provenance(Meter.TOKENS_IN)).isEqualTo(Provenance.BOUND);
    }

    /// OpenRouter opens a message with an input of 0 and tells the true one at the end.
    @Test
    void anInputOfZeroInTheFirstFrameIsAPlaceholder() {
        byte[] body = """
                data: {"type":"message_start","message":{"usage":{"input_tokens":0,"output_tokens":0}}}

                data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}}

                """.getBytes(UTF_8);
        var reading = (UsageReading.Estimated) read(MESSAGES, body, false);
        assertThat(reading.quantities().amount(Meter.TOKENS_IN)).isEqualTo(INPUT.tokens());
        assertThat(reading.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(1);
    }

    @Test
    void whereTheAnswerTellsItsOutputOnlyTheInputIsEstimated() {
        Dialect ollama = Dialects.of("ollama", "POST", "/api/chat");
        byte[] body = "{\"done\":true,\"eval_count\":79}".getBytes(UTF_8);
        assertThat(read(ollama, body, true)).isEqualTo(new UsageReading.Estimated(Quantities.builder()
                .set(Meter.TOKENS_IN, 40, Provenance.BOUND)
                .reported(Meter.TOKENS_OUT, 79)
                .build(), "the answer told its output only"));
        try (var meter = new StreamMeter(ollama, 200, null, GPT, TOKENIZERS, INPUT)) {
            meter.accept(body, 0, body.length);
            assertThat(meter.finishesAtOnce(true)).as("counting the input takes time").isFalse();
        }
    }

    @Test
    void whatNobodyKnowsIsMissing() {
        assertThat(readWithoutEstimate(CHAT, new byte[0])).isInstanceOf(UsageReading.Missing.class);
        assertThat(readWithoutEstimate(CHAT, "<html>".getBytes(UTF_8))).isInstanceOf(UsageReading.Missing.class);
        assertThat(readWithoutEstimate(Dialects.of("openai", "POST", "/v1/unheard-of"), "{}".getBytes(UTF_8)))
                .isInstanceOf(UsageReading.Missing.class);
    }

    @Test
    void whatIsFreeHasNoTokens() {
        assertThat(readWithoutEstimate(Dialects.of("openai", "GET", "/v1/models"), "{}".getBytes(UTF_8)))
                .isEqualTo(new UsageReading.Reported(Quantities.NONE));
        assertThat(readWithoutEstimate(Dialects.of("anthropic", "POST", "/v1/messages/count_tokens"),
                "{\"input_tokens\":9}".getBytes(UTF_8))).isEqualTo(new UsageReading.Reported(Quantities.NONE));
    }

    @Test
    void codedAnswersAreReadHoweverTheyAreSplit() throws IOException {
        byte[] body = resource("openai-chat.sse");
        UsageReading plain = read(CHAT, body, true);
        for (int piece = 1; piece < 40; piece++) {
            assertThat(readCoded("gzip", gzip(body), piece)).isEqualTo(plain);
            assertThat(readCoded("GZIP", join(gzip(body), gzip("\n\n".getBytes(UTF_8))), piece)).isEqualTo(plain);
            assertThat(readCoded("deflate", deflate(body, false), piece)).isEqualTo(plain);
            assertThat(readCoded("deflate", deflate(body, true), piece)).isEqualTo(plain);
        }
        assertThat(readCoded("br", body, 100)).isEqualTo(new UsageReading.Missing("coding br"));
        assertThat(readCoded("gzip", body, 100)).isEqualTo(new UsageReading.Missing("broken gzip header"));
    }

    @Test
    void anAnswerThatExplodesIsNotFollowed() throws IOException {
        byte[] bomb = gzip(new byte[64 << 20]);
        assertThat(readCoded("gzip", bomb, bomb.length)).isInstanceOfSatisfying(UsageReading.Missing.class,
                missing -> assertThat(missing.reason()).contains("grew from " + bomb.length));
    }

    @Test
    void aLineOfFiveMegabytesIsMetered() {
        byte[] body = ("data: {\"choices\":[{\"delta\":{\"audio\":{\"data\":\"" + "QUJD".repeat(1_310_720)
                + "\"}}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n").getBytes(UTF_8);
        assertThat(quantities(read(CHAT, body, true)).amount(Meter.TOKENS_OUT)).isEqualTo(2);
    }

    private static UsageReading read(Dialect dialect, byte[] body, boolean complete) {
        try (var meter = new StreamMeter(dialect, 200, null, GPT, TOKENIZERS, INPUT)) {
            meter.accept(body, 0, body.length);
            return meter.finish(complete);
        }
    }

    private static UsageReading readWithoutEstimate(Dialect dialect, byte[] body) {
        try (var meter = new StreamMeter(dialect, 200, null, null, TOKENIZERS, null)) {
            meter.accept(body, 0, body.length);
            return meter.finish(true);
        }
    }

    private static UsageReading readCoded(@Nullable String coding, byte[] body, int piece) {
        try (var meter = new StreamMeter(CHAT, 200, coding, GPT, TOKENIZERS, INPUT)) {
            for (int from = 0; from < body.length; from += piece) {
                meter.accept(body, from, Math.min(piece, body.length - from));
            }
            return meter.finish(true);
        }
    }

    private static Quantities quantities(UsageReading reading) {
        return ((UsageReading.Reported) reading).quantities();
    }

    private static byte[] resource(String name) {
        try (InputStream in = StreamMeterTest.class.getResourceAsStream(name)) {
            return java.util.Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var coder = new GZIPOutputStream(out)) {
            coder.write(plain);
        }
        return out.toByteArray();
    }

    private static byte[] deflate(byte[] plain, boolean bare) throws IOException {
        var out = new ByteArrayOutputStream();
        var deflater = new Deflater(9, bare);
        try (var coder = new DeflaterOutputStream(out, deflater)) {
            coder.write(plain);
        }
        deflater.end();
        return out.toByteArray();
    }

    private static byte[] join(byte[] one, byte[] other) {
        byte[] both = java.util.Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
