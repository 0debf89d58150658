package dev.weir.dialect;

import static dev.weir.dialect.OpenAiBatch.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to the object that stands for a batch (OpenAI API reference, "The batch object"; read 2026-11).
///
/// Its `usage` is all zeros until the batch has ended (recorded: validating, in_progress, finalizing), so the status decides.
/// Batches made before 2025-09-07, and those of some that speak this API, have none: then the output file tells it. Zeros of a
/// batch with answered requests are not believed either. The file of errors holds requests that were not answered; it tells none.
final class OpenAiBatch extends AnswerFields<OpenAiBatch.Field> {
    enum Field {
        OBJECT, ID, STATUS, MODEL, OUTPUT_FILE, ANSWERED, USAGE, INPUT, OUTPUT, CACHED, REASONING
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(OBJECT, Strings.WHOLE, "object")
            .add(ID, Strings.WHOLE, "id")
            .add(STATUS, Strings.WHOLE, "status")
            .add(MODEL, Strings.WHOLE, "model")
            .add(OUTPUT_FILE, Strings.WHOLE, "output_file_id")
            .add(ANSWERED, Strings.WHOLE, "request_counts.completed")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(INPUT, Strings.WHOLE, "usage.input_tokens")
            .add(OUTPUT, Strings.WHOLE, "usage.output_tokens")
            .add(CACHED, Strings.WHOLE, "usage.input_tokens_details.cached_tokens")
            .add(REASONING, Strings.WHOLE, "usage.output_tokens_details.reasoning_tokens");

    private final Counts<Field> counts = new Counts<>(Field.class);
    private boolean isBatch;
    private boolean ended;
    private boolean whole;
    private @Nullable String id;
    private @Nullable ModelId model;
    private @Nullable String outputFile;

    OpenAiBatch() {
        super(OutputListener.NONE);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case OBJECT -> isBatch = is("batch", bytes, from, to);
            case ID -> id = name(id, bytes, from, to);
            case STATUS -> ended = is("completed", bytes, from, to) || is("failed", bytes, from, to)
                    || is("expired", bytes, from, to) || is("cancelled", bytes, from, to);
            case MODEL -> model = model(bytes, from, to);
            case OUTPUT_FILE -> outputFile = name(outputFile, bytes, from, to);
            default -> {
            }
        }
    }

    @Override
    void documentEnd() {
        whole = true;
    }

    @Override
    AnswerFacts facts() {
        boolean nothingAnswered = counts.has(ANSWERED) && counts.get(ANSWERED) == 0;
        boolean told = counts.get(INPUT) > 0 || counts.get(OUTPUT) > 0;
        if (!isBatch || id == null) {
            return AnswerFacts.ofBatch(AnswerFacts.Usage.NONE, Quantities.NONE, List.of(), model, null, 0, null);
        }
        if (!whole || !ended || !told && !nothingAnswered) {
            return AnswerFacts.ofBatch(AnswerFacts.Usage.LATER, Quantities.NONE, List.of(), model, id, 0,
                    whole && ended ? outputFile : null);
        }
        var quantities = Quantities.builder()
                .reported(Meter.TOKENS_IN, counts.get(INPUT))
                .reported(Meter.TOKENS_OUT, counts.get(OUTPUT));
        counts.report(quantities, Meter.CACHE_READ, CACHED);
        counts.report(quantities, Meter.REASONING, REASONING);
        return AnswerFacts.ofBatch(AnswerFacts.Usage.FINAL, quantities.build(), List.of(), model, id,
                counts.get(ANSWERED), null);
    }
}
