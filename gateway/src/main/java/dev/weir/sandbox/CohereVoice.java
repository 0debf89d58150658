package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Cohere's chat of version 2: `POST /v2/chat`. There is no preamble here that would be free, so what is billed is what is
/// counted. Shapes as api.cohere.com sent them in 2026.
final class CohereVoice implements Voice {
    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        if (!request.path("model").isTextual()) {
            return new Reply.Rejected(400, "invalid request: model is a required field.");
        }
        if (!request.path("messages").isArray() || request.path("messages").isEmpty()) {
            return new Reply.Rejected(400, "invalid request: messages must have at least one element.");
        }
        JsonNode limit = request.path("max_tokens");
        if (request.hasNonNull("max_tokens") && (!limit.isIntegralNumber() || limit.longValue() < 0)) {
            return new Reply.Rejected(400, "invalid request: max_tokens must be at least 0.");
        }
        int read = Reading.of(request);
        Speech speech = Speech.of(read, controls.outputTokens(), limit.asLong(-1), stops(request));
        return request.path("stream").asBoolean()
                ? new Reply.Events(events(read, speech).iterator())
                : new Reply.Whole(whole(read, speech));
    }

    private static List<String> stops(ObjectNode request) {
        var stops = new ArrayList<String>();
        request.path("stop_sequences").forEach(each -> stops.add(each.asText()));
        return stops;
    }

    private static ObjectNode whole(int read, Speech speech) {
        ObjectNode answer = Json.object().put("id", newId()).put("finish_reason", reason(speech));
        answer.putObject("message")
                .put("role", "assistant")
                .putArray("content")
                .addObject()
                .put("type", "text")
                .put("text", speech.text());
        answer.set("usage", usage(read, speech));
        return answer;
    }

    private static Stream<String> events(int read, Speech speech) {
        ObjectNode start = event("message-start").put("id", newId());
        start.putObject("delta").putObject("message").put("role", "assistant").putArray("content");
        ObjectNode begin = event("content-start").put("index", 0);
        content(begin).put("type", "text").put("text", "");
        Stream<ObjectNode> words = speech.pieces().stream().map(piece -> {
            ObjectNode delta = event("content-delta").put("index", 0);
            content(delta).put("text", piece);
            return delta;
        });
        ObjectNode end = event("message-end");
        end.putObject("delta").put("finish_reason", reason(speech)).set("usage", usage(read, speech));
        Stream<ObjectNode> all = Stream.concat(Stream.concat(Stream.of(start, begin), words),
                Stream.of(event("content-end").put("index", 0), end));
        return Stream.concat(
                all.map(event -> "event: " + event.path("type").asText() + "\ndata: " + Json.write(event) + "\n\n"),
                Stream.of("data: [DONE]\n\n"));
    }

    private static ObjectNode event(String type) {
        return Json.object().put("type", type);
    }

    private static ObjectNode content(ObjectNode event) {
        return event.putObject("delta").putObject("message").putObject("content");
    }

    private static ObjectNode usage(int read, Speech speech) {
        ObjectNode usage = Json.object();
        for (String count : List.of("billed_units", "tokens")) {
            usage.putObject(count).put("input_tokens", read).put("output_tokens", speech.tokens());
        }
        return usage.put("cached_tokens", 0);
    }

    private static String reason(Speech speech) {
        return speech.cutByLimit() ? "MAX_TOKENS" : speech.stopSequence() != null ? "STOP_SEQUENCE" : "COMPLETE";
    }

    private static String newId() {
        return Ids.hex("", 32);
    }

    @Override
    public JsonNode error(int status, String message, String requestId) {
        return Json.object().put("id", requestId).put("message", message);
    }

    @Override
    public String newRequestId() {
        return newId();
    }

    @Override
    public void addHeaders(MultiMap headers, String requestId, long processingMillis) {
        headers.set("x-debug-trace-id", requestId);
    }
}
