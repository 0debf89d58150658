package dev.weir.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.eventstream.Message;
import software.amazon.awssdk.eventstream.MessageDecoder;

/// Bedrock's Converse in the sandbox, its frames read by the decoder of AWS.
class ConverseVoiceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String MODEL = "/model/us.amazon.nova-lite-v1%3A0";

    private static Vertx vertx;
    private static Sandbox sandbox;

    @BeforeAll
    static void start() throws Exception {
        vertx = Vertx.vertx();
        sandbox = Sandbox.start(vertx).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aWholeAnswerTellsUsageThatASecondCountConfirms() throws Exception {
        HttpResponse<byte[]> response = post("/converse", asked(""));
        JsonNode answer = JSON.readTree(response.body());
        String text = answer.at("/output/message/content/0/text").asText();
        assertThat(answer.at("/usage/outputTokens").asInt()).isEqualTo(Tokenizer.count(text)).isPositive();
        assertThat(answer.at("/usage/inputTokens").asInt())
                .isEqualTo(3 + 3 + Tokenizer.count("user") + Tokenizer.count("What does a weir do?"));
        assertThat(answer.at("/usage/totalTokens").asInt())
                .isEqualTo(answer.at("/usage/inputTokens").asInt() + answer.at("/usage/outputTokens").asInt());
        assertThat(answer.at("/stopReason").asText()).isEqualTo("end_turn");
        assertThat(response.headers().firstValue("x-amzn-requestid").orElse(""))
                .matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    }

    @Test
    void aStreamIsFramedAsTheSdkOfAwsReadsItAndSaysTheSame() throws Exception {
        HttpResponse<byte[]> response = post("/converse-stream", asked(""));
        assertThat(response.headers().firstValue("content-type")).contains("application/vnd.amazon.eventstream");
        List<Message> events = decoded(response.body());
        assertThat(header(events.getFirst(), ":event-type")).isEqualTo("messageStart");
        assertThat(header(events.getLast(), ":event-type")).isEqualTo("metadata");
        var text = new StringBuilder();
        for (Message event : events) {
            assertThat(header(event, ":message-type")).isEqualTo("event");
            text.append(JSON.readTree(event.getPayload()).at("/delta/text").asText());
        }
        JsonNode whole = JSON.readTree(post("/converse", asked("")).body());
        assertThat(text.toString()).isEqualTo(whole.at("/output/message/content/0/text").asText());
        assertThat(JSON.readTree(events.getLast().getPayload()).path("usage")).isEqualTo(whole.path("usage"));
    }

    @Test
    void theLimitCutsAndStopSequencesEnd() throws Exception {
        JsonNode cut = JSON.readTree(post("/converse", asked(",\"inferenceConfig\":{\"maxTokens\":7}")).body());
        assertThat(cut.at("/usage/outputTokens").asInt()).isEqualTo(7);
        assertThat(cut.at("/stopReason").asText()).isEqualTo("max_tokens");
        JsonNode stopped = JSON.readTree(post("/converse", asked(",\"inferenceConfig\":{\"stopSequences\":[\" the \"]},"
                + "\"weir_sandbox\":{\"output_tokens\":200}")).body());
        assertThat(stopped.at("/stopReason").asText()).isEqualTo("stop_sequence");
    }

    @ParameterizedTest
    @CsvSource({"400, ValidationException", "403, AccessDeniedException", "429, ThrottlingException",
        "503, ServiceUnavailableException", "500, InternalServerException"})
    void anErrorIsNamedInItsHeader(int status, String type) throws Exception {
        HttpResponse<byte[]> response = post("/converse", asked(",\"weir_sandbox\":{\"status\":" + status + "}"));
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("x-amzn-errortype")).contains(type);
        assertThat(JSON.readTree(response.body()).path("message").asText()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"messages\":[]}", "{\"messages\":[{\"role\":\"user\"}]}",
        "{\"messages\":[{\"content\":[{\"text\":\"a\"}]}],\"inferenceConfig\":{\"maxTokens\":0}}"})
    void whatBedrockRefusesIsRefused(String body) throws Exception {
        assertThat(post("/converse", body).statusCode()).isEqualTo(400);
    }

    @Test
    void aStreamBreaksOffWhereItIsTold() {
        assertThatThrownBy(() -> post("/converse-stream", asked(",\"weir_sandbox\":{\"cut_after_chunks\":3}")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void tokensAreCountedForNothing() throws Exception {
        JsonNode counted = JSON
                .readTree(post("/count-tokens", "{\"input\":{\"converse\":" + asked("") + "}}").body());
        JsonNode answered = JSON.readTree(post("/converse", asked("")).body());
        assertThat(counted.path("inputTokens")).isEqualTo(answered.at("/usage/inputTokens"));
    }

    private static String header(Message event, String name) {
        return Objects.requireNonNull(event.getHeaders().get(name)).getString();
    }

    private static List<Message> decoded(byte[] stream) {
        List<Message> events = new ArrayList<>();
        var decoder = new MessageDecoder(events::add);
        decoder.feed(stream);
        return events;
    }

    private static String asked(String more) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"What does a weir do?\"}]}]" + more + "}";
    }

    private static HttpResponse<byte[]> post(String verb, String body) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(URI.create(sandbox.url() + MODEL + verb))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8))
                .build(), HttpResponse.BodyHandlers.ofByteArray());
    }
}
