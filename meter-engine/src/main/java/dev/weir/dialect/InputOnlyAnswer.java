package dev.weir.dialect;

import static dev.weir.dialect.InputOnlyAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to an answer whose usage is input only: `prompt_tokens`, or `total_tokens` where that is all (Voyage).
final class InputOnlyAnswer extends AnswerFields<InputOnlyAnswer.Field> {
    enum Field {
        MODEL, ID, ERROR, ERROR_TYPE, USAGE, PROMPT, TOTAL
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(MODEL, Strings.WHOLE, "model")
            .add(ID, Strings.WHOLE, "id")
            .add(ERROR, Strings.WHOLE, "error")
            .add(ERROR_TYPE, Strings.WHOLE, "error.type", "error.code")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(PROMPT, Strings.WHOLE, "usage.prompt_tokens")
            .add(TOTAL, Strings.WHOLE, "usage.total_tokens");

    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean told;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String error;

    InputOnlyAnswer() {
        super(OutputListener.NONE);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        if (field == ERROR && error == null) {
            error = "error";
        }
    }

    @Override
    void leave(Field field) {
        told |= field == USAGE && usage.first(PROMPT, TOTAL) != null;
    }

    @Override
    void number(Field field, long value) {
        if (field == ERROR_TYPE) {
            error = Long.toString(value);
        } else {
            usage.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            // A bare string is a sentence and may quote the input: not kept.
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        Field input = usage.first(PROMPT, TOTAL);
        if (told && input != null) {
            quantities.reported(Meter.TOKENS_IN, usage.get(input)).reported(Meter.TOKENS_OUT, 0);
        }
        return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                model, id, null, error, told, false);
    }
}
