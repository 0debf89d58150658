package dev.weir.dialect;

import dev.weir.usage.ModelId;
import org.jspecify.annotations.Nullable;

/// Reads what Bedrock's InvokeModel hands to Claude: a Messages request without `model` and `stream`, which the path says, or
/// one in the older format of a single prompt.
final class BedrockClaudeRequest extends AnthropicMessagesRequest {
    BedrockClaudeRequest(byte[] body, int length, @Nullable ModelId inPath, boolean stream) {
        super(body, length);
        model = inPath;
        streaming = stream;
    }

    /// Whether the body is for Claude where the path does not tell: Bedrock requires `anthropic_version` of each.
    static boolean isOne(byte[] body, int length) {
        var json = new JsonCursor(body, length);
        try {
            if (json.peek() != JsonCursor.Kind.OBJECT) {
                return false;
            }
            json.beginObject();
            while (json.nextName()) {
                if (json.nameIs("anthropic_version")) {
                    return true;
                }
                json.skip();
            }
        } catch (JsonCursor.Malformed unreadable) {
            // Whoever reads it next says what is wrong.
            return false;
        }
        return false;
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model", "stream" -> json.skip();
            case "max_tokens_to_sample" -> readOutputLimit(name);
            case "prompt" -> readText();
            default -> super.field(name);
        }
    }
}
