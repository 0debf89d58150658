package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/// OpenAI Realtime in text, over a WebSocket: `/v1/realtime?model=…`. It takes `session.update`, `conversation.item.create` and
/// `response.create`, and tells each response's usage in `response.done`: the input is all that was said so far.
///
/// `weir_sandbox` stands in the `response` of `response.create`; of it `output_tokens`, `delay_ms` and `cut_after_chunks` are
/// obeyed. Shapes as api.openai.com sent them in 2026. One per session, event loop only.
final class RealtimeVoice {
    private final Vertx vertx;
    private final ServerWebSocket socket;
    private final ObjectNode session = Json.object();
    /// Tokens of the conversation so far.
    private int conversation;
    private boolean answering;

    RealtimeVoice(Vertx vertx, ServerWebSocket socket) {
        this.vertx = vertx;
        this.socket = socket;
    }

    void open() {
        String query = Objects.requireNonNullElse(socket.query(), "");
        String model = "gpt-realtime";
        for (String pair : query.split("&")) {
            model = pair.startsWith("model=") ? pair.substring("model=".length()) : model;
        }
        session.put("type", "realtime")
                .put("object", "realtime.session")
                .put("id", Ids.base58("sess_", 21))
                .put("model", model)
                .put("instructions", "")
                .put("max_output_tokens", "inf");
        session.putArray("output_modalities").add("text");
        say(event("session.created").set("session", session));
        socket.textMessageHandler(this::hear);
    }

    private void hear(String text) {
        ObjectNode message;
        try {
            message = Json.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            fault(String.valueOf(e.getMessage()));
            return;
        }
        switch (message.path("type").asText()) {
            case "session.update" -> {
                if (message.path("session") instanceof ObjectNode changes) {
                    session.setAll(changes);
                }
                say(event("session.updated").set("session", session));
            }
            case "conversation.item.create" -> itemCreated(message.path("item"));
            case "response.create" -> respond(message.path("response"));
            default -> fault("Invalid value: '" + message.path("type").asText()
                    + "'. Supported: session.update, conversation.item.create, response.create.");
        }
    }

    private void itemCreated(JsonNode item) {
        if (!(item instanceof ObjectNode given)) {
            fault("Missing required parameter: 'item'.");
            return;
        }
        ObjectNode message = Json.object();
        message.putArray("messages").addObject().put("role", "user").set("content", texts(item.path("content")));
        conversation += Reading.of(message);
        given.put("id", given.path("id").asText(Ids.base58("item_", 21)));
        say(event("conversation.item.added").set("item", given));
        say(event("conversation.item.done").set("item", given));
    }

    /// The parts as [Reading] knows them.
    private static ArrayNode texts(JsonNode content) {
        ArrayNode parts = Json.object().putArray("content");
        for (JsonNode part : content) {
            parts.addObject().put("type", "text").put("text", part.path("text").asText());
        }
        return parts;
    }

    private void respond(JsonNode asked) {
        if (answering) {
            fault("Conversation already has an active response in progress.");
            return;
        }
        Controls controls;
        try {
            controls = Controls.of(asked);
        } catch (IllegalArgumentException e) {
            fault(String.valueOf(e.getMessage()));
            return;
        }
        answering = true;
        JsonNode limit = asked.hasNonNull("max_output_tokens")
                ? asked.path("max_output_tokens")
                : session.path("max_output_tokens");
        int read = conversation + Tokenizer.count(session.path("instructions").asText());
        Speech speech = Speech.of(read, controls.outputTokens(), limit.isInt() ? limit.asInt() : -1, List.of());
        String id = Ids.base58("resp_", 21);
        say(event("response.created").set("response", response(id, "in_progress")));
        speakOn(id, read, speech, speech.pieces().iterator(), 0, controls);
    }

    private void speakOn(String id, int read, Speech speech, Iterator<String> pieces, int spoken, Controls controls) {
        int said = spoken;
        while (!socket.isClosed()) {
            if (said == controls.cutAfterChunks()) {
                socket.close((short) 1011, "The sandbox was asked to break off.");
                return;
            }
            if (!pieces.hasNext()) {
                done(id, read, speech);
                return;
            }
            say(event("response.output_text.delta").put("response_id", id).put("delta", pieces.next()));
            said++;
            int next = said;
            if (controls.delayMillis() > 0) {
                vertx.setTimer(controls.delayMillis(), due -> speakOn(id, read, speech, pieces, next, controls));
                return;
            }
            if (socket.writeQueueFull()) {
                socket.drainHandler(drained -> speakOn(id, read, speech, pieces, next, controls));
                return;
            }
        }
    }

    private void done(String id, int read, Speech speech) {
        conversation = read + speech.tokens();
        say(event("response.output_text.done").put("response_id", id).put("text", speech.text()));
        ObjectNode response = response(id, speech.cutByLimit() ? "incomplete" : "completed");
        ObjectNode usage = response.putObject("usage")
                .put("total_tokens", read + speech.tokens())
                .put("input_tokens", read)
                .put("output_tokens", speech.tokens());
        usage.putObject("input_token_details")
                .put("text_tokens", read)
                .put("audio_tokens", 0)
                .put("image_tokens", 0)
                .put("cached_tokens", 0);
        usage.putObject("output_token_details").put("text_tokens", speech.tokens()).put("audio_tokens", 0);
        say(event("response.done").set("response", response));
        answering = false;
    }

    private static ObjectNode response(String id, String status) {
        ObjectNode response = Json.object().put("object", "realtime.response").put("id", id).put("status", status);
        response.putArray("output");
        return response.putNull("usage");
    }

    private void fault(String why) {
        ObjectNode error = Json.object().put("type", "invalid_request_error").put("message", why);
        say(event("error").set("error", error));
    }

    private static ObjectNode event(String type) {
        return Json.object().put("type", type).put("event_id", Ids.base58("event_", 21));
    }

    private void say(JsonNode event) {
        if (!socket.isClosed()) {
            var _ = socket.writeTextMessage(Json.write(event));
        }
    }
}
