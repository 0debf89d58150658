package dev.weir.dialect;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a Chat Completions request (OpenAI API reference, "Create chat completion"; OpenAPI document 2.3.0).
final class OpenAiChatRequest extends RequestReader {
    /// The most input tokens one image costs: gpt-4o-mini at `detail: high`, 2,833 + 5,667 for each of at most 8 tiles.
    private static final int IMAGE_TOKENS_MAX = 48_169;
    /// What a host puts before the first message of its own accord, in tokens beyond the bytes of the body. In the recorded
    /// traffic the most is 709 (xAI), 800 (OpenRouter), 1,417 (Venice), below 0 (OpenAI), 331 (any other).
    private static final Map<String, Integer> HIDDEN_PROMPT_MAX = Map.of("openai", 0, "sandbox", 0, "xai", 1_536,
            "openrouter", 1_024, "venice", 2_048);
    /// Where Azure serves the models of OpenAI, and only those.
    private static final String AZURE_DEPLOYMENTS = "/openai/";
    private static final int HIDDEN_PROMPT_MAX_ELSEWHERE = 512;
    private static final Set<String> KNOWN = Set.of("model", "stream", "stream_options", "max_tokens",
            "max_completion_tokens", "n_predict", "n", "best_of", "messages", "prompt", "tools", "functions");

    private final String provider;

    OpenAiChatRequest(String provider, String path, byte[] body, int length) {
        super(body, length, KNOWN);
        this.provider = provider;
        this.model = PathModel.of(path);
        boolean openAi = provider.equals("azure") && path.contains(AZURE_DEPLOYMENTS);
        prompt.declare(HIDDEN_PROMPT_MAX.getOrDefault(openAi ? "openai" : provider, HIDDEN_PROMPT_MAX_ELSEWHERE));
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readSearchingModel();
            case "stream" -> streaming = json.readTruth();
            case "stream_options" -> readStreamOptions();
            case "max_tokens", "max_completion_tokens" -> readOutputLimit(name);
            case "n_predict" -> readLlamaCppLimit(name);
            case "n", "best_of" -> readChoices(name);
            case "user", "safety_identifier" -> readUser();
            case "messages" -> eachElement(this::message);
            case "tools", "functions" -> eachElement(() -> readTool(this::toolType));
            case "response_format", "prediction", "prompt", "suffix" -> readText();
            case "web_search_options", "search_parameters", "data_sources", "plugins", "agent_id" ->
                unseenUnlessNull("\"" + name + "\" lets the provider add input of its own");
            default -> json.skip();
        }
    }

    /// Models that look things up by themselves (Groq's compound systems, OpenRouter's `:online`) read what they find.
    private void readSearchingModel() throws JsonCursor.Malformed, Ambiguous {
        readModel();
        String name = model == null ? "" : model.value();
        if (name.contains("compound") || name.endsWith(":online")) {
            prompt.unseen("the model adds input of its own");
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

    private void toolType(@Nullable String type) {
        if (type != null && !type.equals("function") && !type.equals("custom")) {
            prompt.unseen("a tool of the provider's own adds input");
        }
    }
}
