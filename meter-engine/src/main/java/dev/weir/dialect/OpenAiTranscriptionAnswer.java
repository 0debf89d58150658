package dev.weir.dialect;

import static dev.weir.dialect.OpenAiTranscriptionAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a transcript: JSON, or events of which `transcript.text.done` tells the usage.
///
/// OpenAI tells tokens or seconds (`usage.type`), Mistral tokens and seconds with the audio in the total only, Groq and others
/// the names of Chat Completions. A verbose answer without usage still says how long the recording is (`duration`, in seconds
/// with a fraction; sold rounded to the second).
final class OpenAiTranscriptionAnswer extends AnswerFields<OpenAiTranscriptionAnswer.Field> {
    enum Field {
        MODEL,
        TIER,
        ERROR,
        ERROR_TYPE,
        TEXT,
        USAGE,
        INPUT,
        OUTPUT,
        PROMPT,
        COMPLETION,
        TOTAL,
        AUDIO,
        AUDIO_PLAIN,
        CACHED,
        SECONDS,
        AUDIO_SECONDS,
        DURATION
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(MODEL, Strings.WHOLE, "model")
            .add(TIER, Strings.WHOLE, "usage.service_tier")
            .add(ERROR, Strings.WHOLE, "error")
            .add(ERROR_TYPE, Strings.WHOLE, "error.type", "error.code")
            .add(TEXT, Strings.PIECES, "text", "delta")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(INPUT, Strings.WHOLE, "usage.input_tokens")
            .add(OUTPUT, Strings.WHOLE, "usage.output_tokens")
            .add(PROMPT, Strings.WHOLE, "usage.prompt_tokens")
            .add(COMPLETION, Strings.WHOLE, "usage.completion_tokens")
            .add(TOTAL, Strings.WHOLE, "usage.total_tokens")
            .add(AUDIO, Strings.WHOLE, "usage.input_token_details.audio_tokens")
            .add(AUDIO_PLAIN, Strings.WHOLE, "usage.prompt_tokens_details.audio_tokens")
            .add(CACHED, Strings.WHOLE, "usage.prompt_tokens_details.cached_tokens")
            .add(SECONDS, Strings.WHOLE, "usage.seconds")
            .add(AUDIO_SECONDS, Strings.WHOLE, "usage.prompt_audio_seconds")
            .add(DURATION, Strings.WHOLE, "duration");

    private final Counts<Field> counts = new Counts<>(Field.class);
    private boolean told;
    private boolean textHere;
    private @Nullable ModelId model;
    private @Nullable String tier;
    private @Nullable String error;

    OpenAiTranscriptionAnswer(OutputListener output) {
        super(output);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        error = field == ERROR && error == null ? "error" : error;
    }

    @Override
    void leave(Field field) {
        told |= field == USAGE
                && counts.first(INPUT, OUTPUT, PROMPT, COMPLETION, TOTAL, SECONDS, AUDIO_SECONDS) != null;
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    /// The last event of a stream holds the whole text once more.
    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        if (!textHere) {
            super.piece(field, bytes, from, to);
        }
    }

    @Override
    void documentEnd() {
        textHere |= contentSeen();
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case TIER -> tier = name(tier, bytes, from, to);
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        boolean all = told || counts.has(DURATION);
        if (told) {
            tokens(quantities);
        }
        counts.report(quantities, Meter.SECONDS, counts.first(SECONDS, AUDIO_SECONDS, told ? SECONDS : DURATION));
        return new AnswerFacts(all ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                model, null, tier, error, told, contentSeen());
    }

    private void tokens(Quantities.Builder quantities) {
        Field input = counts.first(INPUT, PROMPT);
        Field output = counts.first(OUTPUT, COMPLETION);
        if (input != null && output != null) {
            long beyond = counts.has(TOTAL) ? counts.get(TOTAL) - counts.get(input) - counts.get(output) : 0;
            boolean audioApart = counts.has(AUDIO_SECONDS) && beyond > 0;
            quantities.reported(Meter.TOKENS_IN, counts.get(input) + (audioApart ? beyond : 0));
            quantities.reported(Meter.TOKENS_OUT, counts.get(output));
        }
        counts.report(quantities, Meter.AUDIO_IN, counts.first(AUDIO, AUDIO_PLAIN));
        counts.report(quantities, Meter.CACHE_READ, counts.first(CACHED));
    }
}
