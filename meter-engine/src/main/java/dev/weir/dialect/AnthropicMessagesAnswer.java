package dev.weir.dialect;

import static dev.weir.dialect.AnthropicMessagesAnswer.Field.*;

import dev.weir.dialect.AnswerFacts.Side;
import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a Messages answer, whole or as a stream.
///
/// In a stream the usage of `message_start` comes first, and each field that a later `message_delta` carries takes the place
/// of the first one: its numbers are cumulative, server tools may have added input meanwhile, and the output count of
/// `message_start` is a placeholder that never counts. A usage object counts from its end on: a stream may be cut within it.
/// Input excludes what the cache read and wrote; here it is put together.
///
/// Passes of the model that the top level leaves out, though they are billed (`usage.iterations[]`: compaction, advisor), are
/// added to the totals and told apart as [Side]s. An iteration of type `message` is inside the top level.
final class AnthropicMessagesAnswer extends AnswerFields<AnthropicMessagesAnswer.Field> {
    enum Field {
        MODEL,
        ID,
        TIER,
        STOP,
        ERROR,
        ERROR_TYPE,
        BLOCK_TYPE,
        TEXT,
        THOUGHT,
        USAGE,
        FIRST_USAGE,
        // tokens
        INPUT,
        OUTPUT,
        CACHE_READ,
        CACHE_WRITE,
        CACHE_5M,
        CACHE_1H,
        THINKING,
        SEARCHES,
        // the same of one iteration
        ITERATIONS,
        ITERATION,
        KIND,
        SIDE_MODEL,
        SIDE_INPUT,
        SIDE_OUTPUT,
        SIDE_READ,
        SIDE_WRITE,
        SIDE_5M,
        SIDE_1H
    }

