package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads what Bedrock's InvokeModel hands to any model but Claude (Amazon Bedrock user guide, "Inference request parameters and
/// response fields"; read 2026-11).
///
/// The formats are read all at once: their names do not contradict each other, and the model behind an ARN may be any.
final class BedrockInvokeRequest extends BedrockBlocks {
    private static final int TEMPLATE_TOKENS_MAX = 256;
    private static final int TOOL_USE_TOKENS_MAX = 1_500;
    private static final int PICTURE_TOKENS_MAX = 48_169;
    private static final Set<String> KNOWN = Set.of("messages", "system", "inferenceConfig", "toolConfig", "prompt",
            "inputText", "textGenerationConfig", "message", "chat_history", "max_tokens", "max_completion_tokens",
            "max_gen_len", "max_new_tokens", "maxTokens", "n", "num_generations", "numResults", "tools");

    private final InvokeFamily family;

    BedrockInvokeRequest(InvokeFamily family, byte[] body, int length, @Nullable ModelId inPath, boolean stream) {
        super(body, length, KNOWN);
        this.family = family;
        model = inPath;
        streaming = stream;
        prompt.declare(TEMPLATE_TOKENS_MAX);
        if (family == InvokeFamily.NO_TEXT) {
            choices = 0;
        }
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "messages" -> eachElement(this::message);
            case "system" -> eachElement(this::block);
            case "prompt", "inputText", "message", "preamble", "suffix", "text", "query", "response_format" ->
                readText();
            case "texts", "chat_history", "documents", "inputs" -> eachElement(this::readText);
            case "max_tokens", "max_completion_tokens", "max_gen_len", "max_new_tokens", "maxTokens" -> readLimit(name);
            case "inferenceConfig", "textGenerationConfig" -> readLimitHome(this::configured);
            case "n", "num_generations", "numResults" -> readNumberOfAnswers(name);
            case "tools" -> {
                prompt.declare(TOOL_USE_TOKENS_MAX);
                eachTool();
            }
            case "toolConfig" -> {
                prompt.declare(TOOL_USE_TOKENS_MAX);
                eachMember(member -> {
                    if (member.equals("tools")) {
                        eachTool();
                    } else {
                        json.skip();
                    }
                });
            }
            case "image", "images", "inputImage", "image_data" -> {
                picture();
                json.skip();
            }
            case "mediaSource", "video", "inputVideo", "inputAudio", "connectors" ->
                unseenUnlessNull("the request names or holds media that Weir cannot bound");
            default -> json.skip();
        }
    }

    private void configured(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "maxTokens", "max_new_tokens", "maxTokenCount" -> readLimit(name);
            default -> json.skip();
        }
    }

    /// Where no text comes out, `max_tokens` cuts the input (Cohere Embed).
    private void readLimit(String name) throws JsonCursor.Malformed {
        if (family == InvokeFamily.NO_TEXT) {
            json.skip();
        } else {
            readOutputLimit(name);
        }
    }

    private void readNumberOfAnswers(String name) throws JsonCursor.Malformed {
        if (family == InvokeFamily.NO_TEXT) {
            json.skip();
        } else {
            readChoices(name);
        }
    }

    private void picture() {
        prompt.notOnlyText();
        prompt.declare(PICTURE_TOKENS_MAX);
    }

    /// A part as OpenAI's format has it, beside the blocks of Nova.
    @Override
    void blockMember(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "image_url" -> {
                picture();
                eachMember(member -> {
                    boolean isString = json.peek() == JsonCursor.Kind.STRING;
                    json.skip();
                    if (member.equals("url") && isString && !json.stringStartsWith("data:")) {
                        prompt.unseen("an image is named by its URL");
                    }
                });
            }
            case "input_audio", "file" -> unseenUnlessNull("a message holds a file or sound");
            default -> super.blockMember(name);
        }
    }
}
