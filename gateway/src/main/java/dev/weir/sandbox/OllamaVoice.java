package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Ollama's own chat: `POST /api/chat`, lines of JSON unless the client says `"stream":false`. A request without messages only
/// loads the model. Shapes as Ollama sent them in 2026.
final class OllamaVoice implements Voice {
    private static final long NANOS_PER_TOKEN = 1_000_000;

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        if (!request.path("model").isTextual()) {
            return new Reply.Rejected(400, "model is required");
        }
        if (request.path("messages").isEmpty()) {
            return new Reply.Whole(line(request, "").put("done_reason", "load").put("done", true));
        }
        int read = Reading.of(request);
        Speech speech = Speech.of(read, controls.outputTokens(), limit(request), stops(request));
        if (!request.path("stream").asBoolean(true)) {
            return new Reply.Whole(last(request, speech.text(), read, speech));
        }
        Stream<ObjectNode> said = speech.pieces().stream().map(piece -> line(request, piece).put("done", false));
        return new Reply.Stream("application/x-ndjson",
                Stream.concat(said, Stream.of(speech).map(end -> last(request, "", read, end)))
                        .map(line -> Json.write(line) + "\n")
                        .iterator());
    }

    /// 0 or less is no limit.
    private static long limit(ObjectNode request) {
        long limit = request.path("options").path("num_predict").asLong(-1);
        return limit > 0 ? limit : -1;
    }

    private static List<String> stops(ObjectNode request) {
        var stops = new ArrayList<String>();
        request.path("options").path("stop").forEach(each -> stops.add(each.asText()));
        return stops;
    }

    private static ObjectNode line(ObjectNode request, String text) {
        ObjectNode line = Json.object()
                .put("model", request.path("model").textValue())
                .put("created_at", Instant.now().toString());
        line.putObject("message").put("role", "assistant").put("content", text);
        return line;
    }

    private static ObjectNode last(ObjectNode request, String text, int read, Speech speech) {
        return line(request, text).put("done", true)
                .put("done_reason", speech.cutByLimit() ? "length" : "stop")
                .put("total_duration", (read + speech.tokens()) * NANOS_PER_TOKEN)
                .put("load_duration", 0)
                .put("prompt_eval_count", read)
                .put("prompt_eval_duration", read * NANOS_PER_TOKEN)
                .put("eval_count", speech.tokens())
                .put("eval_duration", speech.tokens() * NANOS_PER_TOKEN);
    }

    @Override
    public JsonNode error(int status, String message, String requestId) {
        return Json.object().put("error", message);
    }

    /// Ollama gives none.
    @Override
    public String newRequestId() {
        return "";
    }

    @Override
    public void addHeaders(MultiMap headers, String requestId, long processingMillis) {}
}
