package dev.weir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The sandbox as OpenAI's other text APIs, over HTTP.
class OpenAiVoicesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

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
    void aResponseHasUsageThatASecondCountConfirms() throws Exception {
        JsonNode answer = json("/v1/responses",
                "{\"model\":\"gpt-5-mini\",\"input\":\"What does a weir do?\",\"instructions\":\"Be brief.\"}");
        String text = answer.at("/output/0/content/0/text").asText();
        assertThat(answer.at("/usage/output_tokens").asInt()).isEqualTo(Tokenizer.count(text)).isPositive();
        assertThat(answer.at("/usage/input_tokens").asInt()).isEqualTo(3 + Tokenizer.count("Be brief.") + 3
                + Tokenizer.count("user") + Tokenizer.count("What does a weir do?"));
        assertThat(answer.path("status").asText()).isEqualTo("completed");
    }

    @Test
    void aResponseThatIsCutByItsLimitIsIncomplete() throws Exception {
        JsonNode answer = json("/v1/responses", "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"input_text\",\"text\":\"hi\"}]}],\"max_output_tokens\":16}");
        assertThat(answer.path("status").asText()).isEqualTo("incomplete");
        assertThat(answer.at("/usage/output_tokens").asInt()).isEqualTo(16);
    }

    @Test
    void aResponseStreamHasItsEventsInOrderAndItsUsageInTheLast() throws Exception {
        String body = post("/v1/responses", "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true,"
                + "\"weir_sandbox\":{\"output_tokens\":3}}").body();
        List<JsonNode> events = events(body);
        assertThat(events).extracting(event -> event.path("type").asText())
                .containsExactly("response.created", "response.in_progress", "response.output_item.added",
                        "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                        "response.output_text.delta", "response.output_text.done", "response.content_part.done",
                        "response.output_item.done", "response.completed");
        assertThat(events.getFirst().at("/response/usage").isNull()).isTrue();
        assertThat(events.getLast().at("/response/usage/output_tokens").asInt()).isEqualTo(3);
        assertThat(events).extracting(event -> event.path("sequence_number").asInt())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        assertThat(body).contains("event: response.completed\n").doesNotContain("[DONE]");
    }

    @Test
    void aBackgroundResponseTellsItsUsageWhenItIsAskedFor() throws Exception {
        JsonNode created = json("/v1/responses", "{\"model\":\"m\",\"input\":\"hi\",\"background\":true,"
                + "\"weir_sandbox\":{\"output_tokens\":12}}");
        assertThat(created.path("status").asText()).isEqualTo("queued");
        assertThat(created.path("usage").isNull()).isTrue();
        HttpRequest ask = HttpRequest.newBuilder(uri("/v1/responses/" + created.path("id").asText())).build();
        JsonNode asked = JSON.readTree(CLIENT.send(ask, HttpResponse.BodyHandlers.ofString()).body());
        assertThat(asked.path("id")).isEqualTo(created.path("id"));
        assertThat(asked.path("status").asText()).isEqualTo("completed");
        assertThat(asked.at("/usage/output_tokens").asInt()).isEqualTo(12);
    }

    @Test
    void completionsAnswerEveryPromptAndCountThemTogether() throws Exception {
        JsonNode answer = json("/v1/completions",
                "{\"model\":\"m\",\"prompt\":[\"one\",\"two words\"],\"n\":2,\"max_tokens\":5}");
        assertThat(answer.path("choices")).hasSize(4);
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(20);
        assertThat(answer.at("/usage/prompt_tokens").asInt())
                .isEqualTo(Tokenizer.count("one") + Tokenizer.count("two words"));
    }

    @Test
    void aCompletionWithoutALimitHasSixteenTokensAndEchoesWhereAsked() throws Exception {
        JsonNode answer = json("/v1/completions", "{\"model\":\"m\",\"prompt\":\"Once\",\"echo\":true}");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(16);
        assertThat(answer.at("/choices/0/text").asText()).startsWith("Once");
    }

    @Test
    void aCompletionStreamCarriesUsageOnlyIfAsked() throws Exception {
        String stream = "{\"model\":\"m\",\"prompt\":\"Once\",\"stream\":true";
        assertThat(post("/v1/completions", stream + "}").body()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
        List<JsonNode> events = events(
                post("/v1/completions", stream + ",\"stream_options\":{\"include_usage\":true}}").body());
        assertThat(events.getLast().path("choices")).isEmpty();
        assertThat(events.getLast().at("/usage/completion_tokens").asInt()).isEqualTo(16);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "the river"         | 1 | 2
            ["the river","the"] | 2 | 3
            [1,2,3,4]         | 1 | 4
            [[1,2],[3]]       | 2 | 3
            """)
    void embeddingsCountTextsAndTokenNumbers(String input, int vectors, int tokens) throws Exception {
        JsonNode answer = json("/v1/embeddings", "{\"model\":\"m\",\"dimensions\":4,\"input\":" + input + "}");
        assertThat(answer.path("data")).hasSize(vectors);
        assertThat(answer.at("/data/0/embedding")).hasSize(4);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(tokens);
        JsonNode coded = json("/v1/embeddings",
                "{\"model\":\"m\",\"encoding_format\":\"base64\",\"dimensions\":4,\"input\":" + input + "}");
        assertThat(Base64.getDecoder().decode(coded.at("/data/0/embedding").asText())).hasSize(16);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /v1/responses   | {"input":"hi"}
            /v1/responses   | {"model":"m"}
            /v1/responses   | {"model":"m","input":"hi","max_output_tokens":15}
            /v1/completions | {"prompt":"hi"}
            /v1/completions | {"model":"m","prompt":"hi","n":0}
            /v1/embeddings  | {"model":"m"}
            /v1/embeddings  | {"input":"hi"}
            """)
    void whatTheRealOneRefusesIsA400(String path, String body) throws Exception {
        HttpResponse<String> response = post(path, body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).at("/error/type").asText()).isEqualTo("invalid_request_error");
    }

    private static List<JsonNode> events(String body) throws Exception {
        var events = new ArrayList<JsonNode>();
        for (String line : body.split("\n")) {
            if (line.startsWith("data: {")) {
                events.add(JSON.readTree(line.substring(6)));
            }
        }
        return events;
    }

    private static JsonNode json(String path, String body) throws Exception {
        HttpResponse<String> response = post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(String path) {
        return URI.create(sandbox.url() + path);
    }
}
