package dev.weir.dialect;

import java.util.Set;

/// Reads a request of the llama.cpp server's own API (llama.cpp, `tools/server/README.md`, read 2026-11).
final class LlamaCppRequest extends RequestReader {
    /// The marks of a fill-in-the-middle prompt and of the beginning of a text.
    private static final int TEMPLATE_TOKENS_MAX = 64;
    /// The most one image becomes: qwen2.5-vl at its greatest resolution, 16,384 patches.
    private static final int IMAGE_TOKENS_MAX = 16_384;
    private static final Set<String> KNOWN = Set.of("model", "stream", "prompt", "n_predict", "max_tokens", "n",
            "n_cmpl", "input_prefix", "input_suffix", "input_extra", "image_data", "response_fields");

    private long prompts;

    LlamaCppRequest(byte[] body, int length) {
        super(body, length, KNOWN);
        prompt.declare(TEMPLATE_TOKENS_MAX);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "n_predict", "max_tokens" -> readOutputLimit(name);
            case "n", "n_cmpl" -> readChoices(name);
            case "prompt" -> readPrompt();
            case "input_prefix", "input_suffix", "input_extra" -> readText();
            case "image_data" -> eachElement(this::image);
            default -> json.skip();
        }
    }

    /// One prompt, or several that are each completed. Within one, text and numbers of tokens may alternate, so the number of
    /// elements that are no numbers is only the most that it can be.
    private void readPrompt() throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() != JsonCursor.Kind.ARRAY) {
            onePrompt();
            return;
        }
        eachElement(() -> {
            if (json.peek() != JsonCursor.Kind.NUMBER) {
                prompts++;
            }
            onePrompt();
        });
    }

    private void onePrompt() throws JsonCursor.Malformed, Ambiguous {
        switch (json.peek()) {
            case OBJECT -> eachMember(name -> {
                if (name.equals("multimodal_data")) {
                    eachElement(this::image);
                } else {
                    readText();
                }
            });
            case STRING -> readText();
            default -> {
                // Numbers of tokens: each has at least a digit and a comma, so the bound by bytes holds.
                prompt.notOnlyText();
                json.skip();
            }
        }
    }

    private void image() throws JsonCursor.Malformed {
        prompt.notOnlyText();
        prompt.declare(IMAGE_TOKENS_MAX);
        json.skip();
    }

    @Override
    void allRead() {
        if (prompts > 1) {
            prompt.declare(prompts * TEMPLATE_TOKENS_MAX);
            multiplyChoices(prompts);
        }
    }
}
