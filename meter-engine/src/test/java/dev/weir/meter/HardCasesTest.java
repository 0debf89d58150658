package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The framings that a parser must survive, as somebody saw each of them in the wild.
class HardCasesTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    @TestFactory
    Stream<DynamicTest> everyConstructedCaseIsReadAsExpectedHoweverItIsSplit() {
        return Corpus.hardCases()
                .stream()
                .filter(one -> one.path("kind").asText().equals("constructed"))
                .filter(one -> one.path("wire_format")
                        .asText()
                        .matches("openai.chat|anthropic.messages|gemini.streamGenerateContent"))
                .map(one -> DynamicTest.dynamicTest(one.path("name").asText(), () -> check(one)));
    }

    private static void check(JsonNode one) {
        byte[] body = Corpus.body(one.path("response"));
        UsageReading whole = read(one, body, body.length);
        expect(one, whole);
        for (int piece = 1; piece <= 7; piece++) {
            assertThat(read(one, body, piece)).isEqualTo(whole);
        }
    }

    private static void expect(JsonNode one, UsageReading reading) {
        JsonNode usage = one.path("usage");
        if (usage.isNull() || usage.isMissingNode() || one.path("name").asText().matches(".*(cut|error-event).*")) {
            assertThat(reading).isNotInstanceOf(UsageReading.Reported.class);
            return;
        }
        assertThat(reading).isInstanceOf(UsageReading.Reported.class);
        Quantities quantities = ((UsageReading.Reported) reading).quantities();
        if (isGoogles(one)) {
            assertThat(quantities.amount(Meter.TOKENS_OUT)).isEqualTo(
                    usage.path("candidatesTokenCount").asLong() + usage.path("thoughtsTokenCount").asLong());
            assertThat(quantities.amount(Meter.TOKENS_IN)).isEqualTo(usage.path("promptTokenCount").asLong());
            return;
        }
        boolean openAi = one.path("wire_format").asText().equals("openai.chat");
        assertThat(quantities.amount(Meter.TOKENS_OUT))
                .isEqualTo(usage.path(openAi ? "completion_tokens" : "output_tokens").asLong());
        assertThat(quantities.amount(Meter.TOKENS_IN)).isEqualTo(openAi
                ? usage.path("prompt_tokens").asLong()
                : usage.path("input_tokens").asLong() + usage.path("cache_read_input_tokens").asLong()
                        + usage.path("cache_creation_input_tokens").asLong());
    }

    private static boolean isGoogles(JsonNode one) {
        return one.path("wire_format").asText().startsWith("gemini.");
    }

    private static UsageReading read(JsonNode one, byte[] body, int piece) {
        boolean openAi = one.path("wire_format").asText().equals("openai.chat");
        var dialect = isGoogles(one)
                ? Dialects.of("google", "POST", "/v1beta/models/m:streamGenerateContent")
                : Dialects.of(openAi ? "openai" : "anthropic", "POST",
                        openAi ? "/v1/chat/completions" : "/v1/messages");
        String coding = null;
        for (JsonNode header : one.path("response").path("headers")) {
            if (header.path(0).asText().equals("content-encoding")) {
                coding = header.path(1).asText();
            }
        }
        try (var meter = new StreamMeter(dialect, one.path("response").path("status").asInt(200), coding,
                new ModelId("gpt-4o"), TOKENIZERS, null)) {
            for (int from = 0; from < body.length; from += piece) {
                meter.accept(body, from, Math.min(piece, body.length - from));
            }
            return meter.finish(true);
        }
    }
}
