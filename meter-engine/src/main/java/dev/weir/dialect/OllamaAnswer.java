package dev.weir.dialect;

import static dev.weir.dialect.OllamaAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to an answer of Ollama's own API: one JSON document, or one a line of which the last says `done`.
///
/// The counts stand in the document that is done. `prompt_eval_count` is left out where the whole prompt was still in the
/// server's cache (older versions), so its absence is not a zero; then the meter estimates the input. A request without a
/// prompt only loads or unloads the model, which uses no tokens. An error may be a line inside an answer of status 200.
final class OllamaAnswer extends AnswerFields<OllamaAnswer.Field> {
    enum Field {
        MODEL, ERROR, DONE, REASON, INPUT, OUTPUT, TEXT, THOUGHT, CALL
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(MODEL, Strings.WHOLE, "model")
            .add(ERROR, Strings.WHOLE, "error")
            .add(DONE, Strings.WHOLE, "done")
            .add(REASON, Strings.WHOLE, "done_reason")
            .add(INPUT, Strings.WHOLE, "prompt_eval_count")
            .add(OUTPUT, Strings.WHOLE, "eval_count")
            .add(CALL, Strings.WHOLE, "message.tool_calls[]")
            .add(THOUGHT, Strings.PIECES, "message.thinking", "thinking")
            .add(TEXT, Strings.PIECES, "message.content", "response", "message.tool_calls[].function.name");

    private final Ollama.Task task;
    private final Counts<Field> counts = new Counts<>(Field.class);
    private long toolCalls;
    private boolean done;
    private boolean onlyLoaded;
    private @Nullable ModelId model;
    private @Nullable String error;

    OllamaAnswer(Ollama.Task task, OutputListener output) {
        super(output);
        this.task = task;
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        if (field == CALL) {
            toolCalls++;
        }
    }

    @Override
    void truth(Field field, boolean value) {
        done |= field == DONE && value;
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            // A sentence, which may quote the prompt: not kept.
            case ERROR -> error = "error";
            case REASON -> onlyLoaded = is("load", bytes, from, to) || is("unload", bytes, from, to);
            default -> {
            }
        }
    }

    @Override
    boolean isAnswer(Field field) {
        return field == TEXT;
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        if (done && onlyLoaded) {
            quantities.reported(Meter.TOKENS_IN, 0).reported(Meter.TOKENS_OUT, 0);
        }
        counts.report(quantities, Meter.TOKENS_IN, INPUT);
        counts.report(quantities, Meter.TOKENS_OUT, OUTPUT);
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        return new AnswerFacts(told(), quantities.build(), List.of(), model, null, null, error, done, contentSeen());
    }

    private AnswerFacts.Usage told() {
        boolean last = task == Ollama.Task.EMBED ? counts.has(INPUT) : done && (counts.has(OUTPUT) || onlyLoaded);
        if (last) {
            return AnswerFacts.Usage.FINAL;
        }
        return counts.has(INPUT) ? AnswerFacts.Usage.EARLY : AnswerFacts.Usage.NONE;
    }
}
