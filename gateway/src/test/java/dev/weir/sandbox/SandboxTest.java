package dev.weir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GEMINI = "/v1beta/models/gemini-2.5-flash";

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
    void everyPrefixOfTheProseIsAsManyTokensAsPieces() {
        for (int start = 0; start < 10; start++) {
            for (int tokens = 0; tokens <= 150; tokens++) {
                assertThat(Tokenizer.count(String.join("", Prose.pieces(start, tokens)))).isEqualTo(tokens);
            }
        }
    }

    @Test
    void chatAnswersWithUsageThatASecondCountConfirms() throws Exception {
        JsonNode answer = json(post(CHAT, chat("")));
        String text = answer.at("/choices/0/message/content").asText();
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(Tokenizer.count(text)).isPositive();
        assertThat(answer.at("/usage/prompt_tokens").asInt())
                .isEqualTo(3 + 3 + Tokenizer.count("user") + Tokenizer.count("What does a weir do?"));
        assertThat(answer.at("/usage/total_tokens").asInt()).isEqualTo(
                answer.at("/usage/prompt_tokens").asInt() + answer.at("/usage/completion_tokens").asInt());
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(answer.at("/object").asText()).isEqualTo("chat.completion");
        assertThat(answer.at("/model").asText()).isEqualTo("gpt-4o-mini");
    }

    @Test
    void chatAnswersLikeTheRealOne() throws Exception {
        HttpResponse<byte[]> response = post(CHAT, chat(""));
        assertThat(response.headers().firstValue("x-request-id").orElse("")).startsWith("req_");
        assertThat(response.headers().firstValue("openai-processing-ms").orElse("")).matches("[0-9]+");
        assertThat(json(response).at("/id").asText()).matches("chatcmpl-[0-9A-Za-z]{29}");
    }

    @Test
    void sameRequestGetsTheSameText() throws Exception {
        assertThat(json(post(CHAT, chat(""))).at("/choices/0/message/content"))
                .isEqualTo(json(post(CHAT, chat(""))).at("/choices/0/message/content"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"max_tokens", "max_completion_tokens"})
    void chatStopsAtItsLimit(String field) throws Exception {
        JsonNode answer = json(post(CHAT, chat(",\"" + field + "\":7")));
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(7);
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    }

    @Test
    void chatSaysAsManyTokensAsItIsToldWithinTheLimit() throws Exception {
        JsonNode answer = json(post(CHAT, chat(",\"max_tokens\":5000,\"weir_sandbox\":{\"output_tokens\":1234}")));
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(1234)
                .isEqualTo(Tokenizer.count(answer.at("/choices/0/message/content").asText()));
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        answer = json(post(CHAT, chat(",\"max_tokens\":5,\"weir_sandbox\":{\"output_tokens\":1234}")));
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void severalChoicesAreCountedTogether() throws Exception {
        JsonNode answer = json(post(CHAT, chat(",\"n\":3,\"max_tokens\":10")));
        assertThat(answer.path("choices")).hasSize(3);
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(30);
    }

    @Test
    void stopSequenceEndsTheTextBeforeIt() throws Exception {
        JsonNode answer = json(post(CHAT, chat(",\"stop\":[\" the \"],\"weir_sandbox\":{\"output_tokens\":200}")));
        String text = answer.at("/choices/0/message/content").asText();
        assertThat(text).isNotEmpty().doesNotContain(" the ");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(Tokenizer.count(text));
    }

    @Test
    void chatStreamCarriesNoUsageUnlessAsked() throws Exception {
        List<String> data = data(post(CHAT, chat(",\"stream\":true")));
        assertThat(data.getLast()).isEqualTo("[DONE]");
        assertThat(data).noneMatch(event -> event.contains("usage"));
        assertThat(JSON.readTree(data.getFirst()).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        assertThat(JSON.readTree(data.get(data.size() - 2)).at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    }

    @Test
    void chatStreamThatIsAskedForUsageEndsWithItInAChunkOfItsOwn() throws Exception {
        List<String> data = data(
                post(CHAT, chat(",\"stream\":true,\"n\":2,\"stream_options\":{\"include_usage\":true}")));
        JsonNode last = JSON.readTree(data.get(data.size() - 2));
        assertThat(last.path("choices").isArray()).isTrue();
        assertThat(last.path("choices")).isEmpty();
        var text = new StringBuilder();
        var other = new StringBuilder();
        for (String event : data.subList(0, data.size() - 2)) {
            JsonNode chunk = JSON.readTree(event);
            assertThat(chunk.get("usage").isNull()).isTrue();
            (chunk.at("/choices/0/index").asInt() == 0 ? text : other)
                    .append(chunk.at("/choices/0/delta/content").asText());
        }
        assertThat(last.at("/usage/completion_tokens").asInt())
                .isEqualTo(Tokenizer.count(text.toString()) + Tokenizer.count(other.toString()));
    }

    @Test
    void messagesAnswerWithUsageThatASecondCountConfirms() throws Exception {
        HttpResponse<byte[]> response = post(MESSAGES, messages(",\"system\":\"Be brief.\"", 500));
        JsonNode answer = json(response);
        assertThat(answer.at("/usage/output_tokens").asInt())
                .isEqualTo(Tokenizer.count(answer.at("/content/0/text").asText()));
        assertThat(answer.at("/stop_reason").asText()).isEqualTo("end_turn");
        assertThat(response.headers().firstValue("request-id").orElse("")).startsWith("req_");
        JsonNode counted = json(post(MESSAGES + "/count_tokens", messages(",\"system\":\"Be brief.\"", 500)));
        assertThat(counted.path("input_tokens").asInt()).isEqualTo(answer.at("/usage/input_tokens").asInt());
    }

    @Test
    void messagesStopAtTheirLimitOrSequence() throws Exception {
        JsonNode cut = json(post(MESSAGES, messages("", 4)));
        assertThat(cut.at("/stop_reason").asText()).isEqualTo("max_tokens");
        assertThat(cut.at("/usage/output_tokens").asInt()).isEqualTo(4);
        JsonNode stopped = json(post(MESSAGES, messages(",\"stop_sequences\":[\".\"]", 500)));
        assertThat(stopped.at("/stop_reason").asText()).isEqualTo("stop_sequence");
        assertThat(stopped.at("/stop_sequence").asText()).isEqualTo(".");
    }

    @Test
    void messagesStreamHasItsEventsInOrder() throws Exception {
        String stream = new String(post(MESSAGES, messages(",\"stream\":true", 6)).body());
        List<String> types = stream.lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7))
                .toList();
        assertThat(types).startsWith("message_start", "content_block_start", "ping", "content_block_delta")
                .endsWith("content_block_delta", "content_block_stop", "message_delta", "message_stop")
                .hasSize(3 + 6 + 3);
        assertThat(stream).contains("\"delta\":{\"stop_reason\":\"max_tokens\",\"stop_sequence\":null}")
                .contains("\"output_tokens\":6}}");
    }

    @Test
    void geminiAnswersWithUsageThatASecondCountConfirms() throws Exception {
        JsonNode answer = json(post(GEMINI + ":generateContent", gemini("")));
        String text = answer.at("/candidates/0/content/parts/0/text").asText();
        assertThat(answer.at("/usageMetadata/candidatesTokenCount").asInt()).isEqualTo(Tokenizer.count(text))
                .isPositive();
        assertThat(answer.at("/candidates/0/finishReason").asText()).isEqualTo("STOP");
        assertThat(answer.path("modelVersion").asText()).isEqualTo("gemini-2.5-flash");
        JsonNode counted = json(post(GEMINI + ":countTokens", gemini("")));
        assertThat(counted.path("totalTokens").asInt()).isEqualTo(answer.at("/usageMetadata/promptTokenCount").asInt())
                .isEqualTo(3 + 3 + Tokenizer.count("What does a weir do?"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"generationConfig\":{\"maxOutputTokens", "generation_config\":{\"max_output_tokens"})
    void geminiStopsAtItsLimit(String field) throws Exception {
        JsonNode answer = json(post(GEMINI + ":generateContent", gemini(",\"" + field + "\":7}")));
        assertThat(answer.at("/usageMetadata/candidatesTokenCount").asInt()).isEqualTo(7);
        assertThat(answer.at("/candidates/0/finishReason").asText()).isEqualTo("MAX_TOKENS");
    }

    @Test
    void geminiStreamsEventsOrAnArrayOfTheSameChunks() throws Exception {
        String body = gemini(",\"generationConfig\":{\"maxOutputTokens\":5}");
        HttpResponse<byte[]> events = post(GEMINI + ":streamGenerateContent?alt=sse", body);
        assertThat(events.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
        assertThat(new String(events.body(), StandardCharsets.UTF_8)).contains("}\r\n\r\ndata: {")
                .endsWith("}\r\n\r\n");
        HttpResponse<byte[]> array = post(GEMINI + ":streamGenerateContent", body);
        assertThat(array.headers().firstValue("content-type").orElse("")).startsWith("application/json");
        JsonNode chunks = json(array);
        assertThat(chunks.isArray()).isTrue();
        assertThat(chunks).hasSameSizeAs(data(events)).hasSize(5);
        for (int i = 0; i < 5; i++) {
            assertThat(chunks.at("/" + i + "/usageMetadata/candidatesTokenCount").asInt()).isEqualTo(i + 1);
            assertThat(chunks.at("/" + i + "/candidates/0").has("finishReason")).isEqualTo(i == 4);
            assertThat(JSON.readTree(data(events).get(i)).at("/candidates/0"))
                    .isEqualTo(chunks.at("/" + i + "/candidates/0"));
        }
    }

    @ParameterizedTest(name = "Gemini answers {0} as {1}")
    @CsvSource({"400, INVALID_ARGUMENT", "401, UNAUTHENTICATED", "429, RESOURCE_EXHAUSTED", "500, INTERNAL",
        "503, UNAVAILABLE"})
    void statusAskedForIsAnsweredInGooglesShape(int status, String name) throws Exception {
        HttpResponse<byte[]> response = post(GEMINI + ":generateContent",
                gemini(",\"weir_sandbox\":{\"status\":" + status + "}"));
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(json(response).at("/error/status").asText()).isEqualTo(name);
        assertThat(json(response).at("/error/code").asInt()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{}", "{\"contents\":[]}",
        "{\"contents\":[{}],\"generationConfig\":{\"maxOutputTokens\":0}}",
        "{\"contents\":[{}],\"generationConfig\":{\"candidateCount\":9}}"})
    void requestThatGoogleRefusesIsA400InItsShape(String body) throws Exception {
        HttpResponse<byte[]> response = post(GEMINI + ":generateContent", body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).at("/error/status").asText()).isEqualTo("INVALID_ARGUMENT");
    }

    @ParameterizedTest(name = "{0} answers {1} as {2}")
    @CsvSource({"/v1/chat/completions, 400, invalid_request_error", "/v1/chat/completions, 401, invalid_request_error",
        "/v1/chat/completions, 429, requests", "/v1/chat/completions, 500, server_error",
        "/v1/chat/completions, 503, server_error", "/v1/messages, 400, invalid_request_error",
        "/v1/messages, 401, authentication_error", "/v1/messages, 429, rate_limit_error",
        "/v1/messages, 500, api_error", "/v1/messages, 529, overloaded_error"})
    void statusAskedForIsAnsweredInTheDialectsShape(String path, int status, String type) throws Exception {
        String controls = ",\"weir_sandbox\":{\"status\":" + status + ",\"retry_after_s\":3}";
        HttpResponse<byte[]> response = post(path, path.equals(CHAT) ? chat(controls) : messages(controls, 5));
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("retry-after")).contains("3");
        assertThat(json(response).at("/error/type").asText()).isEqualTo(type);
    }

    @Test
    void streamIsBrokenAfterAsManyEventsAsAskedFor() throws Exception {
        String body = chat(",\"stream\":true,\"weir_sandbox\":{\"cut_after_chunks\":4}");
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), sandbox.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(("POST " + CHAT + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n"
                            + body)
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 200 OK").doesNotContain("\r\n0\r\n\r\n").doesNotContain("[DONE]");
            assertThat(answer.lines().filter(line -> line.startsWith("data: "))).hasSize(4);
        }
    }

    @Test
    void wholeAnswerIsBrokenInTheMiddle() {
        HttpRequest request = request(CHAT, chat(",\"weir_sandbox\":{\"cut_after_chunks\":0}"));
        assertThatThrownBy(() -> CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void delayedStreamIsTheSameStream() throws Exception {
        List<String> data = data(
                post(CHAT, chat(",\"stream\":true,\"max_tokens\":3,\"weir_sandbox\":{\"delay_ms\":1}")));
        assertThat(data).hasSize(1 + 3 + 1 + 1);
    }

    @Test
    void longStreamSurvivesASlowReader() throws Exception {
        List<String> data = data(post(CHAT, chat(",\"stream\":true,\"weir_sandbox\":{\"output_tokens\":20000}")));
        assertThat(data).hasSize(1 + 20_000 + 1 + 1);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(quoteCharacter = '`', textBlock = """
            /v1/chat/completions, `{`
            /v1/chat/completions, `[]`
            /v1/chat/completions, `{"model":"m"}`
            /v1/chat/completions, `{"messages":[{"role":"user","content":"a"}]}`
            /v1/chat/completions, `{"model":"m","messages":[]}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"max_tokens":0}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"max_tokens":1,"max_completion_tokens":1}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"n":0}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"stream_options":{}}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"weir_sandbox":{"stauts":429}}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"weir_sandbox":{"status":200}}`
            /v1/chat/completions, `{"model":"m","messages":[{"role":"user"}],"weir_sandbox":3}`
            /v1/messages        , `{"model":"m","messages":[{"role":"user","content":"a"}]}`
            /v1/messages        , `{"model":"m","max_tokens":5,"messages":[]}`
            /v1/messages        , `{"model":"m","max_tokens":5,"messages":[{"role":"system","content":"a"}]}`
            """)
    void requestTheRealOneRefusesIsA400InTheDialectsShape(String path, String body) throws Exception {
        HttpResponse<byte[]> response = post(path, body);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(json(response).at("/error/message").asText()).isNotEmpty();
    }

    @Test
    void wholeAnswerIsCompressedWhereTheClientTakesIt() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(CHAT))
                .header("accept-encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofString(chat("")))
                .build();
        HttpResponse<byte[]> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.headers().firstValue("content-encoding")).contains("gzip");
        byte[] plain = new GZIPInputStream(new ByteArrayInputStream(response.body())).readAllBytes();
        assertThat(JSON.readTree(plain).at("/choices/0/message/content").asText()).isNotEmpty();
    }

    @Test
    void connectorAnswersReadsAndWrites() throws Exception {
        JsonNode read = json(send("GET", "/connector/api/now/table/incident?limit=3", ""));
        assertThat(read.path("operation").asText()).isEqualTo("read");
        assertThat(read.path("path").asText()).isEqualTo("/connector/api/now/table/incident");
        HttpResponse<byte[]> written = post("/connector/api/now/table/incident", "{\"short_description\":\"dam\"}");
        assertThat(written.statusCode()).isEqualTo(201);
        assertThat(json(written).at("/result/fields/short_description").asText()).isEqualTo("dam");
        assertThat(json(send("DELETE", "/connector/a", "")).path("operation").asText()).isEqualTo("write");
        assertThat(json(send("GET", "/connector/a?bytes=100000", "")).path("filler").asText()).hasSize(100_000);
        HttpResponse<byte[]> limited = send("GET", "/connector/a?status=429&retry_after_s=2", "");
        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.headers().firstValue("retry-after")).contains("2");
        assertThat(send("GET", "/connector/a?bytes=-1", "").statusCode()).isEqualTo(400);
    }

    @Test
    void modelsAreListedInEitherShapeAndTheRestIsNotFound() throws Exception {
        assertThat(json(send("GET", "/v1/models", "")).path("object").asText()).isEqualTo("list");
        HttpRequest anthropic = HttpRequest.newBuilder(uri("/v1/models"))
                .header("anthropic-version", "2023-06-01")
                .build();
        assertThat(json(CLIENT.send(anthropic, HttpResponse.BodyHandlers.ofByteArray())).path("has_more").isBoolean())
                .isTrue();
        assertThat(json(send("GET", "/v1beta/models", "")).at("/models/0/name").asText()).startsWith("models/");
        assertThat(post("/v1/nothing", "{}").statusCode()).isEqualTo(404);
        assertThat(send("GET", CHAT, "").statusCode()).isEqualTo(405);
    }

    private static String chat(String more) {
        return "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"What does a weir do?\"}]"
                + more + "}";
    }

    private static String gemini(String more) {
        return "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"What does a weir do?\"}]}]" + more + "}";
    }

    private static String messages(String more, int maxTokens) {
        return "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":" + maxTokens
                + ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What does a weir do?\"}]}]"
                + more
                + "}";
    }

    private static HttpResponse<byte[]> post(String path, String body) throws Exception {
        return CLIENT.send(request(path, body), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static HttpResponse<byte[]> send(String method, String path, String body) throws Exception {
        return CLIENT.send(
                HttpRequest.newBuilder(uri(path)).method(method, HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private static HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static URI uri(String path) {
        return URI.create(sandbox.url() + path);
    }

    private static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        return JSON.readTree(response.body());
    }

    private static List<String> data(HttpResponse<byte[]> response) {
        return new String(response.body()).lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring(6))
                .toList();
    }
}
