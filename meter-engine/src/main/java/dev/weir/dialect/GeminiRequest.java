package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a `generateContent` request (Gemini API reference, "Generating content"; Vertex AI reference, "GenerateContent"; read
/// 2026-11).
///
/// `maxOutputTokens` bounds answer and thoughts together (googleapis/python-genai issue 2062), so it may also be below the
/// thinking budget. In 300 of 306 recorded answers with a limit the sum is within it; in two it is one token above; the other
/// four were made in several turns by the provider's own tools, where there is no bound at all.
final class GeminiRequest extends GeminiContents {
    /// How much more than the limit may come out.
    static final int OUTPUT_BEYOND_LIMIT = 1;
    /// "Up to ten images" are the most that any image model documents for one answer (Vertex AI, Gemini 2.5 Flash Image).
    private static final int IMAGES_OUT_MAX = 10;
    /// No number is published; at most 3 queries for one answer are recorded.
    private static final int SEARCHES_MAX = 32;
    private static final Set<String> KNOWN = Set.of("contents", "systemInstruction", "tools", "cachedContent",
            "generationConfig");
    private static final Set<String> SEARCH_TOOLS = Set.of("googleSearch", "googleSearchRetrieval",
            "enterpriseWebSearch");

    GeminiRequest(byte[] body, int length, @Nullable ModelId model) {
        super(body, length, KNOWN, model);
        outputLimitMin = 1 + OUTPUT_BEYOND_LIMIT;
        if (model != null && model.value().contains("image")) {
            imagesOut();
        }
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "contents" -> eachOrOne(this::content);
            case "systemInstruction" -> content();
            case "tools" -> eachOrOne(() -> eachMember(this::tool));
            case "generationConfig" -> {
                readLimitHome(this::generationConfig);
                if (others.has(Meter.IMAGES_GENERATED)) {
                    imagesOut();
                }
            }
            case "cachedContent" -> cachedContent();
            default -> json.skip();
        }
    }

    private void cachedContent() throws JsonCursor.Malformed {
        String name = json.readStringOrNull();
        if (name != null && !name.isEmpty()) {
            audio = true;
            prompt.unseen("\"cachedContent\" names input that the provider keeps");
        }
    }

    private void generationConfig(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "maxOutputTokens" -> readLooseOutputLimit(name, OUTPUT_BEYOND_LIMIT);
            case "candidateCount" -> readChoices(name);
            case "responseModalities" -> eachOrOne(this::modality);
            case "responseSchema", "responseJsonSchema" -> schema();
            default -> json.skip();
        }
    }

    private void modality() throws JsonCursor.Malformed {
        String modality = json.readStringOrNull();
        audio |= "AUDIO".equalsIgnoreCase(modality);
        if ("IMAGE".equalsIgnoreCase(modality)) {
            imagesOut();
        }
    }

    private void imagesOut() {
        long images = IMAGES_OUT_MAX * Math.min(choices, Integer.MAX_VALUE);
        others.set(Meter.IMAGES_GENERATED, images, Provenance.BOUND);
    }

    private void tool(String name) throws JsonCursor.Malformed, Ambiguous {
        if (name.equals("functionDeclarations")) {
            eachOrOne(() -> {
                prompt.tool();
                schema();
            });
            return;
        }
        if (json.peek() != JsonCursor.Kind.NULL) {
            prompt.unseen("a tool of the provider's own adds input");
            if (SEARCH_TOOLS.contains(name)) {
                others.set(Meter.SEARCHES, SEARCHES_MAX, Provenance.BOUND);
            }
        }
        json.skip();
    }
}
