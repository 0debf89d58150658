package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// OpenAI Responses: `POST /v1/responses`, and `GET /v1/responses/{id}` for what was made in the background.
///
/// Nothing is kept: the id of a background response says how many tokens it read and will say.
final class ResponsesVoice extends OpenAiVoice {
    private static final int MAX_OUTPUT_TOKENS_MIN = 16;
    private static final Pattern BACKGROUND = Pattern.compile("/v1/responses/(resp_[0-9a-f]+_(\\d{1,7})_(\\d{1,7}))");

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        String fault = fault(request);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        int read = read(request);
        Speech speech = Speech.of(read, controls.outputTokens(), request.path("max_output_tokens").asLong(-1),
                List.of());
        if (request.path("stream").asBoolean()) {
            return new Reply.Events(events(request, read, speech));
        }
        if (request.path("background").asBoolean()) {
            String id = Ids.hex("resp_", 32) + "_" + read + "_" + speech.tokens();
            return new Reply.Whole(response(request, id, "queued", null, 0, speech));
        }
        return new Reply.Whole(response(request, Ids.hex("resp_", 48), status(speech), speech, read, speech));
    }

    /// The finished response that a background request created, or null where the path names none.
    static @Nullable JsonNode earlier(String path) {
        Matcher id = BACKGROUND.matcher(path);
        if (!id.matches()) {
            return null;
        }
        int read = Integer.parseInt(id.group(2));
        Speech speech = Speech.of(read, Integer.parseInt(id.group(3)), -1, List.of());
        ObjectNode request = Json.object().put("model", "weir-sandbox").put("background", true);
        return response(request, id.group(1), "completed", speech, read, speech);
    }

    private static @Nullable String fault(ObjectNode request) {
        String missing = modelMissing(request);
        if (missing != null) {
            return missing;
        }
        if (!request.path("input").isTextual() && !request.path("input").isArray()) {
            return "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.";
        }
        return numberFault(request, "max_output_tokens", MAX_OUTPUT_TOKENS_MIN);
    }

    private static int read(ObjectNode request) {
        ObjectNode chat = Json.object();
        chat.set("system", request.path("instructions"));
        var messages = chat.putArray("messages");
        if (request.path("input").isTextual()) {
            messages.addObject().put("role", "user").put("content", request.path("input").textValue());
        }
        for (JsonNode item : request.path("input")) {
            ObjectNode message = messages.addObject().put("role", item.path("role").asText());
            message.set("content", text(item));
        }
        if (request.hasNonNull("tools")) {
            chat.set("tools", request.path("tools"));
        }
        return Reading.of(chat);
    }

    /// An item's text as a chat's message has it.
    private static JsonNode text(JsonNode item) {
        JsonNode content = item.path(item.has("output") ? "output" : "content");
        if (!content.isArray()) {
            return content;
        }
        var parts = Json.object().putArray("content");
        for (JsonNode part : content) {
            boolean image = part.path("type").asText().equals("input_image");
            parts.addObject().put("type", image ? "image" : "text").put("text", part.path("text").asText());
        }
        return parts;
    }

    private static Iterator<String> events(ObjectNode request, int read, Speech speech) {
        String id = Ids.hex("resp_", 48);
        var number = new AtomicInteger();
        ObjectNode item = message(Ids.hex("msg_", 48), "in_progress", "");
        ObjectNode done = message(item.path("id").textValue(), "completed", speech.text());
        String itemId = item.path("id").textValue();
        item.putArray("content");
        ObjectNode running = response(request, id, "in_progress", null, 0, speech);
        ObjectNode ended = response(request, id, status(speech), speech, read, speech);
        Stream<ObjectNode> begin = Stream.of(of("response.created", "response", running),
                of("response.in_progress", "response", running),
                of("response.output_item.added", "item", item).put("output_index", 0),
                content(of("response.content_part.added", "part", part("")), itemId));
        Stream<ObjectNode> deltas = speech.pieces()
                .stream()
                .map(piece -> content(Json.object().put("type", "response.output_text.delta").put("delta", piece),
                        itemId));
        Stream<ObjectNode> end = Stream.of(
                content(Json.object().put("type", "response.output_text.done").put("text", speech.text()), itemId),
                content(of("response.content_part.done", "part", part(speech.text())), itemId),
                of("response.output_item.done", "item", done).put("output_index", 0),
                of("response." + status(speech), "response", ended));
        return Stream.concat(Stream.concat(begin, deltas), end)
                .map(event -> event.put("sequence_number", number.getAndIncrement()))
                .map(event -> "event: " + event.path("type").textValue() + "\ndata: " + Json.write(event) + "\n\n")
                .iterator();
    }

    private static ObjectNode of(String type, String field, ObjectNode value) {
        ObjectNode event = Json.object().put("type", type);
        event.set(field, value);
        return event;
    }

    private static ObjectNode content(ObjectNode event, String itemId) {
        event.put("item_id", itemId).put("output_index", 0).put("content_index", 0);
        if (event.path("type").textValue().startsWith("response.output_text")) {
            event.putArray("logprobs");
        }
        return event;
    }

    /// @param said what is in the output so far, null where nothing is and no usage is known
    private static ObjectNode response(ObjectNode request, String id, String status, @Nullable Speech said, int read,
            Speech speech) {
        ObjectNode response = Json.object()
                .put("id", id)
                .put("object", "response")
                .put("created_at", now())
                .put("status", status)
                .put("background", request.path("background").asBoolean())
                .putNull("error");
        response.putNull("incomplete_details").putNull("instructions");
        if (status.equals("incomplete")) {
            response.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        response.set("max_output_tokens", request.path("max_output_tokens").isMissingNode()
                ? null
                : request.path("max_output_tokens"));
        response.put("model", request.path("model").textValue());
        var output = response.putArray("output");
        if (said != null) {
            output.add(message(Ids.hex("msg_", 48), "completed", said.text()));
        }
        response.put("parallel_tool_calls", true).putNull("previous_response_id").put("service_tier", "default");
        response.put("store", true).put("temperature", 1.0).put("tool_choice", "auto").putArray("tools");
        response.put("top_p", 1.0).put("truncation", "disabled");
        response.putObject("metadata");
        response.putNull("usage");
        if (said != null) {
            response.set("usage", usage(read, speech.tokens()));
        }
        return response;
    }

    private static ObjectNode message(String id, String status, String text) {
        ObjectNode message = Json.object()
                .put("id", id)
                .put("type", "message")
                .put("status", status)
                .put("role", "assistant");
        message.putArray("content").add(part(text));
        return message;
    }

    private static ObjectNode part(String text) {
        ObjectNode part = Json.object().put("type", "output_text").put("text", text);
        part.putArray("annotations");
        part.putArray("logprobs");
        return part;
    }

    private static ObjectNode usage(int read, int said) {
        ObjectNode usage = Json.object().put("input_tokens", read).put("output_tokens", said);
        usage.put("total_tokens", read + said);
        usage.putObject("input_tokens_details").put("cached_tokens", 0);
        usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
        return usage;
    }

    private static String status(Speech speech) {
        return speech.cutByLimit() ? "incomplete" : "completed";
    }
}
