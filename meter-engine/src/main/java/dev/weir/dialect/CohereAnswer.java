package dev.weir.dialect;

import static dev.weir.dialect.CohereAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to an answer of Cohere's own API: a document, server-sent events (version 2) or a line of JSON for each event
/// (version 1, `application/stream+json`).
///
/// Cohere tells two counts. `tokens` is what the model read and wrote, and is counted; `billed_units` is what Cohere charges
/// for, without its own preamble (91 of 1,622 in a recorded answer), and is priced ([AnswerFacts#billed]). Where only the
/// second is told (embeddings, the older API) it is both. An answer does not name its model.
final class CohereAnswer extends AnswerFields<CohereAnswer.Field> {
    enum Field {
        ID,
        ERROR,
        FINISH,
        USAGE,
        INPUT,
        OUTPUT,
        REASONING,
        CACHED,
        BILLED_INPUT,
        BILLED_IMAGES,
        IMAGES,
        BILLED_OUTPUT,
        SEARCH_UNITS,
        TEXT,
        THOUGHT,
        WHOLE_CALL,
        CALL_ID
    }

    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    /// The usage object that is passing; it counts when it has ended.
    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> usage = new Counts<>(Field.class);
    private long toolCalls;
    private boolean told;
    private boolean finished;
    private @Nullable String id;
    private @Nullable String error;

    CohereAnswer(OutputListener output) {
        super(output);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(ID, Strings.WHOLE, "id", "response_id", "generation_id");
        paths.add(ERROR, Strings.WHOLE, "delta.error");
        paths.add(FINISH, Strings.WHOLE, "finish_reason", "delta.finish_reason", "generations[].finish_reason");
        for (String home : List.of("usage", "delta.usage", "meta", "response.meta")) {
            paths.add(USAGE, Strings.WHOLE, home);
            paths.add(INPUT, Strings.WHOLE, home + ".tokens.input_tokens");
            paths.add(OUTPUT, Strings.WHOLE, home + ".tokens.output_tokens");
            paths.add(REASONING, Strings.WHOLE, home + ".tokens.reasoning_tokens");
            paths.add(CACHED, Strings.WHOLE, home + ".cached_tokens");
            paths.add(BILLED_INPUT, Strings.WHOLE, home + ".billed_units.input_tokens");
            paths.add(BILLED_IMAGES, Strings.WHOLE, home + ".billed_units.image_tokens");
            paths.add(IMAGES, Strings.WHOLE, home + ".billed_units.images");
            paths.add(BILLED_OUTPUT, Strings.WHOLE, home + ".billed_units.output_tokens");
            paths.add(SEARCH_UNITS, Strings.WHOLE, home + ".billed_units.search_units");
        }
        // The last event of version 1 has everything once more under "response": not heard.
        paths.add(TEXT, Strings.PIECES, "text", "generations[].text", "tool_calls[].name", "message.content[].text",
                "message.tool_plan", "message.tool_calls[].function.name",
                "message.tool_calls[].function.arguments", "delta.message.content.text",
                "delta.message.tool_plan", "delta.message.tool_calls.function.name",
                "delta.message.tool_calls.function.arguments");
        paths.add(THOUGHT, Strings.PIECES, "message.content[].thinking", "delta.message.content.thinking");
        paths.add(WHOLE_CALL, Strings.WHOLE, "message.tool_calls[]", "tool_calls[]");
        paths.add(CALL_ID, Strings.WHOLE, "delta.message.tool_calls.id");
        return paths;
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case USAGE -> passing.clear();
            case WHOLE_CALL -> toolCalls++;
            default -> {
            }
        }
    }

    /// An answer that failed has an empty usage, which tells nothing. Where only images are counted, which no meter counts,
    /// the usage is told and stays without quantities, so that it is unpriced and not free.
    @Override
    void leave(Field field) {
        if (field == USAGE && !passing.isEmpty()) {
            usage.copy(passing);
            told = true;
        }
    }

    @Override
    void number(Field field, long value) {
        passing.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case ID -> id = id == null ? name(bytes, from, to) : id;
            // A sentence, which may quote the prompt: not kept.
            case ERROR -> error = "error";
            case FINISH -> {
                boolean failed = is("ERROR", bytes, from, to) || is("ERROR_TOXIC", bytes, from, to);
                error = failed ? "error" : error;
                finished = !failed;
            }
            case CALL_ID -> toolCalls++;
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
        boolean counted = usage.has(INPUT) || usage.has(OUTPUT);
        Quantities billed = billed();
        var quantities = counted ? counted() : billed.toBuilder();
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                null, id, null, error, finished, contentSeen(), counted ? billed : Quantities.NONE,
                AnswerFacts.NO_COST);
    }

    private Quantities.Builder counted() {
        var quantities = Quantities.builder();
        usage.report(quantities, Meter.TOKENS_IN, INPUT);
        usage.report(quantities, Meter.TOKENS_OUT, OUTPUT);
        usage.report(quantities, Meter.REASONING, REASONING);
        usage.report(quantities, Meter.CACHE_READ, CACHED);
        usage.report(quantities, Meter.SEARCHES, SEARCH_UNITS);
        return quantities;
    }

    private Quantities billed() {
        var quantities = Quantities.builder();
        if (usage.has(BILLED_INPUT) || usage.has(BILLED_IMAGES)) {
            quantities.reported(Meter.TOKENS_IN, usage.get(BILLED_INPUT) + usage.get(BILLED_IMAGES));
        }
        usage.report(quantities, Meter.TOKENS_OUT, BILLED_OUTPUT);
        usage.report(quantities, Meter.SEARCHES, SEARCH_UNITS);
        return quantities.build();
    }
}
