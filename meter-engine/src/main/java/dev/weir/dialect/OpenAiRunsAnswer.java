package dev.weir.dialect;

import static dev.weir.dialect.OpenAiRunsAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a run, or to the stream of events around one.
///
/// Every document of a stream is an object of its own: the run, its steps, messages and their deltas. Only the run counts. Its
/// steps carry usage too, and that is inside the run's. Until the run has ended its usage is null.
final class OpenAiRunsAnswer extends AnswerFields<OpenAiRunsAnswer.Field> {
    enum Field {
        OBJECT, ID, STATUS, MODEL, TIER, ERROR, ERROR_TYPE, USAGE, PROMPT, COMPLETION, CACHED, REASONING, CALL, TEXT
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(OBJECT, Strings.WHOLE, "object")
            .add(ID, Strings.WHOLE, "id")
            .add(STATUS, Strings.WHOLE, "status")
            .add(MODEL, Strings.WHOLE, "model")
            .add(TIER, Strings.WHOLE, "service_tier")
            .add(ERROR, Strings.WHOLE, "error", "last_error")
            .add(ERROR_TYPE, Strings.WHOLE, "error.type", "error.code", "last_error.code")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(PROMPT, Strings.WHOLE, "usage.prompt_tokens")
            .add(COMPLETION, Strings.WHOLE, "usage.completion_tokens")
            .add(CACHED, Strings.WHOLE, "usage.prompt_token_details.cached_tokens",
                    "usage.prompt_tokens_details.cached_tokens")
            .add(REASONING, Strings.WHOLE, "usage.completion_tokens_details.reasoning_tokens")
            .add(CALL, Strings.WHOLE, "required_action.submit_tool_outputs.tool_calls[]")
            .add(TEXT, Strings.PIECES, "delta.content[].text.value",
                    "delta.step_details.tool_calls[].function.name",
                    "delta.step_details.tool_calls[].function.arguments",
                    "delta.step_details.tool_calls[].code_interpreter.input");

    /// Of the object that is passing.
    private final Counts<Field> passing = new Counts<>(Field.class);
    private boolean isRun;
    private boolean usageHere;
    private boolean runningHere;
    private @Nullable String idHere;
    private @Nullable ModelId modelHere;
    private long callsHere;

    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean running;
    private boolean last;
    private long calls;
    private @Nullable String id;
    private @Nullable ModelId model;
    private @Nullable String tier;
    private @Nullable String error;

    OpenAiRunsAnswer(OutputListener output) {
        super(output);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case USAGE -> passing.clear();
            case ERROR -> error = error == null ? "error" : error;
            case CALL -> callsHere++;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        usageHere |= field == USAGE && passing.first(PROMPT, COMPLETION) != null;
    }

    @Override
    void number(Field field, long value) {
        if (field == ERROR_TYPE) {
            error = Long.toString(value);
        } else {
            passing.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case OBJECT -> isRun = is("thread.run", bytes, from, to);
            case ID -> idHere = name(idHere, bytes, from, to);
            case STATUS -> runningHere = is("queued", bytes, from, to) || is("in_progress", bytes, from, to)
                    || is("requires_action", bytes, from, to) || is("cancelling", bytes, from, to);
            case MODEL -> modelHere = model(bytes, from, to);
            case TIER -> tier = name(tier, bytes, from, to);
            // A bare string is a sentence and may quote the thread: not kept.
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            default -> {
            }
        }
    }

    @Override
    void documentEnd() {
        if (isRun) {
            id = idHere;
            model = modelHere;
            running = runningHere;
            calls = Math.max(calls, callsHere);
            if (usageHere) {
                usage.copy(passing);
                last = !running;
            }
        }
        isRun = false;
        usageHere = false;
        runningHere = false;
        callsHere = 0;
    }

    @Override
    AnswerFacts facts() {
        boolean told = !usage.isEmpty();
        AnswerFacts.Usage how = last
                ? AnswerFacts.Usage.FINAL
                : told
                        ? AnswerFacts.Usage.LATEST
                        : running && id != null ? AnswerFacts.Usage.LATER : AnswerFacts.Usage.NONE;
        var quantities = Quantities.builder();
        if (told) {
            quantities.reported(Meter.TOKENS_IN, usage.get(PROMPT)).reported(Meter.TOKENS_OUT, usage.get(COMPLETION));
        }
        usage.report(quantities, Meter.CACHE_READ, CACHED);
        usage.report(quantities, Meter.REASONING, REASONING);
        if (calls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, calls);
        }
        return new AnswerFacts(how, quantities.build(), List.of(), model, id, tier, error, last, contentSeen());
    }
}
