package dev.weir.dialect;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads an Interactions request (Gemini API reference, "Interactions"; read 2026-11).
///
/// `input` is a text, one content, a list of them, or a list of steps that hold contents. Whatever names something that is
/// not in the body, or lets the provider work by itself, has no bound: an earlier interaction, an agent, media by address,
/// every tool but functions.
final class GeminiInteractionsRequest extends GeminiContents {
    private static final Set<String> KNOWN = Set.of("model", "agent", "stream", "input", "tools", "systemInstruction",
            "generationConfig", "previousInteractionId");

    GeminiInteractionsRequest(byte[] body, int length) {
        super(body, length, KNOWN, null);
        outputLimitMin = 1 + GeminiRequest.OUTPUT_BEYOND_LIMIT;
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "stream" -> streaming = json.readTruth();
            case "input" -> {
                prompt.message();
                eachOrOne(this::item);
            }
            case "systemInstruction" -> readText();
            case "responseFormat" -> schema();
            case "generationConfig" -> readLimitHome(this::generationConfig);
            case "tools" -> eachOrOne(this::tool);
            case "previousInteractionId" -> unheardUnlessNull("an earlier interaction is named by its id");
            case "agent" -> unheardUnlessNull("an agent adds input of its own");
            default -> json.skip();
        }
    }

    private void generationConfig(String name) throws JsonCursor.Malformed {
        if (name.equals("maxOutputTokens")) {
            readLooseOutputLimit(name, GeminiRequest.OUTPUT_BEYOND_LIMIT);
        } else {
            json.skip();
        }
    }

    /// What is not in the body may be audio too.
    private void unheardUnlessNull(String why) throws JsonCursor.Malformed {
        audio |= json.peek() != JsonCursor.Kind.NULL;
        unseenUnlessNull(why);
    }

    /// A content or a step; their types differ in what they hold, not in how it is read.
    private void item() throws JsonCursor.Malformed, Ambiguous {
        var media = new Media();
        eachMember(name -> {
            switch (name) {
                case "type" -> media.kind = json.readStringOrNull();
                case "mimeType" -> media.mimeType = json.readStringOrNull();
                case "data" -> {
                    media.inline = true;
                    json.skip();
                }
                case "uri" -> unheardUnlessNull("a part names a file or a URL");
                case "signature" -> {
                    prompt.notOnlyText();
                    json.skip();
                }
                case "content", "summary", "result" -> eachOrOne(this::item);
                case "role", "id", "callId", "resolution" -> json.skip();
                default -> readText();
            }
        });
        if (media.inline) {
            prompt.notOnlyText();
            media(media.mimeType != null ? media.mimeType : media.kind + "/");
        }
    }

    private void tool() throws JsonCursor.Malformed, Ambiguous {
        prompt.tool();
        var type = new Media();
        eachMember(name -> {
            if (name.equals("type")) {
                type.kind = json.readStringOrNull();
            } else {
                schema();
            }
        });
        if (!"function".equals(type.kind)) {
            prompt.unseen("a tool of the provider's own adds input");
        }
    }

    private static final class Media {
        @Nullable
        String kind;
        @Nullable
        String mimeType;
        boolean inline;
    }
}
