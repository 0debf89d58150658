package dev.weir.dialect;

import java.util.Set;

/// Reads a request for embeddings, a ranking or a moderation (OpenAI, Mistral, Voyage and Jina API references; read 2026-11).
///
/// Text comes as one string, as an array of them, or as token numbers, each of which has two bytes or more in the body. A
/// ranking reads its query again with every document.
final class InputOnlyRequest extends RequestReader {
    private static final Set<String> KNOWN = Set.of("model", "input", "query", "documents");

    private long queryBytes;
    private long documents;

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
            case "query" -> {
                int from = json.position();
                readText();
                queryBytes = json.position() - from;
            }
            case "documents" -> eachElement(() -> {
                documents++;
                input();
            });
            default -> json.skip();
        }
    }

    @Override
    void end() {
        if (documents > 1) {
            prompt.declare(Math.multiplyExact(queryBytes, documents - 1));
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
