package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionUsage;
import dev.weir.sandbox.Sandbox;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The official SDKs, unmodified but for base URL and key, against the sandbox itself.
class SandboxSdkIT {
    private static Vertx vertx;
    private static OpenAIClient openai;
    private static AnthropicClient anthropic;

    @BeforeAll
    static void start() throws Exception {
        vertx = Vertx.vertx();
        Sandbox sandbox = Sandbox.start(vertx).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        openai = OpenAIOkHttpClient.builder().baseUrl(sandbox.url() + "/v1").apiKey("none").maxRetries(0).build();
        anthropic = AnthropicOkHttpClient.builder().baseUrl(sandbox.url()).apiKey("none").maxRetries(0).build();
    }

    @AfterAll
    static void stop() throws Exception {
        openai.close();
        anthropic.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void openaiChatHasTextAndUsage() {
        ChatCompletion answer = openai.chat().completions().create(chat(Map.of()).maxCompletionTokens(9).build());
        CompletionUsage usage = answer.usage().orElseThrow();
        assertThat(answer.choices().getFirst().message().content().orElseThrow()).isNotBlank();
        assertThat(answer.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
        assertThat(usage.completionTokens()).isEqualTo(9);
        assertThat(usage.totalTokens()).isEqualTo(usage.promptTokens() + 9);
    }

    @Test
    void openaiStreamIsAccumulatedToTheSameAnswer() {
        ChatCompletionCreateParams asked = chat(Map.of("output_tokens", 40))
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        var whole = ChatCompletionAccumulator.create();
        try (var stream = openai.chat().completions().createStreaming(asked)) {
            stream.stream().forEach(whole::accumulate);
        }
        ChatCompletion streamed = whole.chatCompletion();
        ChatCompletion plain = openai.chat().completions().create(chat(Map.of("output_tokens", 40)).build());
        assertThat(streamed.usage().orElseThrow().completionTokens()).isEqualTo(40);
        assertThat(streamed.choices().getFirst().message().content())
                .isEqualTo(plain.choices().getFirst().message().content());
    }

    @Test
    void openaiStreamWithoutTheOptionHasNoUsage() {
        List<ChatCompletionChunk> chunks = new ArrayList<>();
        try (var stream = openai.chat().completions().createStreaming(chat(Map.of("output_tokens", 5)).build())) {
            stream.stream().forEach(chunks::add);
        }
        assertThat(chunks).hasSize(1 + 5 + 1).allMatch(chunk -> chunk.usage().isEmpty());
    }

    @Test
    void openaiErrorsBecomeTheSdksOwnExceptions() {
        assertThatThrownBy(() -> openai.chat().completions().create(chat(Map.of("status", 429)).build()))
                .isInstanceOfSatisfying(com.openai.errors.RateLimitException.class,
                        e -> assertThat(e.code()).contains("rate_limit_exceeded"));
        assertThatThrownBy(() -> openai.chat().completions().create(chat(Map.of("status", 401)).build()))
                .isInstanceOf(com.openai.errors.UnauthorizedException.class);
        assertThatThrownBy(() -> openai.chat().completions().create(chat(Map.of("status", 503)).build()))
                .isInstanceOf(com.openai.errors.InternalServerException.class);
    }

    @Test
    void openaiStreamThatIsCutEndsInAnException() {
        ChatCompletionCreateParams asked = chat(Map.of("output_tokens", 50, "cut_after_chunks", 10)).build();
        List<ChatCompletionChunk> chunks = new ArrayList<>();
        assertThatThrownBy(() -> {
            try (var stream = openai.chat().completions().createStreaming(asked)) {
                stream.stream().forEach(chunks::add);
            }
        }).isInstanceOf(RuntimeException.class);
        assertThat(chunks).hasSizeLessThanOrEqualTo(10);
    }

    @Test
    void openaiModelsAreListed() {
        assertThat(openai.models().list().data()).isNotEmpty()
                .allMatch(model -> model.ownedBy().equals("weir-sandbox"));
    }

    @Test
    void anthropicMessageHasTextAndUsage() {
        Message answer = anthropic.messages().create(message(9, Map.of()).build());
        assertThat(answer.content().getFirst().asText().text()).isNotBlank();
        assertThat(answer.stopReason()).contains(StopReason.MAX_TOKENS);
        assertThat(answer.usage().outputTokens()).isEqualTo(9);
        long counted = anthropic.messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model("claude-sonnet-4-5")
                        .addUserMessage("What does a weir do?")
                        .build())
                .inputTokens();
        assertThat(answer.usage().inputTokens()).isEqualTo(counted);
    }

    @Test
    void anthropicStreamIsAccumulatedToTheSameAnswer() {
        var whole = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> stream = anthropic.messages()
                .createStreaming(message(500, Map.of("output_tokens", 40)).build())) {
            stream.stream().forEach(whole::accumulate);
        }
        Message streamed = whole.message();
        Message plain = anthropic.messages().create(message(500, Map.of("output_tokens", 40)).build());
        assertThat(streamed.usage().outputTokens()).isEqualTo(40);
        assertThat(streamed.content().getFirst().asText().text()).isEqualTo(plain.content().getFirst().asText().text());
        assertThat(streamed.stopReason()).contains(StopReason.END_TURN);
    }

    @Test
    void anthropicErrorsBecomeTheSdksOwnExceptions() {
        assertThatThrownBy(() -> anthropic.messages().create(message(5, Map.of("status", 429)).build()))
                .isInstanceOf(com.anthropic.errors.RateLimitException.class)
                .hasMessageContaining("rate_limit_error");
        assertThatThrownBy(() -> anthropic.messages().create(message(5, Map.of("status", 401)).build()))
                .isInstanceOf(com.anthropic.errors.UnauthorizedException.class);
        assertThatThrownBy(() -> anthropic.messages().create(message(5, Map.of("status", 529)).build()))
                .isInstanceOf(com.anthropic.errors.InternalServerException.class);
    }

    @Test
    void anthropicModelsAreListed() {
        assertThat(anthropic.models().list().data()).isNotEmpty();
    }

    private static ChatCompletionCreateParams.Builder chat(Map<String, Integer> controls) {
        return ChatCompletionCreateParams.builder()
                .model("gpt-4o-mini")
                .addUserMessage("What does a weir do?")
                .putAdditionalBodyProperty("weir_sandbox", com.openai.core.JsonValue.from(controls));
    }

    private static MessageCreateParams.Builder message(int maxTokens, Map<String, Integer> controls) {
        return MessageCreateParams.builder()
                .model("claude-sonnet-4-5")
                .maxTokens(maxTokens)
                .addUserMessage("What does a weir do?")
                .putAdditionalBodyProperty("weir_sandbox", com.anthropic.core.JsonValue.from(controls));
    }
}
