package dev.weir.dialect;

import static dev.weir.dialect.CloudflareRunAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to what a model of Workers AI says: a document with everything inside `result`, or events without it, the last of
/// which has the usage.
final class CloudflareRunAnswer extends AnswerFields<CloudflareRunAnswer.Field> {
    enum Field {
        ERROR, USAGE, PROMPT, COMPLETION, TOTAL, CACHED, TEXT, CALL, CALL_NAME
    }

    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> usage = new Counts<>(Field.class);
    private long toolCalls;
    private @Nullable String error;

    CloudflareRunAnswer(OutputListener output) {
        super(output);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(ERROR, Strings.WHOLE, "errors[]");
        for (String home : List.of("", "result.")) {
            paths.add(USAGE, Strings.WHOLE, home + "usage");
            paths.add(PROMPT, Strings.WHOLE, home + "usage.prompt_tokens");
            paths.add(COMPLETION, Strings.WHOLE, home + "usage.completion_tokens");
            paths.add(TOTAL, Strings.WHOLE, home + "usage.total_tokens");
            paths.add(CACHED, Strings.WHOLE, home + "usage.prompt_tokens_details.cached_tokens");
            paths.add(TEXT, Strings.PIECES, home + "response", home + "tool_calls[].function.arguments");
        }
        // In events a call begins where its name appears, later pieces carry its index only.
        paths.add(CALL, Strings.WHOLE, "result.tool_calls[]");
        paths.add(CALL_NAME, Strings.WHOLE, "tool_calls[].function.name");
        return paths.add(TEXT, Strings.PIECES, "result.tool_calls[].name");
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case USAGE -> passing.clear();
            case ERROR -> error = "error";
            case CALL -> toolCalls++;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        if (field == USAGE && passing.first(PROMPT, COMPLETION) != null) {
            passing.complete(PROMPT, COMPLETION, TOTAL);
            usage.copy(passing);
        }
    }

    @Override
    void number(Field field, long value) {
        passing.set(field, value);
    }

    /// The name is output too.
    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        if (field == CALL_NAME && to > from) {
            toolCalls++;
            piece(field, bytes, from, to);
            pieceEnd(field);
        }
    }

    @Override
    AnswerFacts facts() {
        boolean told = usage.has(COMPLETION);
        var quantities = Quantities.builder();
        usage.report(quantities, Meter.TOKENS_IN, PROMPT);
        if (told) {
            quantities.reported(Meter.TOKENS_OUT, usage.get(COMPLETION));
        }
        usage.report(quantities, Meter.CACHE_READ, CACHED);
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        AnswerFacts.Usage how = usage.isEmpty()
                ? AnswerFacts.Usage.NONE
                : told ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.EARLY;
        return new AnswerFacts(how, quantities.build(), List.of(),
                null, null, null, error, told, contentSeen());
    }
}
