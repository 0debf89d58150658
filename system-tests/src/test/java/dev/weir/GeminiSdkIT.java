package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.errors.ClientException;
import com.google.genai.errors.ServerException;
import com.google.genai.types.FinishReason;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Google's official SDK through Weir, unmodified but for base URL, key and a short wait between its retries.
class GeminiSdkIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";
    private static final String MODEL = "sandbox-small";
    /// The SDK's five attempts, without its half minute of waiting.
    private static final HttpRetryOptions IMPATIENT = HttpRetryOptions.builder()
            .initialDelay(0.001)
            .maxDelay(0.001)
            .build();

    @TempDir
    private static Path folder;
    private static WeirProcess weir;

    @BeforeAll
    static void start() throws Exception {
        weir = WeirProcess.start(folder, CONFIG);
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @Test
    void anAnswerIsMeteredAsTheClientSeesIt() throws Exception {
        try (Client google = google("generate", "pro")) {
            var answer = google.models.generateContent(MODEL, "What is a weir?",
                    GenerateContentConfig.builder().maxOutputTokens(9).build());
            assertThat(answer.text()).isNotBlank();
            assertThat(answer.finishReason().knownEnum()).isEqualTo(FinishReason.Known.MAX_TOKENS);
            assertThat(answer.usageMetadata().orElseThrow().candidatesTokenCount()).contains(9);
            assertTokens(Events.atLeast(1, weir, "generate").getFirst(), answer);
        }
    }

    @Test
    void aStreamIsMeteredAsTheClientSeesIt() throws Exception {
        try (Client google = google("generate-stream", "pro");
                var stream = google.models.generateContentStream(MODEL, "What is a weir?",
                        sandbox(Map.of("output_tokens", 40)).build())) {
            List<GenerateContentResponse> chunks = new ArrayList<>();
            stream.forEach(chunks::add);
            assertThat(chunks).hasSize(40);
            assertThat(chunks.getLast().usageMetadata().orElseThrow().candidatesTokenCount()).contains(40);
            assertTokens(Events.atLeast(1, weir, "generate-stream").getFirst(), chunks.getLast());
        }
    }

    @Test
    void countingIsFree() throws Exception {
        try (Client google = google("count", "pro")) {
            assertThat(google.models.countTokens(MODEL, "What is a weir?", null).totalTokens().orElseThrow())
                    .isPositive();
            JsonObject event = Events.atLeast(1, weir, "count").getFirst();
            assertThat(event.getString("outcome")).isEqualTo("ok");
            assertThat(event.getString("cost")).isEqualTo("0");
            assertThat(event.getJsonObject("meters").containsKey("tokens_in")).isFalse();
        }
    }

    @Test
    void anUpstreamErrorRaisesTheSdksOwnException() throws Exception {
        try (Client google = google("google-error", "pro")) {
            assertThatThrownBy(() -> google.models.generateContent(MODEL, "hi",
                    sandbox(Map.of("status", 503)).build()))
                    .isInstanceOfSatisfying(ServerException.class,
                            e -> assertThat(e.status()).isEqualTo("UNAVAILABLE"));
            assertThat(Events.atLeast(1, weir, "google-error").getFirst().getString("outcome"))
                    .isEqualTo("upstream_error");
        }
    }

    @Test
    void withItsRetriesOffABlockCostsTheSdkExactlyOneRequest() throws Exception {
        assertThat(blocked("blocked-google", HttpRetryOptions.builder().attempts(1).build())).hasSize(1);
    }

    /// The SDK repeats every 429 four times and reads no header that could stop it (its `HttpRetryOptions`):
    /// the most Weir can do is to refuse each at no cost and to count them.
    @Test
    void theSdksOwnRetriesOfABlockAreCountedAndCostNothing() throws Exception {
        assertThat(blocked("retried-google", IMPATIENT)).hasSize(5);
    }

    private static List<JsonObject> blocked(String tenant, HttpRetryOptions retries) throws Exception {
        try (Client google = google(tenant, "free", retries)) {
            assertThatThrownBy(() -> google.models.generateContent(MODEL, "weir ".repeat(3_000), null))
                    .isInstanceOfSatisfying(ClientException.class, e -> {
                        assertThat(e.code()).isEqualTo(429);
                        assertThat(e.status()).isEqualTo("RESOURCE_EXHAUSTED");
                        assertThat(e.message()).contains("free-tokens-per-day");
                    });
        }
        List<JsonObject> events = Events.atLeast(retries.attempts().orElse(5), weir, tenant);
        assertThat(events).allSatisfy(event -> {
            assertThat(event.getString("outcome")).isEqualTo("blocked");
            assertThat(event.getString("reason_code")).isEqualTo("cap_exceeded");
            assertThat(event.getString("cost")).isEqualTo("0");
        });
        return events;
    }

    private static void assertTokens(JsonObject event, GenerateContentResponse answer) {
        var usage = answer.usageMetadata().orElseThrow();
        JsonObject meters = event.getJsonObject("meters");
        assertThat(meters.getInteger("tokens_in")).isEqualTo(usage.promptTokenCount().orElseThrow());
        assertThat(meters.getInteger("tokens_out")).isEqualTo(usage.candidatesTokenCount().orElseThrow());
        assertThat(event.getJsonObject("provenance").getString("tokens_out")).isEqualTo("reported");
        assertThat(event.getString("outcome")).isEqualTo("ok");
        assertThat(event.getString("cost")).isNotNull();
    }

    private static GenerateContentConfig.Builder sandbox(Map<String, Object> controls) {
        return GenerateContentConfig.builder()
                .httpOptions(HttpOptions.builder().extraBody(Map.of("weir_sandbox", controls)).build());
    }

    private static Client google(String tenant, String plan) throws Exception {
        return google(tenant, plan, IMPATIENT);
    }

    private static Client google(String tenant, String plan, HttpRetryOptions retries) throws Exception {
        return Client.builder()
                .apiKey(weir.newKey(tenant, plan))
                .httpOptions(HttpOptions.builder().baseUrl(weir.url("/sandbox")).retryOptions(retries).build())
                .build();
    }
}
