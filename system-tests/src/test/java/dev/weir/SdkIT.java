package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The official SDKs through Weir, unmodified but for base URL and key, with their own retries on.
class SdkIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";

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
    void openaiChatIsMeteredAsTheClientSeesIt() throws Exception {
        try (var openai = closing(openai(weir.newKey("chat", "pro")))) {
            ChatCompletion answer = openai.client()
                    .chat()
                    .completions()
                    .create(chat(Map.of()).maxCompletionTokens(30).build());
            var usage = answer.usage().orElseThrow();
            assertThat(answer.choices().getFirst().message().content().orElseThrow()).isNotBlank();
            assertTokens(Events.atLeast(1, weir, "chat").getFirst(), usage.promptTokens(), usage.completionTokens());
        }
    }

    @Test
    void openaiStreamIsMeteredThoughTheClientDidNotAskForUsage() throws Exception {
        var whole = ChatCompletionAccumulator.create();
        try (var openai = closing(openai(weir.newKey("stream", "pro")));
                var stream = openai.client()
                        .chat()
                        .completions()
                        .createStreaming(chat(Map.of("output_tokens", 40)).build())) {
            stream.stream().forEach(chunk -> {
                assertThat(chunk.choices()).as("the usage chunk that Weir asked for is taken out").isNotEmpty();
                whole.accumulate(chunk);
            });
        }
        assertThat(whole.chatCompletion().choices().getFirst().message().content()).isPresent();
        JsonObject event = Events.atLeast(1, weir, "stream").getFirst();
        assertThat(event.getJsonObject("meters").getLong("tokens_out")).isEqualTo(40);
        assertThat(event.getJsonObject("provenance").getString("tokens_out")).isEqualTo("reported");
    }

    @Test
    void anOpenaiResponseAndItsStreamAreMetered() throws Exception {
        try (var openai = closing(openai(weir.newKey("responses", "pro")))) {
            var plain = openai.client().responses().create(response(Map.of("output_tokens", 25)).build());
            var whole = ResponseAccumulator.create();
            try (var stream = openai.client()
                    .responses()
                    .createStreaming(response(Map.of("output_tokens", 25)).build())) {
                stream.stream().forEach(whole::accumulate);
            }
            var usage = plain.usage().orElseThrow();
            assertThat(usage.outputTokens()).isEqualTo(25);
            assertThat(whole.response().usage().orElseThrow().outputTokens()).isEqualTo(25);
            for (JsonObject event : Events.atLeast(2, weir, "responses")) {
                assertTokens(event, usage.inputTokens(), usage.outputTokens());
            }
        }
    }

    @Test
    void aBackgroundResponseIsBookedOnceHoweverOftenItIsRead() throws Exception {
        try (var openai = closing(openai(weir.newKey("background", "pro")))) {
            var created = openai.client()
                    .responses()
                    .create(response(Map.of("output_tokens", 25)).background(true).build());
            for (int i = 0; i < 3; i++) {
                var read = openai.client().responses().retrieve(created.id());
                assertThat(read.usage().orElseThrow().outputTokens()).isEqualTo(25);
            }
        }
        List<JsonObject> events = Events.atLeast(5, weir, "background");
        assertThat(events).hasSize(5);
        assertThat(events).filteredOn(event -> event.getJsonObject("meters").containsKey("tokens_out"))
                .singleElement()
                .satisfies(booked -> {
                    assertThat(booked.getJsonArray("flags").getList()).isEqualTo(List.of("usage_deferred"));
                    assertThat(booked.getJsonObject("meters").getLong("tokens_out")).isEqualTo(25);
                });
    }

    @Test
    void openaiEmbeddingsAreMetered() throws Exception {
        try (var openai = closing(openai(weir.newKey("embeddings", "pro")))) {
            var answer = openai.client()
                    .embeddings()
                    .create(EmbeddingCreateParams.builder()
                            .model("sandbox-small")
                            .inputOfArrayOfStrings(List.of("a weir", "a dam"))
                            .build());
            assertThat(answer.data()).hasSize(2);
            assertTokens(Events.atLeast(1, weir, "embeddings").getFirst(), answer.usage().promptTokens(), 0);
        }
    }

    @Test
    void anthropicMessageAndStreamAreMetered() throws Exception {
        try (var anthropic = closing(anthropic(weir.newKey("messages", "pro")))) {
            var plain = anthropic.client().messages().create(message());
            var whole = MessageAccumulator.create();
            try (var stream = anthropic.client().messages().createStreaming(message())) {
                stream.stream().forEach(whole::accumulate);
            }
            assertThat(whole.message().usage().outputTokens()).isEqualTo(plain.usage().outputTokens());
            for (JsonObject event : Events.atLeast(2, weir, "messages")) {
                assertTokens(event, plain.usage().inputTokens(), plain.usage().outputTokens());
            }
        }
    }

    @Test
    void anUpstreamErrorRaisesTheSdksOwnException() throws Exception {
        try (var openai = closing(openai(weir.newKey("error", "pro")))) {
            assertThatThrownBy(() -> openai.client().chat().completions().create(chat(Map.of("status", 400)).build()))
                    .isInstanceOf(com.openai.errors.BadRequestException.class);
            assertThat(Events.atLeast(1, weir, "error").getFirst().getString("outcome")).isEqualTo("upstream_error");
        }
    }

    @Test
    void aBlockCostsOpenaisSdkExactlyOneRequest() throws Exception {
        try (var openai = closing(openai(weir.newKey("blocked-openai", "free")))) {
            assertThatThrownBy(() -> openai.client().chat().completions().create(tooLong()))
                    .isInstanceOf(com.openai.errors.RateLimitException.class)
                    .hasMessageContaining("free-tokens-per-day");
            assertOneBlock("blocked-openai");
        }
    }

    @Test
    void aBlockCostsAnthropicsSdkExactlyOneRequest() throws Exception {
        try (var anthropic = closing(anthropic(weir.newKey("blocked-anthropic", "free")))) {
            assertThatThrownBy(() -> anthropic.client()
                    .messages()
                    .create(MessageCreateParams.builder()
                            .model("sandbox-small")
                            .maxTokens(50)
                            .addUserMessage(longText())
                            .build()))
                    .isInstanceOf(com.anthropic.errors.RateLimitException.class);
            assertOneBlock("blocked-anthropic");
        }
    }

    /// Another, admitted call puts a mark behind the block: whatever the SDK had tried again would stand before it.
    private static void assertOneBlock(String tenant) throws Exception {
        List<JsonObject> events = Events.atLeast(1, weir, tenant);
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().getString("outcome")).isEqualTo("blocked");
        assertThat(events.getFirst().getString("reason_code")).isEqualTo("cap_exceeded");
        assertThat(events.getFirst().getString("cost")).isEqualTo("0");
    }

    private static void assertTokens(JsonObject event, long in, long out) {
        assertThat(event.getJsonObject("meters").getLong("tokens_in")).isEqualTo(in);
        assertThat(event.getJsonObject("meters").getLong("tokens_out")).isEqualTo(out);
        assertThat(event.getString("outcome")).isEqualTo("ok");
        assertThat(event.getString("cost")).isNotNull();
    }

    private static ChatCompletionCreateParams.Builder chat(Map<String, Object> sandbox) {
        return ChatCompletionCreateParams.builder()
                .model("sandbox-small")
                .addUserMessage("What is a weir?")
                .putAdditionalBodyProperty("weir_sandbox", JsonValue.from(sandbox));
    }

    private static ResponseCreateParams.Builder response(Map<String, Object> sandbox) {
        return ResponseCreateParams.builder()
                .model("sandbox-small")
                .input("What is a weir?")
                .putAdditionalBodyProperty("weir_sandbox", JsonValue.from(sandbox));
    }

    private static ChatCompletionCreateParams tooLong() {
        return ChatCompletionCreateParams.builder().model("sandbox-small").addUserMessage(longText()).build();
    }

    private static String longText() {
        return "weir ".repeat(3_000);
    }

    private static MessageCreateParams message() {
        return MessageCreateParams.builder()
                .model("sandbox-small")
                .maxTokens(20)
                .addUserMessage("What is a weir?")
                .build();
    }

    private static OpenAIClient openai(String key) {
        return OpenAIOkHttpClient.builder().baseUrl(weir.url("/sandbox/v1")).apiKey(key).build();
    }

    private static AnthropicClient anthropic(String key) {
        return AnthropicOkHttpClient.builder().baseUrl(weir.url("/sandbox")).apiKey(key).build();
    }

    private record Closing<T>(T client, Runnable end) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    private static Closing<OpenAIClient> closing(OpenAIClient client) {
        return new Closing<>(client, client::close);
    }

    private static Closing<AnthropicClient> closing(AnthropicClient client) {
        return new Closing<>(client, client::close);
    }
}
