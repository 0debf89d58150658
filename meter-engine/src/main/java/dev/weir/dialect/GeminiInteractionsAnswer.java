package dev.weir.dialect;

import static dev.weir.dialect.GeminiInteractionsAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to an interaction, whole or as events. Usage stands in it once, in a stream in the last event,
/// `interaction.completed`; the totals exclude each other but for the cached tokens, which are input.
///
/// An interaction that still runs in the background tells its usage later, when it is asked for again by its id.
final class GeminiInteractionsAnswer extends AnswerFields<GeminiInteractionsAnswer.Field> {
    enum Field {
        MODEL,
        ID,
        TIER,
        STATUS,
        EVENT,
        ERROR,
        ERROR_CODE,
        TEXT,
        STEP_TYPE,
        IMAGE_TYPE,
        USAGE,
        INPUT,
        OUTPUT,
        THOUGHTS,
        CACHED,
        TOOL_USE,
        DETAIL_IN,
        DETAIL_OUT,
        MODALITY,
        DETAIL_TOKENS,
        AUDIO_IN,
        AUDIO_OUT,
        SEARCHES
    }

    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    /// The usage object that is passing; it counts when it has ended.
    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean running;
    /// What a stream says on its way is about the stream: whether it is in the background too does not stand there.
    private boolean streamed;
    private boolean usageHere;
    private boolean completed;
    private boolean last;
    private boolean audioDetail;
    private long detailTokens;
    private long toolCalls;
    private long images;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String tier;
    private @Nullable String error;

    GeminiInteractionsAnswer(OutputListener output) {
        super(output);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(STATUS, Strings.WHOLE, "status");
        paths.add(EVENT, Strings.WHOLE, "event_type");
        paths.add(ERROR, Strings.WHOLE, "error");
        paths.add(ERROR_CODE, Strings.WHOLE, "error.code", "error.status");
        paths.add(STEP_TYPE, Strings.WHOLE, "step.type", "steps[].type");
        paths.add(IMAGE_TYPE, Strings.WHOLE, "delta.type", "steps[].content[].type");
        paths.add(TEXT, Strings.PIECES, "step.name", "delta.text", "delta.content.text", "delta.arguments",
                "steps[].name", "steps[].content[].text", "steps[].summary[].text");
        for (String at : List.of("", "interaction.")) {
            paths.add(MODEL, Strings.WHOLE, at + "model");
            paths.add(ID, Strings.WHOLE, at + "id");
            paths.add(TIER, Strings.WHOLE, at + "service_tier");
            String usage = at + "usage";
            paths.add(USAGE, Strings.WHOLE, usage);
            paths.add(INPUT, Strings.WHOLE, usage + ".total_input_tokens");
            paths.add(OUTPUT, Strings.WHOLE, usage + ".total_output_tokens");
            paths.add(THOUGHTS, Strings.WHOLE, usage + ".total_thought_tokens");
            paths.add(CACHED, Strings.WHOLE, usage + ".total_cached_tokens");
            paths.add(TOOL_USE, Strings.WHOLE, usage + ".total_tool_use_tokens");
            paths.add(DETAIL_IN, Strings.WHOLE, usage + ".input_tokens_by_modality[]");
            paths.add(DETAIL_OUT, Strings.WHOLE, usage + ".output_tokens_by_modality[]");
            paths.add(SEARCHES, Strings.WHOLE, usage + ".grounding_tool_count[].count");
            for (String details : List.of(".input_tokens_by_modality[]", ".output_tokens_by_modality[]")) {
                paths.add(MODALITY, Strings.WHOLE, usage + details + ".modality");
                paths.add(DETAIL_TOKENS, Strings.WHOLE, usage + details + ".tokens");
            }
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
            case USAGE -> passing.clear();
            case DETAIL_IN, DETAIL_OUT -> {
                audioDetail = false;
                detailTokens = 0;
            }
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        switch (field) {
            case DETAIL_IN -> addAudio(AUDIO_IN);
            case DETAIL_OUT -> addAudio(AUDIO_OUT);
            case USAGE -> {
                if (passing.first(INPUT, OUTPUT) != null) {
                    usage.copy(passing);
                    usageHere = true;
                }
            }
            default -> {
            }
        }
    }

    private void addAudio(Field audio) {
        if (audioDetail) {
            passing.set(audio, passing.get(audio) + detailTokens);
        }
    }

    /// The event's type may stand before what it is about, or after.
    @Override
    void documentEnd() {
        last |= completed && usageHere;
        completed = false;
        usageHere = false;
    }

    @Override
    void number(Field field, long value) {
        switch (field) {
            case DETAIL_TOKENS -> detailTokens = value;
            case ERROR_CODE -> error = Long.toString(value);
            case SEARCHES -> passing.set(SEARCHES, passing.get(SEARCHES) + value);
            default -> passing.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case TIER -> tier = name(tier, bytes, from, to);
            case STATUS -> running = is("in_progress", bytes, from, to);
            case EVENT -> {
                completed = is("interaction.completed", bytes, from, to);
                streamed = true;
            }
            case ERROR -> error = "error";
            case ERROR_CODE -> error = name(bytes, from, to) instanceof String code ? code : "error";
            case STEP_TYPE -> toolCalls += is("function_call", bytes, from, to) ? 1 : 0;
            case IMAGE_TYPE -> images += is("image", bytes, from, to) ? 1 : 0;
            case MODALITY -> audioDetail = is("audio", bytes, from, to);
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        boolean told = !usage.isEmpty();
        AnswerFacts.Usage how = !told
                ? running && !streamed && id != null ? AnswerFacts.Usage.LATER : AnswerFacts.Usage.NONE
                : last ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.LATEST;
        var quantities = Quantities.builder();
        if (told) {
            quantities.reported(Meter.TOKENS_IN, usage.get(INPUT) + usage.get(TOOL_USE))
                    .reported(Meter.TOKENS_OUT, usage.get(OUTPUT) + usage.get(THOUGHTS));
            usage.report(quantities, Meter.CACHE_READ, CACHED);
            usage.report(quantities, Meter.REASONING, THOUGHTS);
            usage.report(quantities, Meter.AUDIO_IN, AUDIO_IN);
            usage.report(quantities, Meter.AUDIO_OUT, AUDIO_OUT);
            usage.report(quantities, Meter.SEARCHES, SEARCHES);
        }
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        if (images > 0) {
            quantities.reported(Meter.IMAGES_GENERATED, images);
        }
        return new AnswerFacts(how, quantities.build(), List.of(), model, id, tier, error, told, contentSeen());
    }
}
