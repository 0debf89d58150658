package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What realtime sessions tell, and what they do not.
class SessionTest {
    private static final String CREATED = "{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"usage\":null}}";
    private static final String DONE = "{\"type\":\"response.done\",\"response\":{\"usage\":{\"input_tokens\":10,"
            + "\"output_tokens\":4,\"input_token_details\":{\"audio_tokens\":8,\"cached_tokens\":6,"
            + "\"cached_tokens_details\":{\"audio_tokens\":5}}}}}";

    private final SessionScanner openAi = new OpenAiRealtime("openai").session(OutputListener.NONE);
    private final SessionScanner gemini = new GeminiLive().session(OutputListener.NONE);

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "openai, /v1/realtime, openai.realtime", "azure, /openai/realtime, openai.realtime",
        "xai, /v1/realtime, openai.realtime", "sandbox, /v1/realtime, openai.realtime",
        "google, /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent, gemini.live",
        "vertex, /ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent, gemini.live",
        "openai, /ws/x.BidiGenerateContent, passthrough", "openai, /v1/realtime/client_secrets, passthrough"})
    void pathDecidesWhetherASessionIsSpoken(String provider, String path, String id) {
        Dialect dialect = Dialects.of(provider, "GET", path);
        assertThat(dialect.id()).isEqualTo(id);
        assertThat(dialect.isSession()).isEqualTo(!id.equals("passthrough"));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"/v1/realtime?model=gpt-realtime, gpt-realtime",
        "/v1/realtime?intent=x&model=a%2Fb, a/b", "/openai/realtime?api-version=1&deployment=mine, mine",
        "/v1/realtime, -", "/v1/realtime?model=, -", "/v1/realtime?xmodel=a, -"})
    void queryNamesTheModel(String target, @Nullable String model) {
        var reading = new OpenAiRealtime("openai").readRequest(new RequestHead("GET", target, "openai", null),
                new byte[0], 0);
        assertThat(reading).isInstanceOfSatisfying(RequestReading.Facts.class, facts -> {
            assertThat(facts.facts().model() == null ? null : facts.facts().model().value()).isEqualTo(model);
            assertThat(facts.facts().prompt().unseen()).contains("realtime");
        });
    }

    @Test
    void usagesAreAddedUpAndEndWhatRuns() {
        say(openAi, CREATED);
        assertThat(openAi.facts().usage()).isEqualTo(Usage.NONE);
        assertThat(openAi.facts().finished()).isFalse();
        say(openAi, DONE);
        say(openAi, CREATED);
        assertThat(openAi.facts().usage()).isEqualTo(Usage.LATEST);
        say(openAi, DONE);
        assertThat(openAi.facts().usage()).isEqualTo(Usage.FINAL);
        assertThat(openAi.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(20);
        assertThat(openAi.facts().quantities().amount(Meter.TOKENS_OUT)).isEqualTo(8);
    }

    /// Cached sound costs what the cache costs: it must not be priced as fresh sound too.
    @Test
    void cachedSoundIsCountedAsSoundAndSoldFromTheCache() {
        say(openAi, DONE);
        assertThat(openAi.facts().quantities().amount(Meter.AUDIO_IN)).isEqualTo(8);
        assertThat(openAi.facts().billed().amount(Meter.AUDIO_IN)).isEqualTo(3);
        assertThat(openAi.facts().billed().amount(Meter.CACHE_READ)).isEqualTo(6);
        assertThat(openAi.facts().billed().amount(Meter.TOKENS_IN)).isEqualTo(10);
    }

    @Test
    void responseThatEndsWithoutUsageLeavesTheSessionUntold() {
        say(openAi, CREATED);
        say(openAi, "{\"type\":\"response.done\",\"response\":{\"status\":\"failed\",\"usage\":null}}");
        assertThat(openAi.facts().finished()).isFalse();
        say(openAi, DONE);
        assertThat(openAi.facts().usage()).isEqualTo(Usage.LATEST);
    }

    /// One second of sound is 64,000 characters of base64 and twenty tokens.
    @ParameterizedTest
    @CsvSource({"audio/pcm, 20", "pcm16, 20", "g711_ulaw, 120", "audio/pcma, 120"})
    void soundOfAnUnfinishedResponseIsBounded(String format, long tokens) {
        say(openAi, "{\"session\":{\"audio\":{\"output\":{\"format\":{\"type\":\"" + format
                + "\"}}}},\"type\":\"session.updated\"}");
        say(openAi, CREATED);
        say(openAi, "{\"type\":\"response.output_audio.delta\",\"delta\":\"" + "A".repeat(64_000) + "\"}");
        var quantities = openAi.facts().quantities();
        assertThat(quantities.amount(Meter.AUDIO_OUT)).isEqualTo(tokens);
        assertThat(quantities.amount(Meter.TOKENS_OUT)).isEqualTo(tokens);
        assertThat(quantities.provenance(Meter.TOKENS_OUT)).isEqualTo(Provenance.BOUND);
    }

    @Test
    void unfinishedResponseHasReadTheConversationSoFar() {
        say(openAi, DONE);
        say(openAi, CREATED);
        assertThat(openAi.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(10 + 14);
        assertThat(openAi.facts().quantities().provenance(Meter.TOKENS_IN)).isEqualTo(Provenance.BOUND);
    }

    @Test
    void messageThatIsNoJsonEndsWithItself() {
        say(openAi, "{\"type\":\"response.done\",\"usage\":{\"input_tokens\":7");
        say(openAi, "}]");
        say(openAi, DONE);
        assertThat(openAi.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(10);
    }

    @Test
    void toolCallsAndSearchesOfTheModelAreCounted() {
        say(openAi, "{\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\"}}");
        say(openAi, "{\"type\":\"response.output_item.done\",\"item\":{\"type\":\"web_search_call\"}}");
        say(openAi, "{\"type\":\"response.output_item.done\",\"item\":{\"type\":\"mcp_call\"}}");
        say(openAi, "{\"type\":\"conversation.item.added\",\"item\":{\"type\":\"function_call\"}}");
        assertThat(openAi.facts().quantities().amount(Meter.TOOL_CALLS_REQUESTED)).isEqualTo(1);
        assertThat(openAi.facts().quantities().amount(Meter.SEARCHES)).isEqualTo(1);
        say(gemini, "{\"toolCall\":{\"functionCalls\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}");
        assertThat(gemini.facts().quantities().amount(Meter.TOOL_CALLS_REQUESTED)).isEqualTo(2);
    }

    @Test
    void absurdUsageIsClampedAndStillAddsUp() {
        String huge = DONE.replace("\"input_tokens\":10", "\"input_tokens\":9223372036854775807");
        say(openAi, huge);
        say(openAi, huge);
        assertThat(openAi.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(2 * JsonNumber.MOST);
        // The next response reads what the last one read and wrote.
        say(openAi, CREATED);
        assertThat(openAi.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(3 * JsonNumber.MOST + 4);
    }

    @Test
    void thoughtsOfGeminiComeOnTop() {
        say(gemini, "{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"text\":\"a\"}]}}}");
        assertThat(gemini.facts().finished()).isFalse();
        say(gemini, "{\"usageMetadata\":{\"promptTokenCount\":5,\"responseTokenCount\":3,\"thoughtsTokenCount\":2,"
                + "\"totalTokenCount\":8}}");
        assertThat(gemini.facts().finished()).isTrue();
        assertThat(gemini.facts().quantities().amount(Meter.TOKENS_OUT)).isEqualTo(5);
        assertThat(gemini.facts().quantities().amount(Meter.REASONING)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"models/gemini-live, gemini-live", "gemini-live, gemini-live", "'', -",
        "models/, -"})
    void firstMessageOfTheClientNamesTheModel(String written, @Nullable String model) {
        byte[] message = ("{\"setup\":{\"tools\":[],\"model\":\"" + written + "\"}}").getBytes(UTF_8);
        var setup = new SessionSetup();
        for (int i = 0; i < message.length; i++) {
            setup.accept(message, i, 1);
        }
        assertThat(setup.model() == null ? null : setup.model().value()).isEqualTo(model);
    }

    private static void say(SessionScanner scanner, String message) {
        byte[] bytes = message.getBytes(UTF_8);
        scanner.accept(bytes, 0, bytes.length);
        scanner.messageEnd();
    }
}
