package dev.weir.dialect;

import java.util.Set;

/// Reads a request for embeddings or a moderation (OpenAI, Mistral and Voyage API references; read 2026-11).
///
/// Text comes as one string, as an array of them, or as token numbers, each of which has two bytes or more in the body.
final class InputOnlyRequest extends RequestReader {
    private static final Set<String> KNOWN = Set.of("model", "input");

    InputOnlyRequest(String path, byte[] body, int length) {
        super(body, length, KNOWN);
        this.model = PathModel.of(path);
        this.choices = 0;
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "user" -> user = json.readStringOrNull();
            case "input" -> eachElement(this::input);
            default -> json.skip();
        }
    }

    /// A text, a token number, an array of those, a message, or a part that may name an image.
    private void input() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        switch (json.peek()) {
            case STRING -> readText();
            case OBJECT -> eachMember(name -> {
                switch (name) {
                    case "image_url", "image", "file_id" -> {
                        prompt.unseen("the input names or holds an image");
                        json.skip();
                    }
                    case "content" -> eachElement(this::input);
                    default -> readText();
                }
            });
            default -> {
                prompt.notOnlyText();
                json.skip();
            }
        }
    }
}
