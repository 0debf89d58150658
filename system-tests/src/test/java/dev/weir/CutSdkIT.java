package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.google.genai.Client;
import com.google.genai.types.FinishReason;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A stream that meets a cap is for each official SDK an answer that came to its output limit: no exception, no second request,
/// and all text so far. The provider ignores the output limit; the tenants are on the plan `free`, 1,000 tokens a day.
class CutSdkIT {
    private static final int OUTPUT_MOST = 200;

    @TempDir
    private static Path folder;
    private static WeirProcess weir;
    private static CarelessUpstream upstream;

    @BeforeAll
    static void start() throws Exception {
        upstream = new CarelessUpstream();
        weir = WeirProcess.start(folder, upstream.config());
    }

    @AfterAll
    static void stop() {
        weir.close();
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.takeRequests();
    }

    @Test
    void openaisChatEndsForItsLength() throws Exception {
        var whole = ChatCompletionAccumulator.create();
        var openai = OpenAIOkHttpClient.builder()
                .baseUrl(weir.url("/openai/v1"))
                .apiKey(weir.newKey("cut-chat", "free"))
                .build();
        try (var stream = openai.chat()
                .completions()
                .createStreaming(ChatCompletionCreateParams.builder()
                        .model("gpt-4o-mini")
                        .addUserMessage("hi")
                        .maxCompletionTokens(OUTPUT_MOST)
                        .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                        .build())) {
            stream.stream().forEach(whole::accumulate);
        }
        openai.close();
        ChatCompletion.Choice choice = whole.chatCompletion().choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
        assertWords(choice.message().content().orElseThrow());
        assertThat(whole.chatCompletion().usage().orElseThrow().completionTokens()).isEqualTo(OUTPUT_MOST);
        assertCut("cut-chat");
    }

    @Test
    void openaisResponseIsIncompleteForItsOutputTokens() throws Exception {
        var whole = ResponseAccumulator.create();
        var openai = OpenAIOkHttpClient.builder()
                .baseUrl(weir.url("/openai/v1"))
                .apiKey(weir.newKey("cut-response", "free"))
                .build();
        try (var stream = openai.responses()
                .createStreaming(ResponseCreateParams.builder()
                        .model("gpt-4o-mini")
                        .input("hi")
                        .maxOutputTokens(OUTPUT_MOST)
                        .build())) {
            stream.stream().forEach(whole::accumulate);
        }
        openai.close();
        Response response = whole.response();
        assertThat(response.incompleteDetails().orElseThrow().reason().orElseThrow())
                .isEqualTo(Response.IncompleteDetails.Reason.MAX_OUTPUT_TOKENS);
        assertWords(response.output()
                .getFirst()
                .message()
                .orElseThrow()
                .content()
                .getFirst()
                .outputText()
                .orElseThrow()
                .text());
        assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(OUTPUT_MOST);
        assertCut("cut-response");
    }

    @Test
    void anthropicsMessageStopsAtItsMaxTokens() throws Exception {
        var whole = MessageAccumulator.create();
        var anthropic = AnthropicOkHttpClient.builder()
                .baseUrl(weir.url("/anthropic"))
                .apiKey(weir.newKey("cut-message", "free"))
                .build();
        try (var stream = anthropic.messages()
                .createStreaming(MessageCreateParams.builder()
                        .model("claude-haiku-4-5")
                        .maxTokens(OUTPUT_MOST)
                        .addUserMessage("hi")
                        .build())) {
            stream.stream().forEach(whole::accumulate);
        }
        anthropic.close();
        assertThat(whole.message().stopReason()).contains(StopReason.MAX_TOKENS);
        assertWords(whole.message().content().getFirst().text().orElseThrow().text());
        assertThat(whole.message().usage().outputTokens()).isEqualTo(OUTPUT_MOST);
        assertCut("cut-message");
    }

    @Test
    void googlesCandidateEndsAtItsMaxTokens() throws Exception {
        List<GenerateContentResponse> chunks = new ArrayList<>();
        try (var google = Client.builder()
                .apiKey(weir.newKey("cut-google", "free"))
                .httpOptions(HttpOptions.builder().baseUrl(weir.url("/google")).build())
                .build();
                var stream = google.models.generateContentStream("gemini-2.5-flash", "hi",
                        GenerateContentConfig.builder().maxOutputTokens(OUTPUT_MOST).build())) {
            stream.forEach(chunks::add);
        }
        assertThat(chunks.getLast().finishReason().knownEnum()).isEqualTo(FinishReason.Known.MAX_TOKENS);
        var text = new StringBuilder();
        chunks.forEach(chunk -> text.append(chunk.text()));
        assertWords(text.toString());
        assertCut("cut-google");
    }

    @Test
    void aBlockCostsOneRequestAtWeirAndNoneAtTheProvider() throws Exception {
        var openai = OpenAIOkHttpClient.builder()
                .baseUrl(weir.url("/openai/v1"))
                .apiKey(weir.newKey("cut-blocked", "free"))
                .build();
        assertThatThrownBy(() -> openai.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("gpt-4o-mini")
                        .addUserMessage("weir ".repeat(3_000))
                        .build()))
                .isInstanceOf(com.openai.errors.RateLimitException.class);
        openai.close();
        assertThat(Events.atLeast(1, weir, "cut-blocked")).hasSize(1);
        assertThat(upstream.takeRequests()).isZero();
    }

    private static void assertWords(String text) {
        assertThat(text).startsWith(" word word").matches("( word)+");
        assertThat(text.length() / " word".length()).isBetween(OUTPUT_MOST - 2, 3 * OUTPUT_MOST);
    }

    private static void assertCut(String tenant) throws Exception {
        List<JsonObject> events = Events.atLeast(1, weir, tenant);
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().getString("outcome")).isEqualTo("cut_by_cap");
        assertThat(events.getFirst().getString("reason_code")).isEqualTo("cap_exceeded");
        assertThat(upstream.takeRequests()).isEqualTo(1);
    }
}
