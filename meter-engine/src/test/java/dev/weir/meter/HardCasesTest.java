package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialect;
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
                        .matches("openai.chat|anthropic.messages|ollama.chat|gemini.streamGenerateContent"))
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
        assertThat(quantities.amount(Meter.TOKENS_OUT))
                .isEqualTo(sum(usage, "completion_tokens", "output_tokens", "eval_count"));
        assertThat(quantities.amount(Meter.TOKENS_IN)).isEqualTo(sum(usage, "prompt_tokens", "input_tokens",
                "cache_read_input_tokens", "cache_creation_input_tokens", "prompt_eval_count"));
    }

    private static long sum(JsonNode usage, String... fields) {
        return Stream.of(fields).mapToLong(field -> usage.path(field).asLong()).sum();
    }

    private static Dialect dialect(String wireFormat) {
        return switch (wireFormat) {
            case "openai.chat" -> Dialects.of("openai", "POST", "/v1/chat/completions");
            case "gemini.streamGenerateContent" -> Dialects.of("google", "POST",
                    "/v1beta/models/m:streamGenerateContent");
            case "ollama.chat" -> Dialects.of("ollama", "POST", "/api/chat");
            default -> Dialects.of("anthropic", "POST", "/v1/messages");
        };
    }

    private static boolean isGoogles(JsonNode one) {
        return one.path("wire_format").asText().startsWith("gemini.");
    }

    private static UsageReading read(JsonNode one, byte[] body, int piece) {
        Dialect dialect = dialect(one.path("wire_format").asText());
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
