package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the `Content` objects that Google's requests are made of.
///
/// Google reads ProtoJSON, which takes each field in two spellings, `generationConfig` and `generation_config`
/// (protobuf.dev, "ProtoJSON format"); both are one field here, so that the two beside each other stand twice. A repeated
/// field may also be a single value.
abstract class GeminiContents extends RequestReader {
    /// Tiles of 258 tokens; an image is scaled to at most 3,072 pixels a side and cut into tiles of 256 to 768 (Gemini API,
    /// "Understand and count tokens" and "Image understanding"): at most 12 by 2. The highest media resolution of later models
    /// is 2,240 tokens ("Media resolution").
    private static final int IMAGE_TOKENS_MAX = 24 * 258;
    private static final byte[] REFERENCE = "\"$ref\"".getBytes(StandardCharsets.US_ASCII);

    private final byte[] body;

    GeminiContents(byte[] body, int length, Set<String> known, @Nullable ModelId model) {
        super(body, length, known);
        this.body = body;
        this.model = model;
    }

    @Override
    final String canonical(String name) {
        return ProtoNames.camelCase(name);
    }

    /// Runs `each` for every element of an array, or for the one value that stands instead.
    final void eachOrOne(Reading each) throws JsonCursor.Malformed, Ambiguous {
        switch (json.peek()) {
            case ARRAY -> eachElement(each);
            case NULL -> json.skip();
            default -> each.read();
        }
    }

    final void content() throws JsonCursor.Malformed, Ambiguous {
        prompt.message();
        eachMember(name -> {
            switch (name) {
                case "role" -> json.skip();
                case "parts" -> eachOrOne(this::part);
                default -> readText();
            }
        });
    }

    private void part() throws JsonCursor.Malformed, Ambiguous {
        eachMember(name -> {
            switch (name) {
                case "thought", "mediaResolution", "videoMetadata", "partMetadata" -> json.skip();
                // The model's earlier thoughts, sealed: what it reads of them is shorter, but not told.
                case "thoughtSignature" -> {
                    prompt.notOnlyText();
                    json.skip();
                }
                case "inlineData" -> inlineData();
                case "fileData" -> {
                    audio = true;
                    prompt.unseen("a part names a file or a URL");
                    json.skip();
                }
                case "functionResponse" -> eachMember(this::functionResponse);
                default -> readText();
            }
        });
    }

    private void functionResponse(String name) throws JsonCursor.Malformed, Ambiguous {
        if (name.equals("parts")) {
            eachOrOne(this::part);
        } else {
            readText();
        }
    }

    private void inlineData() throws JsonCursor.Malformed, Ambiguous {
        prompt.notOnlyText();
        var type = new String[]{""};
        eachMember(name -> {
            String text = name.equals("mimeType") ? json.readStringOrNull() : null;
            if (text != null) {
                type[0] = text;
            } else if (!name.equals("mimeType")) {
                json.skip();
            }
        });
        media(type[0]);
    }

    /// What data of this type may become. Base64 has more bytes than the text in it, and, at 32 tokens for each second, than
    /// speech has tokens even at the lowest bit rates of speech codecs (6 kbit/s). A film that stands still and a page without
    /// anything on it take nearly no bytes: 263 tokens for each second and 258 for each of up to 1,000 pages (Gemini API,
    /// "Understand and count tokens", "Document understanding") come to as much as the model can read.
    final void media(String type) {
        if (type.startsWith("image/")) {
            prompt.declare(IMAGE_TOKENS_MAX);
        } else if (type.startsWith("audio/")) {
            audio = true;
        } else if (!type.startsWith("text/")) {
            audio = true;
            prompt.unseen("a part holds a document or a video whose length Weir does not read");
        }
    }

    /// Reads a tool or a schema as text. What a schema refers to by `$ref` is put to the model again where it is referred to
    /// (recorded: 776 tokens of 480), so each reference is taken for one more copy.
    final void schema() throws JsonCursor.Malformed {
        json.peek();
        int from = json.position();
        readText();
        int length = json.position() - from;
        for (int at = from; at <= from + length - REFERENCE.length; at++) {
            if (Arrays.equals(body, at, at + REFERENCE.length, REFERENCE, 0, REFERENCE.length)) {
                prompt.notOnlyText();
                prompt.declare(length);
            }
        }
    }
}
