package dev.weir.dialect;

import java.util.Set;

/// Reads a request for a run (OpenAI API reference, "Create run", "Create thread and run"; OpenAPI document 2.3.0).
///
/// The assistant's instructions and tools, and mostly the thread too, are kept by the provider: the input is never seen whole.
final class OpenAiRunsRequest extends RequestReader {
    private static final Set<String> KNOWN = Set.of("model", "stream", "max_completion_tokens", "assistant_id");
    /// The least that the API takes for `max_completion_tokens`.
    private static final int OUTPUT_LIMIT_MIN = 256;

    OpenAiRunsRequest(byte[] body, int length) {
        super(body, length, KNOWN);
        outputLimitMin = OUTPUT_LIMIT_MIN;
        prompt.unseen("an assistant is named by its id");
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "max_completion_tokens" -> readOutputLimit(name);
            default -> json.skip();
        }
    }
}
