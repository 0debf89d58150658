package dev.weir.dialect;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads messages made of content blocks as Converse and Nova have them (Amazon Bedrock API reference, `ContentBlock`; botocore
/// `bedrock-runtime/2023-09-30`; read 2026-11).
abstract class BedrockBlocks extends RequestReader {
    /// Far above what any of the models makes of one image (Claude 4,784, Llama 4 and Pixtral below 7,000, Nova 2,600).
    private static final int IMAGE_TOKENS_MAX = 10_000;
    /// What a document brings that may be cited; see [AnthropicMessagesRequest].
    private static final int CITATIONS_TOKENS_MAX = 1_500;
    /// Documents that are text: their Base64 has more bytes than they have tokens.
    private static final Set<String> TEXT_FORMATS = Set.of("txt", "md", "csv", "html");

    BedrockBlocks(byte[] body, int length, Set<String> known) {
        super(body, length, known);
    }

    final void message() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        eachMember(name -> {
            switch (name) {
                case "role" -> json.skip();
                case "content" -> eachElement(this::block);
                default -> readText();
            }
        });
    }

    final void block() throws JsonCursor.Malformed, Ambiguous {
        eachMember(this::blockMember);
    }

    void blockMember(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "image" -> image();
            case "document" -> document();
            case "video", "audio" -> unseenUnlessNull("a message holds sound or film, which no bytes bound");
            case "toolResult" -> eachMember(member -> {
                if (member.equals("content")) {
                    eachElement(this::block);
                } else {
                    json.skip();
                }
            });
            case "guardContent" -> block();
            case "citationsContent", "searchResult" -> {
                prompt.declare(CITATIONS_TOKENS_MAX);
                readText();
            }
            case "cachePoint", "type", "cache_control" -> json.skip();
            default -> readText();
        }
    }

    final void image() throws JsonCursor.Malformed, Ambiguous {
        prompt.notOnlyText();
        prompt.declare(IMAGE_TOKENS_MAX);
        eachMember(name -> {
            if (name.equals("source")) {
                source(new Document());
            } else {
                json.skip();
            }
        });
    }

    private void document() throws JsonCursor.Malformed, Ambiguous {
        prompt.declare(CITATIONS_TOKENS_MAX);
        var document = new Document();
        eachMember(name -> {
            switch (name) {
                case "format" -> document.format = json.readStringOrNull();
                case "source" -> source(document);
                default -> readText();
            }
        });
        if (document.inBytes && (document.format == null || !TEXT_FORMATS.contains(document.format))) {
            prompt.unseen("a message holds a document whose text Weir does not read");
        }
    }

    private void source(Document document) throws JsonCursor.Malformed, Ambiguous {
        eachMember(name -> {
            switch (name) {
                case "bytes" -> {
                    document.inBytes = true;
                    prompt.notOnlyText();
                    json.skip();
                }
                case "text" -> readText();
                case "content" -> eachElement(this::block);
                default -> unseenUnlessNull("a message names a file that only the provider reads");
            }
        });
    }

    final void eachTool() throws JsonCursor.Malformed, Ambiguous {
        eachElement(() -> {
            prompt.tool();
            if (json.peek() != JsonCursor.Kind.OBJECT) {
                readText();
                return;
            }
            int from = json.position();
            eachMember(name -> {
                if (name.equals("systemTool")) {
                    unseenUnlessNull("a tool of the provider's own adds input");
                } else {
                    json.skip();
                }
            });
            prompt.text(from, json.position());
        });
    }

    /// Its format may stand behind its source.
    private static final class Document {
        @Nullable
        String format;
        boolean inBytes;
    }
}
