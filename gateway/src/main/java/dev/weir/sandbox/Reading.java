package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/// How many tokens a request's messages are.
///
/// Text is counted by the tokenizer; each message costs three more and the answer's opening three, as OpenAI documents for its
/// chat format. Tools and tool calls count as the JSON they are, an image as 85 (OpenAI's low detail; 258 with Google), audio
/// and files as 0.
final class Reading {
    private static final int MESSAGE_OVERHEAD = 3;
    private static final int IMAGE = 85;
    private static final int GOOGLES_IMAGE = 258;

    private Reading() {}

    static int of(JsonNode request) {
        int tokens = MESSAGE_OVERHEAD + content(request.path("system"));
        for (JsonNode message : request.path("messages")) {
            tokens += MESSAGE_OVERHEAD + text(message.path("role")) + content(message.path("content"));
            if (message.hasNonNull("name")) {
                tokens += 1 + text(message.path("name"));
            }
            if (message.hasNonNull("tool_calls")) {
                tokens += Tokenizer.count(Json.write(message.path("tool_calls")));
            }
        }
        return request.hasNonNull("tools") ? tokens + Tokenizer.count(Json.write(request.path("tools"))) : tokens;
    }

    /// The same of a request in Google's words.
    static int ofContents(JsonNode request) {
        JsonNode system = GeminiVoice.either(request, "systemInstruction", "system_instruction");
        int tokens = MESSAGE_OVERHEAD + parts(system.path("parts"));
        JsonNode contents = request.path("contents");
        for (JsonNode content : contents.isArray() ? contents : List.of(contents)) {
            tokens += MESSAGE_OVERHEAD + parts(content.path("parts"));
        }
        return request.hasNonNull("tools") ? tokens + Tokenizer.count(Json.write(request.path("tools"))) : tokens;
    }

    private static int parts(JsonNode parts) {
        int tokens = 0;
        for (JsonNode part : parts.isArray() ? parts : List.of(parts)) {
            tokens += text(part.path("text"));
            tokens += GeminiVoice.either(part, "inlineData", "inline_data").isObject() ? GOOGLES_IMAGE : 0;
            for (String json : List.of("functionCall", "functionResponse")) {
                tokens += part.has(json) ? Tokenizer.count(Json.write(part.path(json))) : 0;
            }
        }
        return tokens;
    }

    private static int content(JsonNode content) {
        if (!content.isArray()) {
            return text(content);
        }
        int tokens = 0;
        for (JsonNode part : content) {
            tokens += switch (part.path("type").asText()) {
                case "text", "refusal" -> text(part.path("text"));
                case "image", "image_url" -> IMAGE;
                case "tool_use" -> Tokenizer.count(Json.write(part.path("input")));
                case "tool_result" -> content(part.path("content"));
                default -> 0;
            };
        }
        return tokens;
    }

    /// The same of a Converse request, whose blocks are named by their only member.
    static int ofConverse(JsonNode request) {
        int tokens = MESSAGE_OVERHEAD + blocks(request.path("system"));
        for (JsonNode message : request.path("messages")) {
            tokens += MESSAGE_OVERHEAD + text(message.path("role")) + blocks(message.path("content"));
        }
        JsonNode tools = request.path("toolConfig").path("tools");
        return tools.isArray() ? tokens + Tokenizer.count(Json.write(tools)) : tokens;
    }

    private static int blocks(JsonNode blocks) {
        int tokens = 0;
        for (JsonNode block : blocks) {
            tokens += text(block.path("text")) + (block.has("image") ? IMAGE : 0)
                    + blocks(block.path("toolResult").path("content"));
            if (block.path("toolUse").has("input")) {
                tokens += Tokenizer.count(Json.write(block.path("toolUse").path("input")));
            }
        }
        return tokens;
    }

    private static int text(JsonNode node) {
        return node.isTextual() ? Tokenizer.count(node.textValue()) : 0;
    }
}
