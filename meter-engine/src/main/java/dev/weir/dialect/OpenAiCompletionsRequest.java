package dev.weir.dialect;

import java.util.Set;

/// Reads a Completions request (OpenAI API reference, "Create completion (legacy)"; OpenAPI document 2.3.0).
///
/// One request may hold several prompts; each is answered `n` times, and `best_of` answers are made and billed for it. A prompt
/// may be an array of token numbers: each stands for one token and has two bytes or more in the body, so the bound by bytes
/// holds.
final class OpenAiCompletionsRequest extends RequestReader {
    private static final Set<String> KNOWN = Set.of("model", "stream", "stream_options", "max_tokens", "n", "best_of",
            "prompt", "suffix");

    private long prompts;

    OpenAiCompletionsRequest(String path, byte[] body, int length) {
        super(body, length, KNOWN);
        this.model = PathModel.of(path);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "stream_options" -> readStreamOptions();
            case "max_tokens" -> readOutputLimit(name);
            case "n", "best_of" -> readChoices(name);
            case "user" -> user = json.readStringOrNull();
            case "prompt" -> prompt();
            case "suffix" -> readText();
            default -> json.skip();
        }
    }

    @Override
    void allRead() {
        multiplyChoices(prompts);
    }

    /// A text, texts, numbers, or arrays of numbers: all numbers together are one prompt, everything else is one each.
    private void prompt() throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() == JsonCursor.Kind.STRING) {
            prompt.message();
        }
        boolean[] numbers = new boolean[1];
        eachElement(() -> {
            if (json.peek() == JsonCursor.Kind.NUMBER) {
                numbers[0] = true;
                prompt.notOnlyText();
                json.skip();
                return;
            }
            prompts++;
            prompt.message();
            if (json.peek() != JsonCursor.Kind.STRING) {
                prompt.notOnlyText();
            }
            readText();
        });
        prompts += numbers[0] ? 1 : 0;
    }
}
