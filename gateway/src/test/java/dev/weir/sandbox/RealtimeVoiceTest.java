package dev.weir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The sandbox in a realtime session, spoken to by the JDK's WebSocket.
class RealtimeVoiceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static Vertx vertx;
    private static Sandbox sandbox;

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

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
    void eachResponseTellsItsUsageAndReadsWhatWasSaidBefore() throws Exception {
        WebSocket socket = open("/v1/realtime?model=mine");
        assertThat(next("session.created").at("/session/model").asText()).isEqualTo("mine");
        say(socket, "{\"type\":\"session.update\",\"session\":{\"instructions\":\"Be brief.\"}}");
        assertThat(next("session.updated").at("/session/instructions").asText()).isEqualTo("Be brief.");
        say(socket, "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\","
                + "\"content\":[{\"type\":\"input_text\",\"text\":\"Hello there\"}]}}");

        JsonNode first = respond(socket, "{\"max_output_tokens\":7}");
        JsonNode second = respond(socket, "{\"weir_sandbox\":{\"output_tokens\":5}}");

        assertThat(first.path("output_tokens").asInt()).isEqualTo(7);
        assertThat(first.path("input_tokens").asInt()).isGreaterThan(Tokenizer.count("Hello there"));
        assertThat(second.path("output_tokens").asInt()).isEqualTo(5);
        assertThat(second.path("input_tokens").asInt())
                .isGreaterThanOrEqualTo(first.path("total_tokens").asInt());
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(10, TimeUnit.SECONDS);
    }

    @Test
    void mistakesAreErrorsAndTheSessionGoesOn() throws Exception {
        WebSocket socket = open("/v1/realtime");
        next("session.created");
        for (String mistake : new String[]{"[]", "{\"type\":\"dance\"}", "{\"type\":\"conversation.item.create\"}",
            "{\"type\":\"response.create\",\"response\":{\"weir_sandbox\":{\"dance\":1}}}"}) {
            say(socket, mistake);
            assertThat(next("error").at("/error/message").asText()).isNotEmpty();
        }
        assertThat(respond(socket, "{}").path("output_tokens").asInt()).isPositive();
        socket.abort();
    }

    @Test
    void responseIsBrokenOffOnRequest() throws Exception {
        WebSocket socket = open("/v1/realtime");
        next("session.created");
        say(socket, "{\"type\":\"response.create\",\"response\":{\"weir_sandbox\":{\"cut_after_chunks\":2}}}");
        next("response.created");
        next("response.output_text.delta");
        next("response.output_text.delta");
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("closed 1011");
        socket.abort();
    }

    @Test
    void otherPathsOpenNoWebSocket() {
        assertThatThrownBy(() -> open("/v1/chat/completions")).hasMessageContaining("WebSocketHandshakeException");
    }

    private JsonNode respond(WebSocket socket, String response) throws Exception {
        say(socket, "{\"type\":\"response.create\",\"response\":" + response + "}");
        var text = new StringBuilder();
        while (true) {
            JsonNode event = next(null);
            switch (event.path("type").asText()) {
                case "response.output_text.delta" -> text.append(event.path("delta").asText());
                case "response.output_text.done" -> assertThat(event.path("text").asText()).isEqualTo(text.toString());
                case "response.done" -> {
                    JsonNode usage = event.at("/response/usage");
                    assertThat(Tokenizer.count(text.toString())).isEqualTo(usage.path("output_tokens").asInt());
                    return usage;
                }
                default -> {
                }
            }
        }
    }

    private JsonNode next(@Nullable String type) throws Exception {
        String text = heard.poll(10, TimeUnit.SECONDS);
        assertThat(text).isNotNull().startsWith("{");
        JsonNode event = JSON.readTree(text);
        if (type != null) {
            assertThat(event.path("type").asText()).isEqualTo(type);
        }
        return event;
    }

    private static void say(WebSocket socket, String text) throws Exception {
        socket.sendText(text, true).get(10, TimeUnit.SECONDS);
    }

    private WebSocket open(String path) throws Exception {
        var message = new StringBuilder();
        return CLIENT.newWebSocketBuilder()
                .buildAsync(URI.create(sandbox.url().replace("http", "ws") + path), new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        message.append(data);
                        if (last) {
                            heard.add(message.toString());
                            message.setLength(0);
                        }
                        socket.request(1);
                        return null;
                    }

                    @Override
                    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                        heard.add("closed " + code);
                        return null;
                    }
                })
                .get(10, TimeUnit.SECONDS);
    }
}
