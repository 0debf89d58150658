package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import java.util.OptionalLong;
import java.util.Set;

/// Reads a request for speech (OpenAI API reference, "Create speech"; OpenAPI document 2.3.0).
final class OpenAiSpeechRequest extends RequestReader {
    private static final Set<String> KNOWN = Set.of("model", "input", "instructions");
    /// A token of sound lasts a twentieth of a second (OpenAI's list: $12 a million, $0.015 a minute), and nobody speaks
    /// more slowly than five characters in a second.
    private static final int TOKENS_PER_CHARACTER_MAX = 4;
    private static final int TOKENS_LEAST = 256;
    /// Models sold by the character: OpenAI's first ones, Groq's, Azure's.
    private static final Set<String> BY_THE_CHARACTER = Set.of("tts-1", "tts-1-hd", "playai-tts", "playai-tts-arabic");

    private long characters;

    OpenAiSpeechRequest(String path, byte[] body, int length) {
        super(body, length, KNOWN);
        this.model = PathModel.of(path);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "input" -> {
                String text = json.readStringOrNull();
                characters = text == null ? 0 : text.codePointCount(0, text.length());
            }
            default -> json.skip();
        }
    }

    @Override
    void allRead() {
        audio = true;
        others.set(Meter.CHARACTERS, characters, Provenance.REPORTED);
        prompt.notOnlyText();
        if (isSoldByTheCharacter()) {
            prompt.bodyBytes(0);
            choices = 0;
        } else {
            outputMost = OptionalLong.of(TOKENS_LEAST + TOKENS_PER_CHARACTER_MAX * characters);
        }
    }

    private boolean isSoldByTheCharacter() {
        String name = model == null ? "" : model.value();
        return BY_THE_CHARACTER.contains(name.replaceFirst("-\\d{4}$", ""));
    }
}
