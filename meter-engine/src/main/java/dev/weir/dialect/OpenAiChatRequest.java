package dev.weir.dialect;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a Chat Completions request (OpenAI API reference, "Create chat completion"; OpenAPI document 2.3.0).
final class OpenAiChatRequest extends RequestReader {
    /// The most input tokens one image costs: gpt-4o-mini at `detail: high`, 2,833 + 5,667 for each of at most 8 tiles.
    private static final int IMAGE_TOKENS_MAX = 48_169;
    /// What providers put before the first message of their own accord; the most in the recorded traffic is below it.
    private static final int SYSTEM_TOKENS_MAX = 512;
    private static final Set<String> KNOWN = Set.of("model", "stream", "stream_options", "max_tokens",
            "max_completion_tokens", "n_predict", "n", "best_of", "messages", "prompt", "tools", "functions");

    private final String provider;

    OpenAiChatRequest(String provider, byte[] body, int length) {
        super(body, length, KNOWN);
        this.provider = provider;
        prompt.declare(SYSTEM_TOKENS_MAX);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "stream_options" -> readStreamOptions();
            case "max_tokens", "max_completion_tokens" -> readOutputLimit(name);
            case "n_predict" -> readLlamaCppLimit(name);
            case "n", "best_of" -> readChoices(name);
            case "user", "safety_identifier" -> readUser();
            case "messages" -> eachElement(this::message);
            case "tools", "functions" -> eachElement(this::tool);
            case "response_format", "prediction", "prompt", "suffix" -> readText();
            case "web_search_options", "search_parameters", "data_sources", "plugins" -> unseenUnlessNull(name);
            default -> json.skip();
        }
    }

    private void readLlamaCppLimit(String name) throws JsonCursor.Malformed {
        if (provider.equals("llamacpp")) {
            readOutputLimit(name);
        } else {
            json.skip();
        }
    }

    private void readUser() throws JsonCursor.Malformed {
        String name = json.readStringOrNull();
        if (user == null) {
            user = name;
        }
    }

    private void unseenUnlessNull(String name) throws JsonCursor.Malformed {
        if (json.peek() != JsonCursor.Kind.NULL) {
            prompt.unseen("\"" + name + "\" lets the provider add input of its own");
        }
        json.skip();
    }

    private void message() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        eachMember(name -> {
            switch (name) {
                case "role" -> json.skip();
                case "content" -> eachElement(this::part);
                case "audio" -> storedAudio();
                default -> readText();
            }
        });
    }

    /// An assistant's earlier audio is named by id: the provider reads what it kept.
    private void storedAudio() throws JsonCursor.Malformed {
        if (json.peek() == JsonCursor.Kind.OBJECT) {
            prompt.unseen("an earlier audio answer is named by its id");
        }
        json.skip();
    }

    private void part() throws JsonCursor.Malformed, Ambiguous {
        eachMember(name -> {
            switch (name) {
                case "type" -> json.skip();
                case "image_url" -> image();
                case "input_audio" -> {
                    // Compressed speech has more bytes than tokens, so the bound by bytes holds; a count does not exist.
                    prompt.notOnlyText();
                    json.skip();
                }
                case "file", "file_url", "document_url", "video_url" -> {
                    prompt.unseen("a message names or holds a file whose text Weir does not read");
                    json.skip();
                }
                default -> readText();
            }
        });
    }

    private void image() throws JsonCursor.Malformed, Ambiguous {
        prompt.notOnlyText();
        prompt.declare(IMAGE_TOKENS_MAX);
        if (json.peek() == JsonCursor.Kind.OBJECT) {
            eachMember(name -> {
                if (name.equals("url")) {
                    imageUrl();
                } else {
                    json.skip();
                }
            });
        } else {
            imageUrl();
        }
    }

    private void imageUrl() throws JsonCursor.Malformed {
        boolean isString = json.peek() == JsonCursor.Kind.STRING;
        json.skip();
        if (isString && !json.stringStartsWith("data:")) {
            prompt.unseen("an image is named by its URL");
        }
    }

    private void tool() throws JsonCursor.Malformed, Ambiguous {
        prompt.tool();
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            readText();
            return;
        }
        int from = json.position();
        eachMember(name -> {
            if (name.equals("type")) {
                toolType(json.readStringOrNull());
            } else {
                json.skip();
            }
        });
        prompt.text(from, json.position());
    }

    private void toolType(@Nullable String type) {
        if (type != null && !type.equals("function") && !type.equals("custom")) {
            prompt.unseen("a tool of the provider's own adds input");
        }
    }
}
