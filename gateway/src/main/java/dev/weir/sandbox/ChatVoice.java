package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// OpenAI Chat Completions: `POST /v1/chat/completions`, and `GET /v1/models`.
///
/// A stream carries usage only if `stream_options.include_usage` asks for it: then every chunk has `"usage":null` and one
/// more chunk with `"choices":[]` holds it, before `[DONE]`. Shapes as api.openai.com sent them in 2026.
final class ChatVoice extends OpenAiVoice {
    private static final int CHOICES_MAX = 128;

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        String fault = fault(request);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        int read = Reading.of(request);
        List<Speech> speeches = IntStream.range(0, request.path("n").asInt(1))
                .mapToObj(choice -> Speech.of(read + choice, controls.outputTokens(), limit(request), stops(request)))
                .toList();
        return request.path("stream").asBoolean()
                ? new Reply.Events(events(request, read, speeches))
                : new Reply.Whole(whole(request, read, speeches));
    }

    private static @Nullable String fault(ObjectNode request) {
        if (!request.path("model").isTextual()) {
            return "you must provide a model parameter";
        }
        if (!request.path("messages").isArray() || request.path("messages").isEmpty()) {
            return "Invalid 'messages': expected an array with at least one message.";
        }
        for (JsonNode message : request.path("messages")) {
            if (!message.path("role").isTextual()) {
                return "Missing required parameter: 'messages[].role'.";
            }
        }
        if (request.hasNonNull("max_tokens") && request.hasNonNull("max_completion_tokens")) {
            return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        }
        for (String field : List.of("max_tokens", "max_completion_tokens")) {
            JsonNode limit = request.path(field);
            if (request.hasNonNull(field) && (!limit.isIntegralNumber() || limit.longValue() < 1)) {
                return "Invalid '" + field + "': expected an integer of at least 1, but got " + limit + " instead.";
            }
        }
        JsonNode n = request.path("n");
        if (request.hasNonNull("n") && (!n.isInt() || n.intValue() < 1 || n.intValue() > CHOICES_MAX)) {
            return "Invalid 'n': expected an integer between 1 and " + CHOICES_MAX + ", but got " + n + " instead.";
        }
        if (request.hasNonNull("stream_options") && !request.path("stream").asBoolean()) {
            return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        }
        return null;
    }

    private static long limit(ObjectNode request) {
        long older = request.path("max_tokens").asLong(-1);
        return request.path("max_completion_tokens").asLong(older);
    }

    private static ObjectNode whole(ObjectNode request, int read, List<Speech> speeches) {
        ObjectNode answer = opening(request, "chat.completion", Ids.base58("chatcmpl-", 29), now());
        var choices = answer.putArray("choices");
        for (int i = 0; i < speeches.size(); i++) {
            ObjectNode choice = choices.addObject().put("index", i);
            ObjectNode message = choice.putObject("message")
                    .put("role", "assistant")
                    .put("content", speeches.get(i).text());
            message.putNull("refusal").putArray("annotations");
            choice.putNull("logprobs").put("finish_reason", reason(speeches.get(i)));
        }
        answer.set("usage", usage(read, speeches));
        return answer;
    }

    private static Iterator<String> events(ObjectNode request, int read, List<Speech> speeches) {
        String id = Ids.base58("chatcmpl-", 29);
        long created = now();
        boolean askedForUsage = request.path("stream_options").path("include_usage").asBoolean();
        Stream<ObjectNode> chunks = IntStream.range(0, speeches.size()).boxed().flatMap(choice -> {
            Speech speech = speeches.get(choice);
            ObjectNode first = Json.object().put("role", "assistant").put("content", "").putNull("refusal");
            Stream<ObjectNode> words = speech.pieces().stream().map(piece -> Json.object().put("content", piece));
            Stream<ObjectNode> said = Stream.concat(Stream.of(first), words)
                    .map(delta -> chunk(request, id, created, choice, delta, null));
            return Stream.concat(said,
                    Stream.of(speech).map(end -> chunk(request, id, created, choice, Json.object(), reason(end))));
        });
        if (askedForUsage) {
            ObjectNode last = opening(request, "chat.completion.chunk", id, created);
            last.putArray("choices");
            last.set("usage", usage(read, speeches));
            chunks = Stream.concat(chunks.map(chunk -> chunk.putNull("usage")), Stream.of(last));
        }
        return Stream.concat(chunks.map(Json::write), Stream.of("[DONE]"))
                .map(data -> "data: " + data + "\n\n")
                .iterator();
    }

    private static ObjectNode chunk(ObjectNode request, String id, long created, int choice, ObjectNode delta,
            @Nullable String reason) {
        ObjectNode chunk = opening(request, "chat.completion.chunk", id, created);
        ObjectNode only = chunk.putArray("choices").addObject().put("index", choice);
        only.set("delta", delta);
        only.putNull("logprobs").put("finish_reason", reason);
        return chunk;
    }

    private static ObjectNode opening(ObjectNode request, String object, String id, long created) {
        return Json.object()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", request.path("model").textValue())
                .put("service_tier", "default")
                .put("system_fingerprint", "fp_weirsandbox");
    }

    private static ObjectNode usage(int read, List<Speech> speeches) {
        int said = speeches.stream().mapToInt(Speech::tokens).sum();
        ObjectNode usage = Json.object()
                .put("prompt_tokens", read)
                .put("completion_tokens", said)
                .put("total_tokens", read + said);
        usage.putObject("prompt_tokens_details").put("cached_tokens", 0).put("audio_tokens", 0);
        usage.putObject("completion_tokens_details")
                .put("reasoning_tokens", 0)
                .put("audio_tokens", 0)
                .put("accepted_prediction_tokens", 0)
                .put("rejected_prediction_tokens", 0);
        return usage;
    }

    private static String reason(Speech speech) {
        return speech.cutByLimit() ? "length" : "stop";
    }
}
