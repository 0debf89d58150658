package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// AWS Bedrock's Converse: `POST /model/{id}/converse`, `/converse-stream` and `/count-tokens`, for any id.
///
/// A stream is framed as AWS frames it and tells its usage in its last event, `metadata`. Shapes as bedrock-runtime sent them
/// in 2026. Errors are named in `x-amzn-errortype`; a 429 is a ThrottlingException, which the AWS SDKs try again.
final class ConverseVoice implements Voice {
    private static final String WHOLE = "/converse";
    private static final String STREAM = "/converse-stream";
    private static final String COUNT = "/count-tokens";

    /// Whether there is an answer on this path below `/model/`.
    static boolean answers(String path) {
        return path.endsWith(WHOLE) || path.endsWith(STREAM) || path.endsWith(COUNT);
    }

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        return reply(WHOLE, request, controls);
    }

    Reply reply(String path, ObjectNode request, Controls controls) {
        if (path.endsWith(COUNT)) {
            JsonNode counted = request.path("input").path("converse");
            return new Reply.Whole(Json.object().put("inputTokens", Reading.ofConverse(counted)));
        }
        String fault = fault(request);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        JsonNode config = request.path("inferenceConfig");
        int read = Reading.ofConverse(request);
        Speech speech = Speech.of(read, controls.outputTokens(), config.path("maxTokens").asLong(-1), stops(config));
        return path.endsWith(STREAM)
                ? new Reply.Frames(AmazonFrame.MEDIA_TYPE, frames(read, speech))
                : new Reply.Whole(whole(read, speech));
    }

    private static @Nullable String fault(ObjectNode request) {
        JsonNode messages = request.path("messages");
        if (!messages.isArray() || messages.isEmpty()) {
            return "A conversation must start with a user message. Try again with a conversation that starts with a user"
                    + " message.";
        }
        for (JsonNode message : messages) {
            if (!message.path("content").isArray() || message.path("content").isEmpty()) {
                return "The content field in the Message object is empty. Add a ContentBlock object to the content field"
                        + " and try again.";
            }
        }
        JsonNode limit = request.path("inferenceConfig").path("maxTokens");
        return limit.isMissingNode() || limit.isIntegralNumber() && limit.longValue() > 0
                ? null
                : "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than"
                        + " or equal to 1";
    }

    private static List<String> stops(JsonNode config) {
        var stops = new ArrayList<String>();
        config.path("stopSequences").forEach(each -> stops.add(each.asText()));
        return stops;
    }

    private static ObjectNode whole(int read, Speech speech) {
        ObjectNode answer = Json.object();
        ObjectNode message = answer.putObject("output").putObject("message").put("role", "assistant");
        message.putArray("content").addObject().put("text", speech.text());
        answer.put("stopReason", reason(speech));
        answer.set("usage", usage(read, speech));
        answer.putObject("metrics").put("latencyMs", 1);
        return answer;
    }

    private static Iterator<byte[]> frames(int read, Speech speech) {
        ObjectNode metadata = Json.object();
        metadata.set("usage", usage(read, speech));
        metadata.putObject("metrics").put("latencyMs", 1);
        Stream<byte[]> before = Stream.of(AmazonFrame.event("messageStart", Json.object().put("role", "assistant")));
        Stream<byte[]> words = speech.pieces().stream().map(ConverseVoice::word);
        Stream<byte[]> after = Stream.of(
                AmazonFrame.event("contentBlockStop", Json.object().put("contentBlockIndex", 0)),
                AmazonFrame.event("messageStop", Json.object().put("stopReason", reason(speech))),
                AmazonFrame.event("metadata", metadata));
        return Stream.of(before, words, after).flatMap(part -> part).iterator();
    }

    private static byte[] word(String piece) {
        ObjectNode event = Json.object().put("contentBlockIndex", 0);
        event.putObject("delta").put("text", piece);
        return AmazonFrame.event("contentBlockDelta", event);
    }

    private static ObjectNode usage(int read, Speech speech) {
        return Json.object()
                .put("inputTokens", read)
                .put("outputTokens", speech.tokens())
                .put("totalTokens", read + speech.tokens());
    }

    private static String reason(Speech speech) {
        if (speech.cutByLimit()) {
            return "max_tokens";
        }
        return speech.stopSequence() == null ? "end_turn" : "stop_sequence";
    }

    @Override
    public JsonNode error(int status, String message, String requestId) {
        return Json.object().put("message", message);
    }

    @Override
    public String newRequestId() {
        String hex = Ids.hex("", 32);
        return hex.substring(0, 8) + "-" + hex.substring(8, 12) + "-" + hex.substring(12, 16) + "-"
                + hex.substring(16, 20) + "-" + hex.substring(20);
    }

    @Override
    public void addHeaders(MultiMap headers, String requestId, long processingMillis) {
        headers.set("x-amzn-requestid", requestId);
    }

    @Override
    public void addErrorHeaders(MultiMap headers, int status) {
        headers.set("x-amzn-errortype", switch (status) {
            case 403 -> "AccessDeniedException";
            case 404 -> "ResourceNotFoundException";
            case 429 -> "ThrottlingException";
            case 503 -> "ServiceUnavailableException";
            default -> status < 500 ? "ValidationException" : "InternalServerException";
        });
    }
}
