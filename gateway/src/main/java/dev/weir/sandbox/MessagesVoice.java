package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Anthropic Messages: `POST /v1/messages`, `POST /v1/messages/count_tokens`, and `GET /v1/models`.
///
/// A stream opens with the input count in `message_start` (and one output token, as the real one does) and ends with the
/// final counts in `message_delta`. Shapes as api.anthropic.com sent them in 2026.
final class MessagesVoice implements Voice {
    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        String fault = fault(request, true);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        int read = Reading.of(request);
        Speech speech = Speech.of(read, controls.outputTokens(), request.path("max_tokens").longValue(),
                stops(request));
        return request.path("stream").asBoolean()
                ? new Reply.Events(events(request, read, speech))
                : new Reply.Whole(whole(request, read, speech));
    }

    /// Answers `count_tokens`.
    Reply count(ObjectNode request) {
        String fault = fault(request, false);
        return fault == null
                ? new Reply.Whole(Json.object().put("input_tokens", Reading.of(request)))
                : new Reply.Rejected(400, fault);
    }

    private static @Nullable String fault(ObjectNode request, boolean limitNeeded) {
        if (!request.path("model").isTextual()) {
            return "model: Field required";
        }
        JsonNode limit = request.path("max_tokens");
        if (limitNeeded && limit.isMissingNode()) {
            return "max_tokens: Field required";
        }
        if (limitNeeded && (!limit.isIntegralNumber() || limit.longValue() < 1)) {
            return "max_tokens: Input should be greater than or equal to 1";
        }
        if (!request.path("messages").isArray()) {
            return "messages: Field required";
        }
        if (request.path("messages").isEmpty()) {
            return "messages: at least one message is required";
        }
        for (JsonNode message : request.path("messages")) {
            String role = message.path("role").asText();
            if (!role.equals("user") && !role.equals("assistant")) {
                return "messages: Unexpected role \"" + role + "\". Allowed roles are \"user\" or \"assistant\".";
            }
        }
        return null;
    }

    private static List<String> stops(ObjectNode request) {
        var stops = new ArrayList<String>();
        request.path("stop_sequences").forEach(each -> stops.add(each.asText()));
        return stops;
    }

    private static ObjectNode whole(ObjectNode request, int read, Speech speech) {
        ObjectNode message = opening(request);
        message.putArray("content").addObject().put("type", "text").put("text", speech.text());
        message.put("stop_reason", reason(speech)).put("stop_sequence", speech.stopSequence());
        message.set("usage", usage(read, speech.tokens()));
        return message;
    }

    private static Iterator<String> events(ObjectNode request, int read, Speech speech) {
        ObjectNode message = opening(request);
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence").set("usage", usage(read, 1));
        ObjectNode start = event("message_start");
        start.set("message", message);
        ObjectNode blockStart = event("content_block_start").put("index", 0);
        blockStart.putObject("content_block").put("type", "text").put("text", "");
        ObjectNode end = event("message_delta");
        end.putObject("delta").put("stop_reason", reason(speech)).put("stop_sequence", speech.stopSequence());
        end.set("usage", finalUsage(read, speech.tokens()));
        Stream<ObjectNode> before = Stream.of(start, blockStart, event("ping"));
        Stream<ObjectNode> words = speech.pieces().stream().map(MessagesVoice::word);
        Stream<ObjectNode> after = Stream.of(event("content_block_stop").put("index", 0), end, event("message_stop"));
        return Stream.concat(Stream.concat(before, words), after)
                .map(event -> "event: " + event.path("type").textValue() + "\ndata: " + Json.write(event) + "\n\n")
                .iterator();
    }

    private static ObjectNode word(String piece) {
        ObjectNode event = event("content_block_delta").put("index", 0);
        event.putObject("delta").put("type", "text_delta").put("text", piece);
        return event;
    }

    private static ObjectNode event(String type) {
        return Json.object().put("type", type);
    }

    private static ObjectNode opening(ObjectNode request) {
        return Json.object()
                .put("model", request.path("model").textValue())
                .put("id", Ids.base58("msg_01", 22))
                .put("type", "message")
                .put("role", "assistant");
    }

    private static ObjectNode usage(int read, int said) {
        ObjectNode usage = finalUsage(read, said);
        usage.putObject("cache_creation").put("ephemeral_5m_input_tokens", 0).put("ephemeral_1h_input_tokens", 0);
        return usage.put("service_tier", "standard");
    }

    private static ObjectNode finalUsage(int read, int said) {
        return Json.object()
                .put("input_tokens", read)
                .put("cache_creation_input_tokens", 0)
                .put("cache_read_input_tokens", 0)
                .put("output_tokens", said);
    }

    private static String reason(Speech speech) {
        if (speech.cutByLimit()) {
            return "max_tokens";
        }
        return speech.stopSequence() == null ? "end_turn" : "stop_sequence";
    }

    static JsonNode models() {
        ObjectNode list = Json.object();
        var data = list.putArray("data");
        for (String model : List.of("claude-sonnet-4-5", "weir-sandbox")) {
            data.addObject()
                    .put("type", "model")
                    .put("id", model)
                    .put("display_name", model)
                    .put("created_at", "2025-09-29T00:00:00Z");
        }
        return list.put("has_more", false).put("first_id", "claude-sonnet-4-5").put("last_id", "weir-sandbox");
    }

    @Override
    public JsonNode error(int status, String message, String requestId) {
        ObjectNode error = Json.object().put("type", "error");
        error.putObject("error").put("type", type(status)).put("message", message);
        return error.put("request_id", requestId);
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 529 -> "overloaded_error";
            default -> status < 500 ? "invalid_request_error" : "api_error";
        };
    }

    @Override
    public String newRequestId() {
        return Ids.base58("req_011C", 20);
    }

    @Override
    public void addHeaders(MultiMap headers, String requestId, long processingMillis) {
        headers.set("request-id", requestId)
                .set("anthropic-organization-id", "00000000-0000-4000-8000-000000000000")
                .set("anthropic-ratelimit-requests-limit", "4000")
                .set("anthropic-ratelimit-requests-remaining", "3999");
    }
}
