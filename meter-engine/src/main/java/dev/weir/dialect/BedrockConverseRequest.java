package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a Converse request (Amazon Bedrock API reference, "Converse"; botocore `bedrock-runtime/2023-09-30`; read 2026-11).
final class BedrockConverseRequest extends BedrockBlocks {
    /// What a model's template adds around messages of its own accord.
    private static final int TEMPLATE_TOKENS_MAX = 256;
    /// What it adds where tools are offered.
    private static final int TOOL_USE_TOKENS_MAX = 1_500;
    /// What it adds to hold the answer to a schema.
    private static final int SCHEMA_TOKENS_MAX = 512;
    private static final Set<String> KNOWN = Set.of("messages", "system", "inferenceConfig", "toolConfig",
            "additionalModelRequestFields", "promptVariables");
    /// What models call their output limit. Bedrock refuses one that comes beside its own, as all do that have a default.
    private static final Set<String> LIMITS = Set.of("max_tokens", "max_new_tokens", "max_gen_len", "maxTokenCount",
            "max_tokens_to_sample", "max_completion_tokens", "maxTokens");

    BedrockConverseRequest(byte[] body, int length, @Nullable ModelId inPath, boolean stream) {
        super(body, length, KNOWN);
        model = inPath;
        streaming = stream;
        prompt.declare(TEMPLATE_TOKENS_MAX);
        if (BedrockModel.isPrompt(inPath)) {
            prompt.unseen("the prompt is stored at the provider");
        }
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "messages" -> eachElement(this::message);
            case "system" -> eachElement(this::block);
            case "inferenceConfig" -> readLimitHome(member -> {
                if (member.equals("maxTokens")) {
                    readOutputLimit(member);
                } else {
                    json.skip();
                }
            });
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
            case "additionalModelRequestFields" -> eachMember(this::ofTheModel);
            case "outputConfig" -> {
                prompt.declare(SCHEMA_TOKENS_MAX);
                readText();
            }
            case "promptVariables" -> unseenUnlessNull("the prompt is stored at the provider");
            default -> json.skip();
        }
    }

    /// Fields that go to the model as they are.
    private void ofTheModel(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "thinking", "reasoning_config" -> eachMember(this::thinking);
            case "tools" -> unseenUnlessNull("tools of the model's own add input");
            case "output_format", "output_config" -> {
                prompt.declare(SCHEMA_TOKENS_MAX);
                readText();
            }
            default -> {
                if (LIMITS.contains(name)) {
                    unseenUnlessNull(
                            "an output limit stands in additionalModelRequestFields; write inferenceConfig.maxTokens");
                } else {
                    json.skip();
                }
            }
        }
    }

    /// `maxTokens` must be above the thinking budget, or the answer is 400.
    private void thinking(String name) throws JsonCursor.Malformed {
        if (name.equals("budget_tokens")) {
            outputLimitMin = Math.clamp(json.readLong(0), 0, Long.MAX_VALUE - 1) + 1;
        } else {
            json.skip();
        }
    }
}
