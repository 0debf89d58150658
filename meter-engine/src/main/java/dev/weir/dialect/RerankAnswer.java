package dev.weir.dialect;

import static dev.weir.dialect.RerankAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a reranking answer: search units (Cohere, OpenRouter), or the tokens that the query and the documents had.
final class RerankAnswer extends AnswerFields<RerankAnswer.Field> {
    enum Field {
        ID, MODEL, ERROR, USAGE, UNITS, INPUT, TOTAL
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(ID, Strings.WHOLE, "id")
            .add(MODEL, Strings.WHOLE, "model")
            .add(ERROR, Strings.WHOLE, "error")
            .add(USAGE, Strings.WHOLE, "usage", "meta")
            .add(UNITS, Strings.WHOLE, "usage.search_units", "meta.billed_units.search_units")
            .add(INPUT, Strings.WHOLE, "usage.prompt_tokens", "meta.billed_units.input_tokens")
            .add(TOTAL, Strings.WHOLE, "usage.total_tokens");

    private final Counts<Field> counts = new Counts<>(Field.class);
    private boolean told;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String error;

    RerankAnswer() {
        super(OutputListener.NONE);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        error = field == ERROR ? "error" : error;
    }

    @Override
    void leave(Field field) {
        told |= field == USAGE && counts.first(UNITS, INPUT, TOTAL) != null;
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ERROR -> error = "error";
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        Field input = counts.first(INPUT, TOTAL);
        counts.report(quantities, Meter.TOKENS_IN, input);
        counts.report(quantities, Meter.SEARCHES, UNITS);
        return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                model, id, null, error, told, false);
    }
}
