package dev.weir.dialect;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a Messages request (Anthropic API reference, "Create a message"; read 2026-08).
class AnthropicMessagesRequest extends RequestReader {
    /// Documented as (width × height) / 750 after scaling, at most about 1,600, at most 4,784 on high-resolution models.
    private static final int IMAGE_TOKENS_MAX = 5_000;
    /// What the API puts before the first message of its own accord; recorded chats stay below their bytes without it.
    private static final int SYSTEM_TOKENS_MAX = 32;
    /// What it puts there to hold the answer to a schema.
    private static final int SCHEMA_TOKENS_MAX = 512;
    /// The system prompt that tool use adds (346 for most models, 530 the most that is documented), with room.
    private static final int TOOL_USE_TOKENS_MAX = 1_000;
    /// The definition of a tool that the API knows by its type; the largest documented is below it.
    private static final int KNOWN_TOOL_TOKENS_MAX = 3_000;
    /// What a document brings that may be cited; at most 452 tokens beyond the bytes of the body are recorded.
    private static final int CITATIONS_TOKENS_MAX = 1_500;
    private static final Set<String> KNOWN_CLIENT_TOOLS = Set.of("bash", "text_editor", "computer", "memory");
    private static final Set<String> KNOWN = Set.of("model", "stream", "max_tokens", "messages", "system", "tools",
            "thinking", "mcp_servers");

    AnthropicMessagesRequest(byte[] body, int length) {
        super(body, length, KNOWN);
        prompt.declare(SYSTEM_TOKENS_MAX);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "max_tokens" -> readOutputLimit(name);
            case "metadata" -> eachMember(this::metadata);
            case "thinking" -> eachMember(this::thinking);
            case "system" -> eachElement(this::part);
            case "messages" -> eachElement(this::message);
            case "tools" -> {
                prompt.declare(TOOL_USE_TOKENS_MAX);
                eachElement(() -> readTool(this::toolType));
            }
            case "output_format", "output_config" -> {
                prompt.declare(SCHEMA_TOKENS_MAX);
                readText();
            }
            case "mcp_servers" -> unseenElements("an MCP server named in the request adds input");
            case "context_management" -> eachMember(this::contextManagement);
            default -> json.skip();
        }
    }

    private void metadata(String name) throws JsonCursor.Malformed {
        if (name.equals("user_id")) {
            user = json.readStringOrNull();
        } else {
            json.skip();
        }
    }

    /// `max_tokens` must be above the thinking budget, or the API answers 400.
    private void thinking(String name) throws JsonCursor.Malformed {
        if (name.equals("budget_tokens")) {
            outputLimitMin = Math.clamp(json.readLong(0), 0, Long.MAX_VALUE - 1) + 1;
        } else {
            json.skip();
        }
    }

    private void unseenElements(String why) throws JsonCursor.Malformed, Ambiguous {
        eachElement(() -> {
            prompt.unseen(why);
            json.skip();
        });
    }

    /// Compaction is a further pass of the model over the conversation, billed beside the answer.
    private void contextManagement(String name) throws JsonCursor.Malformed, Ambiguous {
        eachElement(() -> eachMember(member -> {
            String type = json.readStringOrNull();
            if (member.equals("type") && type != null && type.startsWith("compact")) {
                prompt.unseen("context management may add a pass over the conversation");
            }
        }));
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
        var part = new Part();
        eachMember(name -> {
            switch (name) {
                case "type" -> part.type = json.readStringOrNull();
                case "source" -> eachMember(member -> source(part, member));
                case "content" -> eachElement(this::part);
                case "citations" -> citations();
                case "cache_control", "id", "tool_use_id", "signature", "is_error" -> json.skip();
                default -> readText();
            }
        });
        part.judge();
    }

    /// An object switches citations on; a list is what an earlier answer cited.
    private void citations() throws JsonCursor.Malformed {
        if (json.peek() == JsonCursor.Kind.OBJECT) {
            prompt.declare(CITATIONS_TOKENS_MAX);
            json.skip();
        } else {
            readText();
        }
    }

    private void source(Part part, String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "type" -> part.source = json.readStringOrNull();
            case "content" -> eachElement(this::part);
            default -> readText();
        }
    }

    private void toolType(@Nullable String type) {
        if (type == null || type.equals("custom")) {
            return;
        }
        prompt.notOnlyText();
        if (KNOWN_CLIENT_TOOLS.stream().anyMatch(type::startsWith)) {
            prompt.declare(KNOWN_TOOL_TOKENS_MAX);
        } else {
            prompt.unseen("a tool of the provider's own adds input");
        }
    }

    /// One content block; its type may stand after what it describes.
    private final class Part {
        @Nullable
        String type;
        @Nullable
        String source;

        void judge() {
            boolean image = "image".equals(type);
            if (image) {
                prompt.declare(IMAGE_TOKENS_MAX);
            }
            if (image || source != null && !source.equals("text") && !source.equals("content")) {
                prompt.notOnlyText();
            }
            if (source != null) {
                switch (source) {
                    case "text", "content" -> {
                    }
                    case "base64" -> {
                        if (!image) {
                            prompt.unseen("a message holds a document whose text Weir does not read");
                        }
                    }
                    default -> prompt.unseen("a message names a file or a URL");
                }
            }
            if ("container_upload".equals(type)) {
                prompt.unseen("a message names a file");
            }
        }
    }
}
