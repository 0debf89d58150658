package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Google's `…/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`, and `GET /v1beta/models`.
///
/// Every chunk of a stream carries the usage so far. With `alt=sse` it is events with CRLF, else one JSON array. Shapes as
/// generativelanguage.googleapis.com sent them in 2026.
///
/// @param model as the path names it
record GeminiVoice(String model, Verb verb) implements Voice {
    enum Verb {
        GENERATE, STREAM_EVENTS, STREAM_ARRAY, COUNT
    }

    private static final Pattern PATH = Pattern
            .compile("/v1(?:beta|beta1|alpha)?/(?:.+/)?models/([^/]+)(?::|%3A)(\\w+)");
    private static final int CANDIDATES_MAX = 8;

    /// The voice that answers on this path, or null where it is none of Google's.
    static @Nullable GeminiVoice of(String path, @Nullable String query) {
        Matcher matcher = PATH.matcher(path);
        if (!matcher.matches()) {
            return null;
        }
        boolean events = query != null && ("&" + query + "&").contains("&alt=sse&");
        Verb verb = switch (matcher.group(2)) {
            case "generateContent" -> Verb.GENERATE;
            case "streamGenerateContent" -> events ? Verb.STREAM_EVENTS : Verb.STREAM_ARRAY;
            case "countTokens" -> Verb.COUNT;
            default -> null;
        };
        return verb == null ? null : new GeminiVoice(matcher.group(1), verb);
    }

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        if (verb == Verb.COUNT && request.path("generateContentRequest") instanceof ObjectNode inner) {
            return reply(inner, controls);
        }
        String fault = fault(request);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        int read = Reading.ofContents(request);
        if (verb == Verb.COUNT) {
            ObjectNode count = Json.object().put("totalTokens", read);
            count.set("promptTokensDetails", details(read));
            return new Reply.Whole(count);
        }
        JsonNode config = either(request, "generationConfig", "generation_config");
        List<Speech> speeches = IntStream.range(0, either(config, "candidateCount", "candidate_count").asInt(1))
                .mapToObj(candidate -> Speech.of(read + candidate, controls.outputTokens(), limit(config).asLong(-1),
                        stops(config)))
                .toList();
        List<ObjectNode> chunks = chunks(read, speeches, verb == Verb.GENERATE);
        return switch (verb) {
            case GENERATE, COUNT -> new Reply.Whole(chunks.getFirst());
            case STREAM_EVENTS -> new Reply.Events(
                    chunks.stream().map(chunk -> "data: " + Json.write(chunk) + "\r\n\r\n").iterator());
            case STREAM_ARRAY -> new Reply.Stream("application/json; charset=UTF-8", array(chunks));
        };
    }

    private static @Nullable String fault(ObjectNode request) {
        if (request.path("contents").isEmpty()) {
            return "* GenerateContentRequest.contents: contents is not specified\n";
        }
        JsonNode config = either(request, "generationConfig", "generation_config");
        JsonNode limit = limit(config);
        if (!limit.isMissingNode() && !limit.isNull() && (!limit.isIntegralNumber() || limit.longValue() < 1)) {
            return "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n";
        }
        int candidates = either(config, "candidateCount", "candidate_count").asInt(1);
        if (candidates < 1 || candidates > CANDIDATES_MAX) {
            return "* GenerateContentRequest.generation_config.candidate_count: must be in the range [1, "
                    + CANDIDATES_MAX + "].\n";
        }
        return null;
    }

    private static JsonNode limit(JsonNode config) {
        return either(config, "maxOutputTokens", "max_output_tokens");
    }

    private static List<String> stops(JsonNode config) {
        var stops = new ArrayList<String>();
        either(config, "stopSequences", "stop_sequences").forEach(stop -> stops.add(stop.asText()));
        return stops;
    }

    /// The field in either of the spellings that Google takes.
    static JsonNode either(JsonNode node, String camel, String snake) {
        return node.has(camel) ? node.path(camel) : node.path(snake);
    }

    /// What is said, in one chunk or word by word, one candidate after the other.
    private List<ObjectNode> chunks(int read, List<Speech> speeches, boolean whole) {
        String id = Ids.base58("", 22);
        var chunks = new ArrayList<ObjectNode>();
        ObjectNode chunk = chunk();
        int said = 0;
        for (int i = 0; i < speeches.size(); i++) {
            Speech speech = speeches.get(i);
            List<String> pieces = whole || speech.pieces().isEmpty() ? List.of(speech.text()) : speech.pieces();
            for (int piece = 0; piece < pieces.size(); piece++) {
                boolean last = piece == pieces.size() - 1;
                said += whole || speech.pieces().isEmpty() ? speech.tokens() : 1;
                ObjectNode candidate = chunk.withArray("candidates").addObject();
                candidate.putObject("content")
                        .put("role", "model")
                        .putArray("parts")
                        .addObject()
                        .put("text", pieces.get(piece));
                if (last) {
                    candidate.put("finishReason", speech.cutByLimit() ? "MAX_TOKENS" : "STOP");
                }
                candidate.put("index", i);
                if (!whole || i == speeches.size() - 1) {
                    end(chunk, id, read, said);
                    chunks.add(chunk);
                    chunk = chunk();
                }
            }
        }
        return chunks;
    }

    private static ObjectNode chunk() {
        ObjectNode chunk = Json.object();
        chunk.putArray("candidates");
        return chunk;
    }

    private void end(ObjectNode chunk, String id, int read, int said) {
        ObjectNode usage = chunk.putObject("usageMetadata")
                .put("promptTokenCount", read)
                .put("candidatesTokenCount", said)
                .put("totalTokenCount", read + said);
        usage.set("promptTokensDetails", details(read));
        usage.put("serviceTier", "standard");
        chunk.put("modelVersion", model).put("responseId", id);
    }

    private static ArrayNode details(int tokens) {
        ArrayNode details = Json.object().putArray("details");
        details.addObject().put("modality", "TEXT").put("tokenCount", tokens);
        return details;
    }

    private static Iterator<String> array(List<ObjectNode> chunks) {
        return IntStream.range(0, chunks.size())
                .mapToObj(i -> (i == 0 ? "[" : ",\r\n") + Json.write(chunks.get(i))
                        + (i == chunks.size() - 1 ? "\r\n]\r\n" : "\r\n"))
                .iterator();
    }

    static JsonNode models() {
        ObjectNode list = Json.object();
        ArrayNode models = list.putArray("models");
        for (String model : List.of("gemini-2.5-flash", "weir-sandbox")) {
            models.addObject()
                    .put("name", "models/" + model)
                    .put("version", "001")
                    .put("displayName", model)
                    .put("inputTokenLimit", 1_048_576)
                    .put("outputTokenLimit", 65_536)
                    .putArray("supportedGenerationMethods")
                    .add("generateContent")
                    .add("countTokens");
        }
        return list;
    }

    @Override
    public JsonNode error(int status, String message, String requestId) {
        ObjectNode error = Json.object();
        error.putObject("error").put("code", status).put("message", message).put("status", name(status));
        return error;
    }

    private static String name(int status) {
        return switch (status) {
            case 401 -> "UNAUTHENTICATED";
            case 403 -> "PERMISSION_DENIED";
            case 404 -> "NOT_FOUND";
            case 429 -> "RESOURCE_EXHAUSTED";
            case 503 -> "UNAVAILABLE";
            case 504 -> "DEADLINE_EXCEEDED";
            default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
        };
    }

    @Override
    public String newRequestId() {
        return Ids.hex("", 32);
    }

    /// Google tells no request id in a header.
    @Override
    public void addHeaders(MultiMap headers, String requestId, long processingMillis) {
        headers.set("server-timing", "gfet4t7; dur=" + processingMillis)
                .set("vary", "Origin, X-Origin, Referer")
                .set("x-content-type-options", "nosniff");
    }
}
