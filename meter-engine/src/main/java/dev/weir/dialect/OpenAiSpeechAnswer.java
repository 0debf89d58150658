package dev.weir.dialect;

import static dev.weir.dialect.OpenAiSpeechAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to speech as events, for the usage in `speech.audio.done`; in plain sound it finds nothing.
final class OpenAiSpeechAnswer extends AnswerFields<OpenAiSpeechAnswer.Field> {
    enum Field {
        ERROR, ERROR_TYPE, USAGE, INPUT, OUTPUT
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(ERROR, Strings.WHOLE, "error")
            .add(ERROR_TYPE, Strings.WHOLE, "error.type", "error.code")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(INPUT, Strings.WHOLE, "usage.input_tokens")
            .add(OUTPUT, Strings.WHOLE, "usage.output_tokens");

    private final Counts<Field> counts = new Counts<>(Field.class);
    private boolean told;
    private @Nullable String error;

    OpenAiSpeechAnswer() {
        super(OutputListener.NONE);
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
        told |= field == USAGE && counts.has(INPUT) && counts.has(OUTPUT);
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        if (field == ERROR_TYPE) {
            error = name(bytes, from, to) instanceof String type ? type : "error";
        } else if (field == ERROR) {
            error = "error";
        }
    }

    /// All that is put out is sound.
    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        if (told) {
            quantities.reported(Meter.TOKENS_IN, counts.get(INPUT))
                    .reported(Meter.TOKENS_OUT, counts.get(OUTPUT))
                    .reported(Meter.AUDIO_OUT, counts.get(OUTPUT));
        }
        return new AnswerFacts(told ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                null, null, null, error, told, false);
    }
}
