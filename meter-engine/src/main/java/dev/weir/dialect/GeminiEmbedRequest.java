package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads an `embedContent` request, or the batch of them in `requests` (Gemini API reference, "Embeddings"; read 2026-11).
final class GeminiEmbedRequest extends GeminiContents {
    /// What frames each text: at most 2 tokens beyond the bytes are recorded.
    private static final int FRAME_TOKENS_MAX = 8;
    private static final Set<String> KNOWN = Set.of("content", "requests");

    GeminiEmbedRequest(byte[] body, int length, @Nullable ModelId model) {
        super(body, length, KNOWN, model);
        choices = 0;
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        if (name.equals("requests")) {
            eachOrOne(() -> eachMember(this::member));
        } else {
            member(name);
        }
    }

    private void member(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "content" -> {
                prompt.declare(FRAME_TOKENS_MAX);
                content();
            }
            case "title" -> readText();
            default -> json.skip();
        }
    }
}
