package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a Responses request (OpenAI API reference, "Create a model response"; OpenAPI document 2.3.0).
///
/// What the API keeps on its side is not in the body: an earlier response, a conversation, a stored prompt, items and files
/// named by id, whatever a hosted tool brings in. Each of those makes the input unseen.
final class OpenAiResponsesRequest extends RequestReader {
    /// As in a chat: the most that one image costs.
    private static final int IMAGE_TOKENS_MAX = 48_169;
    /// What a host puts before the first message of its own accord, in tokens beyond what is counted of the body. Of OpenAI's
    /// own at most 47 are recorded (o3-mini).
    private static final Map<String, Integer> HIDDEN_PROMPT_MAX = Map.of("openai", 64, "azure", 64, "sandbox", 0, "xai",
            1_536, "openrouter", 1_024);
    /// What a custom tool brings beside its definition; 103 are recorded.
    private static final int CUSTOM_TOOL_TOKENS_MAX = 256;
    private static final int HIDDEN_PROMPT_MAX_ELSEWHERE = 512;
    /// "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" (the API's own answer).
    private static final int OUTPUT_LIMIT_MIN = 16;
    /// How many calls of a hosted tool are reserved where the request sets no `max_tool_calls`: no host documents a most.
    private static final long HOSTED_CALLS_MAX = 16;
    private static final Set<String> KNOWN = Set.of("model", "stream", "max_output_tokens", "max_tool_calls", "input",
            "instructions", "tools", "previous_response_id", "conversation", "prompt", "background");

    private boolean searches;
    private boolean images;
    private long hostedCalls = HOSTED_CALLS_MAX;

    OpenAiResponsesRequest(String provider, String path, byte[] body, int length) {
        super(body, length, KNOWN);
        this.model = PathModel.of(path);
        this.outputLimitMin = OUTPUT_LIMIT_MIN;
        prompt.declare(HIDDEN_PROMPT_MAX.getOrDefault(provider, HIDDEN_PROMPT_MAX_ELSEWHERE));
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "max_output_tokens" -> readOutputLimit(name);
            case "max_tool_calls" -> hostedCalls = Math.max(0, json.readLong(HOSTED_CALLS_MAX));
            case "user", "safety_identifier" -> readUser();
            case "instructions" -> {
                prompt.message();
                eachElement(this::item);
            }
            case "input" -> input();
            case "tools" -> eachElement(() -> readTool(this::toolType));
            case "text" -> readText();
            case "reasoning" -> eachMember(this::reasoning);
            case "previous_response_id" -> unseenUnlessNull("an earlier response is named by its id");
            case "conversation" -> unseenUnlessNull("a stored conversation is named by its id");
            case "prompt" -> unseenUnlessNull("a stored prompt is named by its id");
            case "context_management" -> unseenUnlessNull("context management may add a pass over the conversation");
            case "plugins" -> unseenUnlessNull("a plugin of the provider's own adds input");
            default -> json.skip();
        }
    }

    @Override
    void allRead() {
        bound(Meter.SEARCHES, searches);
        bound(Meter.IMAGES_GENERATED, images);
    }

    private void bound(Meter meter, boolean possible) {
        if (possible) {
            others.set(meter, hostedCalls, Provenance.BOUND);
        }
    }

    private void readUser() throws JsonCursor.Malformed {
        String name = json.readStringOrNull();
        if (user == null) {
            user = name;
        }
    }

    /// In its mode `pro` a model reads some 1,500 tokens that nobody sent (recorded of gpt-5.6).
    private void reasoning(String name) throws JsonCursor.Malformed {
        if (name.equals("mode")) {
            unseenUnlessNull("the reasoning mode lets the model read input of its own");
        } else {
            json.skip();
        }
    }

    private void input() throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() == JsonCursor.Kind.STRING) {
            prompt.message();
        }
        eachElement(this::item);
    }

    /// One item of the conversation. Its `type` may stand anywhere in it, and is left out of messages; so each member is
    /// read for what it can mean, and the type only adds what the members do not show.
    private void item() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        var item = new Item();
        eachMember(name -> {
            switch (name) {
                case "type" -> item.type = json.readStringOrNull();
                case "id", "call_id", "role", "status", "phase" -> json.skip();
                case "content", "output" -> {
                    item.content |= json.peek() != JsonCursor.Kind.NULL;
                    content();
                }
                case "encrypted_content" -> {
                    item.content |= json.peek() != JsonCursor.Kind.NULL;
                    readText();
                }
                case "tools" -> eachElement(() -> readTool(this::toolType));
                default -> readText();
            }
        });
        item.judge();
    }

    private final class Item {
        @Nullable
        String type;
        boolean content;

        void judge() {
            if (type == null) {
                return;
            }
            switch (type) {
                case "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
                        "local_shell_call", "local_shell_call_output", "additional_tools", "tool_search_call",
                        "tool_search_output", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
                        "input_text", "output_text" ->
                    {
                    }
                case "reasoning" -> {
                    if (!content) {
                        prompt.unseen("an earlier reasoning is named by its id");
                    }
                }
                case "input_image" -> prompt.unseen("an image stands outside a message");
                default -> prompt.unseen("an item names something that the provider kept");
            }
        }
    }

    /// A string, a list of parts, or one part (`computer_call_output`).
    private void content() throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() == JsonCursor.Kind.OBJECT) {
            part();
        } else {
            eachElement(this::part);
        }
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
                case "file_id", "file_url", "file_data" ->
                    unseenUnlessNull("a message names or holds a file whose text Weir does not read");
                default -> readText();
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

    /// Functions, custom tools and namespaces of them are what the body says; all others are the provider's own.
    private void toolType(@Nullable String type) {
        if (type == null || type.equals("function") || type.equals("namespace")) {
            return;
        }
        if (type.equals("custom")) {
            prompt.declare(CUSTOM_TOOL_TOKENS_MAX);
            return;
        }
        prompt.unseen("a tool of the provider's own adds input");
        searches |= type.startsWith("web_search") || type.equals("x_search");
        images |= type.equals("image_generation");
    }
}
