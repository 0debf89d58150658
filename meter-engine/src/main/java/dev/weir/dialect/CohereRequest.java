package dev.weir.dialect;

import java.util.Set;

/// Reads a request of Cohere's own API (Cohere API reference, "Chat", "Chat (V1)", "Generate", "Embed"; read 2026-11).
final class CohereRequest extends RequestReader {
    /// The preamble that Cohere puts before a chat and does not bill, and what it says around tools and documents; in the
    /// recorded traffic 1,372 tokens beyond the bytes of the body at most.
    private static final int PREAMBLE_TOKENS_MAX = 2_048;
    /// The most one image becomes: 12 tiles and a thumbnail of 256 tokens each, with room.
    private static final int IMAGE_TOKENS_MAX = 4_096;
    private static final Set<String> KNOWN = Set.of("model", "stream", "max_tokens", "messages", "message",
            "chat_history", "documents", "tools", "connectors", "conversation_id", "prompt", "preset",
            "num_generations", "texts", "images", "inputs");

    private final Cohere.Task task;

    CohereRequest(Cohere.Task task, byte[] body, int length) {
        super(body, length, KNOWN);
        this.task = task;
        if (task == Cohere.Task.EMBED) {
            choices = 0;
        } else {
            prompt.declare(PREAMBLE_TOKENS_MAX);
        }
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "max_tokens" -> maxTokens(name);
            case "num_generations" -> readChoices(name);
            case "messages", "chat_history" -> eachElement(this::message);
            case "tools" -> eachElement(() -> {
                prompt.tool();
                readText();
            });
            case "message", "preamble", "prompt", "texts", "documents", "tool_results", "response_format" ->
                eachElement(this::readText);
            case "inputs" -> eachElement(this::message);
            case "images" -> eachElement(this::image);
            case "connectors" -> eachElement(() -> {
                prompt.unseen("a connector adds what it finds to the input");
                json.skip();
            });
            case "conversation_id" -> unseenUnlessNull("a conversation that the provider keeps is named by its id");
            case "preset" -> unseenUnlessNull("a preset that the provider keeps is named by its id");
            default -> json.skip();
        }
    }

    /// Of an embedding it limits how much of each text is read.
    private void maxTokens(String name) throws JsonCursor.Malformed {
        if (task == Cohere.Task.EMBED) {
            json.skip();
        } else {
            readOutputLimit(name);
        }
    }

    private void message() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        eachMember(name -> {
            switch (name) {
                case "role" -> json.skip();
                case "content" -> eachElement(this::part);
                default -> readText();
            }
        });
    }

    private void part() throws JsonCursor.Malformed, Ambiguous {
        eachMember(name -> {
            switch (name) {
                case "type" -> json.skip();
                case "image_url" -> imageUrl();
                default -> readText();
            }
        });
    }

    private void imageUrl() throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            image();
            return;
        }
        eachMember(name -> {
            if (name.equals("url")) {
                image();
            } else {
                json.skip();
            }
        });
    }

    private void image() throws JsonCursor.Malformed {
        prompt.notOnlyText();
        prompt.declare(IMAGE_TOKENS_MAX);
        boolean isString = json.peek() == JsonCursor.Kind.STRING;
        json.skip();
        if (isString && !json.stringStartsWith("data:")) {
            prompt.unseen("an image is named by its URL");
        }
    }
}
