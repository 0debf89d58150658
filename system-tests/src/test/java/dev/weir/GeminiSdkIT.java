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
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Google's official SDK through Weir, unmodified but for base URL and key.
class GeminiSdkIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";
    private static final String MODEL = "sandbox-small";

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
    void aBlockCostsExactlyOneRequestAndRaisesTheSdksOwnException() throws Exception {
        try (Client google = google("blocked-google", "free")) {
            assertThatThrownBy(() -> google.models.generateContent(MODEL, "weir ".repeat(3_000), null))
                    .isInstanceOfSatisfying(ClientException.class, e -> {
                        assertThat(e.code()).isEqualTo(429);
                        assertThat(e.status()).isEqualTo("RESOURCE_EXHAUSTED");
                        assertThat(e.message()).contains("free-tokens-per-day");
                    });
            List<JsonObject> events = Events.atLeast(1, weir, "blocked-google");
            assertThat(events).hasSize(1);
            assertThat(events.getFirst().getString("outcome")).isEqualTo("blocked");
            assertThat(events.getFirst().getString("reason_code")).isEqualTo("cap_exceeded");
            assertThat(events.getFirst().getString("cost")).isEqualTo("0");
        }
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
        return Client.builder()
                .apiKey(weir.newKey(tenant, plan))
                .httpOptions(HttpOptions.builder().baseUrl(weir.url("/sandbox")).build())
                .build();
    }
}
