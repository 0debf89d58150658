package dev.weir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.AnswerScanner;
import dev.weir.dialect.Dialects;
import dev.weir.dialect.OutputListener;
import dev.weir.usage.Meter;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The sandbox in the words of Ollama and Cohere, heard by the dialects that meter them.
class TextVoicesTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static Vertx vertx;
    private static Sandbox sandbox;

    @BeforeAll
    static void start() throws Exception {
        vertx = Vertx.vertx();
        sandbox = Sandbox.start(vertx).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            /api/chat, `"options":{"num_predict":7}`
            /api/chat, `"options":{"num_predict":7},"stream":false`
            /v2/chat , `"max_tokens":7`
            /v2/chat , `"max_tokens":7,"stream":true`
            """)
    void whatIsSaidIsWhatIsCounted(String path, String field) throws Exception {
        HttpResponse<byte[]> response = post(path, chat("," + field));
        AnswerFacts facts = facts(path, response.body());
        assertThat(facts.usage()).isEqualTo(AnswerFacts.Usage.FINAL);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(7);
        assertThat(facts.quantities().amount(Meter.TOKENS_IN))
                .isEqualTo(Reading.of(JSON.readTree(chat(""))));
        assertThat(facts.contentSeen()).isTrue();
        assertThat(facts.error()).isNull();
    }

    @Test
    void ollamaStreamsLinesUnlessToldNotTo() throws Exception {
        HttpResponse<byte[]> response = post("/api/chat", chat(",\"options\":{\"num_predict\":3}"));
        assertThat(response.headers().firstValue("content-type")).contains("application/x-ndjson");
        assertThat(new String(response.body()).lines()).hasSize(3 + 1)
                .allSatisfy(line -> assertThat(JSON.readTree(line).path("message").isObject()).isTrue());
    }

    @Test
    void ollamaOnlyLoadsTheModelWithoutMessages() throws Exception {
        HttpResponse<byte[]> response = post("/api/chat", "{\"model\":\"llama3\",\"messages\":[]}");
        assertThat(JSON.readTree(response.body()).path("done_reason").asText()).isEqualTo("load");
        assertThat(facts("/api/chat", response.body()).quantities().amount(Meter.TOKENS_OUT)).isZero();
    }

    @Test
    void cohereTellsEventsByName() throws Exception {
        String stream = new String(post("/v2/chat", chat(",\"stream\":true,\"max_tokens\":2")).body());
        assertThat(stream.lines().filter(line -> line.startsWith("event: ")).map(line -> line.substring(7)))
                .containsExactly("message-start", "content-start", "content-delta", "content-delta", "content-end",
                        "message-end");
        assertThat(stream).endsWith("data: [DONE]\n\n");
    }

    @ParameterizedTest
    @CsvSource({"/api/chat,429,error", "/api/chat,503,error", "/v2/chat,429,message", "/v2/chat,500,message"})
    void aStatusAskedForIsAnsweredInTheDialectsShape(String path, int status, String field) throws Exception {
        HttpResponse<byte[]> response = post(path, chat(",\"weir_sandbox\":{\"status\":" + status + "}"));
        assertThat(response.statusCode()).isEqualTo(status);
        JsonNode body = JSON.readTree(response.body());
        assertThat(body.path(field).isTextual()).isTrue();
        assertThat(body.has("id")).isEqualTo(path.equals("/v2/chat"));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            /api/chat, `{"messages":[]}`
            /v2/chat , `{"model":"m"}`
            /v2/chat , `{"messages":[{"role":"user","content":"a"}]}`
            /v2/chat , `{"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":-1}`
            """)
    void aRequestTheRealOneRefusesIsA400(String path, String body) throws Exception {
        assertThat(post(path, body).statusCode()).isEqualTo(400);
    }

    private static String chat(String more) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"What does a weir do?\"}]" + more + "}";
    }

    private static AnswerFacts facts(String path, byte[] body) {
        AnswerScanner scanner = Dialects.of("sandbox", "POST", path).answer(OutputListener.NONE);
        scanner.accept(body, 0, body.length);
        scanner.end();
        return scanner.facts();
    }

    private static HttpResponse<byte[]> post(String path, String body) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(URI.create(sandbox.url() + path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(), HttpResponse.BodyHandlers.ofByteArray());
    }
}
