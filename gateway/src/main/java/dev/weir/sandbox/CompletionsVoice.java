package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The older OpenAI Completions, `POST /v1/completions`: several prompts at once, `n`, `echo`, and 16 tokens where the request
/// names no limit. Usage in a stream as in a chat's.
final class CompletionsVoice extends OpenAiVoice {
    private static final int TOKENS_WITHOUT_LIMIT = 16;

    private record Choice(String echo, Speech speech) {}

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        String fault = fault(request);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        List<JsonNode> prompts = prompts(request.path("prompt"));
        int read = prompts.stream().mapToInt(CompletionsVoice::tokens).sum();
        var choices = new ArrayList<Choice>();
        for (JsonNode prompt : prompts) {
            for (int n = 0; n < request.path("n").asInt(1); n++) {
                choices.add(choice(request, controls, prompt, read + choices.size()));
            }
        }
        return request.path("stream").asBoolean()
                ? new Reply.Events(events(request, read, choices))
                : new Reply.Whole(whole(request, read, choices));
    }

    private static @Nullable String fault(ObjectNode request) {
        return Stream.of(modelMissing(request), numberFault(request, "max_tokens", 0), numberFault(request, "n", 1))
                .filter(each -> each != null)
                .findFirst()
                .orElse(null);
    }

    /// A text and an array of numbers are one prompt; an array of either is several.
    private static List<JsonNode> prompts(JsonNode prompt) {
        if (!prompt.isArray() || prompt.path(0).isNumber()) {
            return List.of(prompt);
        }
        var prompts = new ArrayList<JsonNode>();
        prompt.forEach(prompts::add);
        return prompts;
    }

    private static int tokens(JsonNode prompt) {
        return prompt.isArray() ? prompt.size() : Tokenizer.count(prompt.asText());
    }

    private static Choice choice(ObjectNode request, Controls controls, JsonNode prompt, int start) {
        long limit = request.path("max_tokens").asLong(TOKENS_WITHOUT_LIMIT);
        String echo = request.path("echo").asBoolean() && prompt.isTextual() ? prompt.textValue() : "";
        return new Choice(echo, Speech.of(start, controls.outputTokens(), limit, stops(request)));
    }

    private static ObjectNode whole(ObjectNode request, int read, List<Choice> choices) {
        ObjectNode answer = opening(request, Ids.base58("cmpl-", 29), now());
        var array = answer.putArray("choices");
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get(i);
            array.add(piece(i, choice.echo() + choice.speech().text(), reason(choice.speech())));
        }
        answer.set("usage", usage(read, choices));
        return answer;
    }

    private static Iterator<String> events(ObjectNode request, int read, List<Choice> choices) {
        String id = Ids.base58("cmpl-", 29);
        long created = now();
        Stream<ObjectNode> chunks = IntStream.range(0, choices.size()).boxed().flatMap(i -> {
            Choice choice = choices.get(i);
            Stream<String> echo = choice.echo().isEmpty() ? Stream.empty() : Stream.of(choice.echo());
            return Stream.concat(
                    Stream.concat(echo, choice.speech().pieces().stream()).map(text -> piece(i, text, null)),
                    Stream.of(piece(i, "", reason(choice.speech()))));
        }).map(piece -> {
            ObjectNode chunk = opening(request, id, created);
            chunk.putArray("choices").add(piece);
            return chunk;
        });
        if (request.path("stream_options").path("include_usage").asBoolean()) {
            ObjectNode last = opening(request, id, created);
            last.putArray("choices");
            last.set("usage", usage(read, choices));
            chunks = Stream.concat(chunks.map(chunk -> chunk.putNull("usage")), Stream.of(last));
        }
        return Stream.concat(chunks.map(Json::write), Stream.of("[DONE]"))
                .map(data -> "data: " + data + "\n\n")
                .iterator();
    }

    private static ObjectNode piece(int index, String text, @Nullable String reason) {
        return Json.object()
                .put("text", text)
                .put("index", index)
                .putNull("logprobs")
                .put("finish_reason", reason);
    }

    private static ObjectNode opening(ObjectNode request, String id, long created) {
        return Json.object()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", created)
                .put("model", request.path("model").textValue());
    }

    private static ObjectNode usage(int read, List<Choice> choices) {
        int said = choices.stream().mapToInt(choice -> choice.speech().tokens()).sum();
        return Json.object()
                .put("prompt_tokens", read)
                .put("completion_tokens", said)
                .put("total_tokens", read + said);
    }

    private static String reason(Speech speech) {
        return speech.cutByLimit() ? "length" : "stop";
    }
}