    /// A side beyond this many is counted, but not told apart.
    private static final int SIDES_MAX = 64;
    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>(), "");

    private final Counts<Field> usage = new Counts<>(Field.class);
    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> iteration = new Counts<>(Field.class);
    private Quantities outside = Quantities.NONE;
    private Quantities.Builder passingOutside = Quantities.builder();
    private final List<Side> sides = new ArrayList<>(0);
    private @Nullable String kind;
    private @Nullable ModelId sideModel;
    private boolean latest;
    private long toolCalls;
    private boolean finished;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String tier;
    private @Nullable String error;

    AnthropicMessagesAnswer(OutputListener output) {
        super(output);
    }

    /// @param at the place of the answer in the document: nothing, or names with a dot behind each
    static JsonPaths<Field> paths(JsonPaths<Field> paths, String at) {
        paths.add(MODEL, Strings.WHOLE, at + "model", at + "message.model");
        paths.add(ID, Strings.WHOLE, at + "id", at + "message.id");
        paths.add(STOP, Strings.WHOLE, at + "stop_reason", at + "delta.stop_reason");
        paths.add(ERROR, Strings.WHOLE, at + "error");
        paths.add(ERROR_TYPE, Strings.WHOLE, at + "error.type");
        paths.add(BLOCK_TYPE, Strings.WHOLE, at + "content_block.type", at + "content[].type");
        paths.add(TEXT, Strings.PIECES, at + "delta.text", at + "delta.partial_json",
                at + "content_block.name",
                at + "content_block.text", at + "content[].text", at + "content[].name");
        paths.add(THOUGHT, Strings.PIECES, at + "delta.thinking", at + "content[].thinking");
        paths.add(USAGE, Strings.WHOLE, at + "usage");
        paths.add(FIRST_USAGE, Strings.WHOLE, at + "message.usage");
        for (String usage : List.of(at + "message.usage", at + "usage")) {
            paths.add(TIER, Strings.WHOLE, usage + ".service_tier");
            paths.add(INPUT, Strings.WHOLE, usage + ".input_tokens");
            paths.add(OUTPUT, Strings.WHOLE, usage + ".output_tokens");
            paths.add(CACHE_READ, Strings.WHOLE, usage + ".cache_read_input_tokens");
            paths.add(CACHE_WRITE, Strings.WHOLE, usage + ".cache_creation_input_tokens");
            paths.add(CACHE_5M, Strings.WHOLE, usage + ".cache_creation.ephemeral_5m_input_tokens");
            paths.add(CACHE_1H, Strings.WHOLE, usage + ".cache_creation.ephemeral_1h_input_tokens");
            paths.add(THINKING, Strings.WHOLE, usage + ".output_tokens_details.thinking_tokens");
            paths.add(SEARCHES, Strings.WHOLE, usage + ".server_tool_use.web_search_requests");
            String each = usage + ".iterations[]";
            paths.add(ITERATIONS, Strings.WHOLE, usage + ".iterations");
            paths.add(ITERATION, Strings.WHOLE, each);
            paths.add(KIND, Strings.WHOLE, each + ".type");
            paths.add(SIDE_MODEL, Strings.WHOLE, each + ".model");
            paths.add(SIDE_INPUT, Strings.WHOLE, each + ".input_tokens");
            paths.add(SIDE_OUTPUT, Strings.WHOLE, each + ".output_tokens");
            paths.add(SIDE_READ, Strings.WHOLE, each + ".cache_read_input_tokens");
            paths.add(SIDE_WRITE, Strings.WHOLE, each + ".cache_creation_input_tokens");
            paths.add(SIDE_5M, Strings.WHOLE, each + ".cache_creation.ephemeral_5m_input_tokens");
            paths.add(SIDE_1H, Strings.WHOLE, each + ".cache_creation.ephemeral_1h_input_tokens");
        }
        return paths;
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case ERROR -> error = error == null ? "error" : error;
            case USAGE, FIRST_USAGE -> passing.clear();
            case ITERATIONS -> {
                passingOutside = Quantities.builder();
                sides.clear();
            }
            case ITERATION -> {
                iteration.clear();
                kind = null;
                sideModel = null;
            }
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        if (field == USAGE || field == FIRST_USAGE) {
            usage.overlay(passing);
            outside = passingOutside.build();
            // An empty one, as some hosts send, leaves the placeholder what it is.
            latest |= field == USAGE && passing.has(OUTPUT);
        }
        if (field == ITERATION && kind != null && !kind.equals("message")) {
            var side = Quantities.builder();
            tokens(iteration, side, SIDE_INPUT, SIDE_OUTPUT, SIDE_READ, SIDE_WRITE, SIDE_5M, SIDE_1H);
            Quantities quantities = side.build();
            quantities.forEach(passingOutside::add);
            if (sides.size() < SIDES_MAX) {
                sides.add(new Side(kind, sideModel, quantities));
            }
        }
    }

    @Override
    void number(Field field, long value) {
        switch (field) {
            case SIDE_INPUT, SIDE_OUTPUT, SIDE_READ, SIDE_WRITE, SIDE_5M, SIDE_1H -> iteration.set(field, value);
            default -> passing.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case TIER -> tier = name(tier, bytes, from, to);
            case STOP -> finished |= to > from;
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            case BLOCK_TYPE -> toolCalls += is("tool_use", bytes, from, to) ? 1 : 0;
            case KIND -> kind = name(bytes, from, to);
            case SIDE_MODEL -> sideModel = model(bytes, from, to);
            default -> {
            }
        }
    }

    @Override
    boolean isAnswer(Field field) {
        return field == TEXT;
    }

    /// Some hosts say 0 first, and the truth last.
    @Override
    long inputSoFar() {
        long written = usage.has(CACHE_WRITE) ? usage.get(CACHE_WRITE) : usage.get(CACHE_5M) + usage.get(CACHE_1H);
        long input = usage.get(INPUT) + usage.get(CACHE_READ) + written;
        return latest || input <= 0 ? AnswerFacts.UNTOLD : input;
    }

    @Override
    AnswerFacts facts() {
        boolean told = usage.has(INPUT) || usage.has(OUTPUT);
        AnswerFacts.Usage how = !told
                ? AnswerFacts.Usage.NONE
                : latest ? finished ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.LATEST : AnswerFacts.Usage.EARLY;
        var quantities = Quantities.builder();
        if (told) {
            tokens(usage, quantities, INPUT, latest ? OUTPUT : null, CACHE_READ, CACHE_WRITE, CACHE_5M, CACHE_1H);
            usage.report(quantities, Meter.REASONING, THINKING);
            usage.report(quantities, Meter.SEARCHES, SEARCHES);
            outside.forEach(quantities::add);
        }
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        return new AnswerFacts(how, quantities.build(), sides, model, id, tier, error, finished, contentSeen());
    }

    private static void tokens(Counts<Field> counts, Quantities.Builder quantities, Field input, @Nullable Field output,
            Field read, Field write, Field write5m, Field write1h) {
        boolean split = counts.has(write5m) || counts.has(write1h);
        long written = counts.has(write) ? counts.get(write) : counts.get(write5m) + counts.get(write1h);
        if (counts.has(input)) {
            quantities.reported(Meter.TOKENS_IN, counts.get(input) + counts.get(read) + written);
        }
        if (output != null) {
            quantities.reported(Meter.TOKENS_OUT, counts.get(output));
        }
        counts.report(quantities, Meter.CACHE_READ, read);
        if (counts.has(write) || split) {
            quantities.reported(Meter.CACHE_WRITE, written);
        }
        counts.report(quantities, Meter.CACHE_WRITE_1H, write1h);
    }
}
