package dev.weir.dialect;

import static dev.weir.dialect.GeminiLiveAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import org.jspecify.annotations.Nullable;

/// Listens to the server's messages of a Gemini Live session: `usageMetadata` comes at the end of each turn, with
/// `responseTokenCount` or, on some models, `candidatesTokenCount`; thoughts come on top of it and are not in
/// `totalTokenCount`.
final class GeminiLiveAnswer extends SessionAnswer<GeminiLiveAnswer.Field> {
    enum Field {
        TEXT,
        AUDIO,
        CALL,
        USAGE,
        PROMPT,
        TOOL_PROMPT,
        RESPONSE,
        THOUGHTS,
        CACHED,
        PROMPT_PART,
        RESPONSE_PART,
        CACHED_PART,
        MODALITY,
        PART_COUNT
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(TEXT, Strings.PIECES, "serverContent.modelTurn.parts[].text")
            .add(AUDIO, Strings.PIECES, "serverContent.modelTurn.parts[].inlineData.data")
            .add(CALL, Strings.WHOLE, "toolCall.functionCalls[]")
            .add(USAGE, Strings.WHOLE, "usageMetadata")
            .add(PROMPT, Strings.WHOLE, "usageMetadata.promptTokenCount")
            .add(TOOL_PROMPT, Strings.WHOLE, "usageMetadata.toolUsePromptTokenCount")
            .add(RESPONSE, Strings.WHOLE, "usageMetadata.responseTokenCount", "usageMetadata.candidatesTokenCount")
            .add(THOUGHTS, Strings.WHOLE, "usageMetadata.thoughtsTokenCount")
            .add(CACHED, Strings.WHOLE, "usageMetadata.cachedContentTokenCount")
            .add(PROMPT_PART, Strings.WHOLE, "usageMetadata.promptTokensDetails[]")
            .add(RESPONSE_PART, Strings.WHOLE, "usageMetadata.responseTokensDetails[]",
                    "usageMetadata.candidatesTokensDetails[]")
            .add(CACHED_PART, Strings.WHOLE, "usageMetadata.cacheTokensDetails[]")
            .add(MODALITY, Strings.WHOLE, part("modality"))
            .add(PART_COUNT, Strings.WHOLE, part("tokenCount"));

    /// Twenty-five tokens a second (Gemini API, "Live API: pricing and tokens"; read 2026-11) of 64,000 characters of PCM at
    /// 24 kHz.
    private static final long CHARS_PER_TOKEN = 2_560;

    private final Counts<Field> counts = new Counts<>(Field.class);
    private @Nullable String modality;
    private boolean running;
    private boolean usageHere;

    GeminiLiveAnswer(OutputListener output) {
        super(output);
    }

    private static String[] part(String name) {
        return new String[]{"usageMetadata.promptTokensDetails[]." + name,
            "usageMetadata.responseTokensDetails[]." + name,
            "usageMetadata.candidatesTokensDetails[]." + name, "usageMetadata.cacheTokensDetails[]." + name};
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        if (field == CALL) {
            toolCall();
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        if (field == MODALITY) {
            modality = name(modality, bytes, from, to);
        }
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        running = true;
        if (field == AUDIO) {
            audio(to - from);
        } else {
            super.piece(field, bytes, from, to);
        }
    }

    @Override
    void pieceEnd(Field field) {
        if (field == TEXT) {
            super.pieceEnd(field);
        }
    }

    /// One modality of a total is over: its number is part of what the provider told beside it.
    @Override
    void leave(Field field) {
        switch (field) {
            case PROMPT_PART -> part(answers, "AUDIO", Meter.AUDIO_IN, "IMAGE", Meter.IMAGE_IN);
            case RESPONSE_PART -> part(answers, "AUDIO", Meter.AUDIO_OUT, "IMAGE", Meter.IMAGE_OUT);
            case CACHED_PART -> part(cached, "AUDIO", Meter.AUDIO_IN, "IMAGE", Meter.IMAGE_IN);
            case USAGE -> usageHere = counts.first(PROMPT, RESPONSE) != null;
            default -> {
            }
        }
    }

    private void part(UsageSum sum, String oneName, Meter one, String otherName, Meter other) {
        if (counts.has(PART_COUNT)) {
            if (oneName.equals(modality)) {
                sum.add(one, counts.get(PART_COUNT));
            } else if (otherName.equals(modality)) {
                sum.add(other, counts.get(PART_COUNT));
            }
        }
        modality = null;
        counts.forget(PART_COUNT);
    }

    @Override
    void documentEnd() {
        if (usageHere) {
            answers.add(Meter.TOKENS_IN, counts, PROMPT);
            answers.add(Meter.TOKENS_IN, counts, TOOL_PROMPT);
            answers.add(Meter.TOKENS_OUT, counts, RESPONSE);
            answers.add(Meter.TOKENS_OUT, counts, THOUGHTS);
            answers.add(Meter.REASONING, counts, THOUGHTS);
            answers.add(Meter.CACHE_READ, counts, CACHED);
            running = false;
            answerTold(counts.get(PROMPT), counts.get(RESPONSE));
        }
        messageEnd();
    }

    @Override
    boolean running() {
        return running;
    }

    @Override
    long charsPerAudioToken() {
        return CHARS_PER_TOKEN;
    }

    @Override
    void messageEnd() {
        usageHere = false;
        modality = null;
        counts.clear();
    }
}
