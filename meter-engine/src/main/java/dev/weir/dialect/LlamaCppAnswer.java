package dev.weir.dialect;

import static dev.weir.dialect.LlamaCppAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to an answer of the llama.cpp server's own API: a document, an array of them where there were several prompts, or
/// events of which the last of each prompt says `stop`.
///
/// Each completion counts when it stops; several are added up. `tokens_evaluated` is the whole prompt, also what was found in
/// the cache, which `timings.cache_n` tells.
final class LlamaCppAnswer extends AnswerFields<LlamaCppAnswer.Field> {
    enum Field {
        RESULT, MODEL, ERROR, STOP, INPUT, OUTPUT, CACHED, TEXT
    }

    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> sum = new Counts<>(Field.class);
    private boolean stop;
    private boolean finished;
    private @Nullable ModelId model;
    private @Nullable String error;

    LlamaCppAnswer(OutputListener output) {
        super(output);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(ERROR, Strings.WHOLE, "error");
        for (String result : List.of("", "[]")) {
            String inside = result.isEmpty() ? "" : result + ".";
            paths.add(MODEL, Strings.WHOLE, inside + "model");
            paths.add(STOP, Strings.WHOLE, inside + "stop");
            paths.add(INPUT, Strings.WHOLE, inside + "tokens_evaluated");
            paths.add(OUTPUT, Strings.WHOLE, inside + "tokens_predicted");
            paths.add(CACHED, Strings.WHOLE, inside + "timings.cache_n");
            paths.add(TEXT, Strings.PIECES, inside + "content");
        }
        return paths.add(RESULT, Strings.WHOLE, "[]");
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
        if (field == RESULT) {
            resultEnd();
        }
    }

    @Override
    void documentEnd() {
        resultEnd();
    }

    private void resultEnd() {
        if (stop && passing.has(OUTPUT)) {
            finished = true;
            for (Field field : new Field[]{INPUT, OUTPUT, CACHED}) {
                if (passing.has(field)) {
                    sum.set(field, sum.get(field) + passing.get(field));
                }
            }
        }
        stop = false;
        passing.clear();
    }

    @Override
    void truth(Field field, boolean value) {
        stop |= field == STOP && value;
    }

    @Override
    void number(Field field, long value) {
        passing.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ERROR -> error = "error";
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        sum.report(quantities, Meter.TOKENS_IN, INPUT);
        sum.report(quantities, Meter.TOKENS_OUT, OUTPUT);
        sum.report(quantities, Meter.CACHE_READ, CACHED);
        // Another prompt may still be running, so the last word is the one before the end of the answer.
        return new AnswerFacts(finished ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.NONE, quantities.build(),
                List.of(), model, null, null, error, finished, contentSeen());
    }
}
