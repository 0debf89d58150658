package dev.weir.dialect;

import static dev.weir.dialect.OpenAiResponsesAnswer.Field.*;

import dev.weir.dialect.AnswerFacts.Side;
import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a Responses answer: a response object, or the stream of events around one.
///
/// A stream's usage is in the event that ends it (`response.completed`, `.incomplete`, `.failed`); the earlier ones carry the
/// same response object with `"usage":null`. Parts are inside the totals, xAI's reasoning too.
///
/// Two tools are billed beside `usage`, at the level of the response (`tool_usage`, on the wire and not in the published
/// schema): web searches, counted, and the tokens of an image model, which are added to the totals and told apart as a
/// [Side] at that model's price. Hosts and older recordings without `tool_usage` show their searches and images as output
/// items; those are counted then. Of searches only the action `search` is billed, not `open_page` and `find_in_page`.
///
/// A response that still runs in the background tells its usage later, when it is asked for again by its id.
final class OpenAiResponsesAnswer extends AnswerFields<OpenAiResponsesAnswer.Field> {
    enum Field {
        EVENT,
        MODEL,
        ID,
        TIER,
        STATUS,
        STREAM_STATUS,
        BACKGROUND,
        ERROR,
        ERROR_TYPE,
        ERROR_CODE,
        USAGE,
        INPUT,
        OUTPUT,
        TOTAL,
        CACHED,
        CACHE_WRITE,
        REASONING,
        // tools beside usage
        SEARCHES,
        WEB_SEARCHES,
        X_SEARCHES,
        IMAGE_INPUT,
        IMAGE_OUTPUT,
        TOOL_MODEL,
        // output items
        ITEMS,
        LISTED,
        LISTED_TYPE,
        LISTED_ACTION,
        PASSING,
        PASSING_TYPE,
        PASSING_ACTION,
        PASSING_NAME,
        TEXT,
        COST,
        COST_TICKS
    }

    /// The image model where the tool names none (OpenAI API reference, image generation tool, `model`).
    private static final ModelId IMAGE_MODEL = new ModelId("gpt-image-1");
    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    /// The usage object that is passing; it counts when it has ended.
    private final Counts<Field> passing = new Counts<>(Field.class);
    private final ReportedCost cost = new ReportedCost();
    private final Counts<Field> usage = new Counts<>(Field.class);
    private final Counts<Field> tools = new Counts<>(Field.class);
    private final OutputItems listed = new OutputItems();
    private final OutputItems begun = new OutputItems();
    private final OutputItems done = new OutputItems();
    private final OutputItems.Item item = new OutputItems.Item();
    // Of the current document.
    private boolean usageHere;
    private boolean itemHere;
    private boolean textHere;
    private boolean itemBegins;
    private boolean itemEnds;
    private boolean errorHere;
    private @Nullable String code;

    private boolean running;
    private boolean finished;
    private boolean whole;
    private boolean background;
    private boolean last;
    private @Nullable ModelId model;
    private @Nullable ModelId toolModel;
    private @Nullable String id;
    private @Nullable String tier;
    private @Nullable String error;

    OpenAiResponsesAnswer(OutputListener output) {
        super(output);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(EVENT, Strings.WHOLE, "type");
        paths.add(ERROR_CODE, Strings.WHOLE, "code");
        paths.add(STATUS, Strings.WHOLE, "status");
        paths.add(STREAM_STATUS, Strings.WHOLE, "response.status");
        for (String response : List.of("", "response.")) {
            paths.add(MODEL, Strings.WHOLE, response + "model");
            paths.add(ID, Strings.WHOLE, response + "id");
            paths.add(TIER, Strings.WHOLE, response + "service_tier");
            paths.add(BACKGROUND, Strings.WHOLE, response + "background");
            paths.add(ERROR, Strings.WHOLE, response + "error");
            paths.add(ERROR_TYPE, Strings.WHOLE, response + "error.type", response + "error.code");
            usage(paths, response + "usage");
            paths.add(SEARCHES, Strings.WHOLE, response + "tool_usage.web_search.num_requests");
            paths.add(IMAGE_INPUT, Strings.WHOLE, response + "tool_usage.image_gen.input_tokens");
            paths.add(IMAGE_OUTPUT, Strings.WHOLE, response + "tool_usage.image_gen.output_tokens");
            paths.add(TOOL_MODEL, Strings.WHOLE, response + "tools[].model");
            paths.add(ITEMS, Strings.WHOLE, response + "output");
            paths.add(LISTED, Strings.WHOLE, response + "output[]");
            paths.add(LISTED_TYPE, Strings.WHOLE, response + "output[].type");
            paths.add(LISTED_ACTION, Strings.WHOLE, response + "output[].action.type");
        }
        paths.add(PASSING, Strings.WHOLE, "item");
        paths.add(PASSING_TYPE, Strings.WHOLE, "item.type");
        paths.add(PASSING_ACTION, Strings.WHOLE, "item.action.type");
        paths.add(PASSING_NAME, Strings.WHOLE, "item.name");
        // The text of a stream passes in its deltas; what its last event repeats of it is not heard again.
        paths.add(TEXT, Strings.PIECES, "delta", "output[].content[].text", "output[].content[].refusal",
                "output[].summary[].text", "output[].name", "output[].arguments", "output[].input", "output[].code");
        return paths;
    }

    private static void usage(JsonPaths<Field> paths, String usage) {
        paths.add(USAGE, Strings.WHOLE, usage);
        paths.add(INPUT, Strings.WHOLE, usage + ".input_tokens");
        paths.add(OUTPUT, Strings.WHOLE, usage + ".output_tokens");
        paths.add(TOTAL, Strings.WHOLE, usage + ".total_tokens");
        paths.add(CACHED, Strings.WHOLE, usage + ".input_tokens_details.cached_tokens");
        paths.add(CACHE_WRITE, Strings.WHOLE, usage + ".input_tokens_details.cache_write_tokens");
        paths.add(REASONING, Strings.WHOLE, usage + ".output_tokens_details.reasoning_tokens");
        paths.add(COST, Strings.WHOLE, usage + ".cost");
        paths.add(COST_TICKS, Strings.WHOLE, usage + ".cost_in_usd_ticks");
        paths.add(WEB_SEARCHES, Strings.WHOLE, usage + ".server_side_tool_usage_details.web_search_calls");
        paths.add(X_SEARCHES, Strings.WHOLE, usage + ".server_side_tool_usage_details.x_search_calls");
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case USAGE -> passing.clear();
            case ITEMS -> listed.clear();
            case LISTED, PASSING -> item.clear();
            case ERROR -> error = error == null ? "error" : error;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        switch (field) {
            case USAGE -> {
                if (passing.first(INPUT, OUTPUT) != null) {
                    passing.complete(INPUT, OUTPUT, TOTAL);
                    usage.copy(passing);
                    usageHere = true;
                }
            }
            case LISTED -> listed.count(item);
            case PASSING -> itemHere = true;
            default -> {
            }
        }
    }

    @Override
    boolean exactNumber(Field field, byte[] bytes, int from, int to) {
        boolean isCost = field == COST || field == COST_TICKS;
        if (isCost) {
            cost.told(bytes, from, to, field == COST ? ReportedCost.USD : ReportedCost.TICKS);
        }
        return isCost;
    }

    @Override
    void number(Field field, long value) {
        switch (field) {
            case SEARCHES, IMAGE_INPUT, IMAGE_OUTPUT -> tools.set(field, value);
            case ERROR_TYPE, ERROR_CODE -> code = Long.toString(value);
            default -> passing.set(field, value);
        }
    }

    @Override
    void truth(Field field, boolean value) {
        background |= field == BACKGROUND && value;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case EVENT -> event(bytes, from, to);
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case TIER -> tier = name(tier, bytes, from, to);
            case STATUS -> status(true, bytes, from, to);
            case STREAM_STATUS -> status(false, bytes, from, to);
            // A bare string is a sentence and may quote the prompt: not kept.
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            case ERROR_CODE -> code = name(bytes, from, to);
            case TOOL_MODEL -> toolModel = model(bytes, from, to);
            case LISTED_TYPE, PASSING_TYPE -> item.type(bytes, from, to);
            case LISTED_ACTION, PASSING_ACTION -> item.action(bytes, from, to);
            case PASSING_NAME -> itemName(bytes, from, to);
            default -> {
            }
        }
    }

    private void event(byte[] bytes, int from, int to) {
        textHere = is("response.output_text.delta", bytes, from, to);
        itemBegins = is("response.output_item.added", bytes, from, to);
        itemEnds = is("response.output_item.done", bytes, from, to);
        errorHere = is("error", bytes, from, to);
    }

    private void status(boolean whole, byte[] bytes, int from, int to) {
        running = is("in_progress", bytes, from, to) || is("queued", bytes, from, to);
        finished = !running && to > from;
        this.whole |= whole;
    }

    /// The name of a called tool is output. It comes with the item's beginning and again with its end.
    private void itemName(byte[] bytes, int from, int to) {
        if (!itemEnds) {
            super.piece(PASSING_NAME, bytes, from, to);
            super.pieceEnd(PASSING_NAME);
        }
    }

    @Override
    void documentEnd() {
        if (itemHere && itemBegins) {
            begun.count(item);
        } else if (itemHere && itemEnds) {
            done.count(item);
        }
        if (errorHere && (error == null || error.equals("error"))) {
            error = code == null ? "error" : code;
        }
        last |= usageHere && !running;
        usageHere = false;
        itemHere = false;
        textHere = false;
        itemBegins = false;
        itemEnds = false;
        errorHere = false;
        code = null;
    }

    @Override
    boolean isAnswer(Field field) {
        return textHere;
    }

    @Override
    AnswerFacts facts() {
        boolean told = !usage.isEmpty();
        boolean half = told && !usage.has(OUTPUT);
        AnswerFacts.Usage how = last && !half
                ? AnswerFacts.Usage.FINAL
                : told
                        ? half ? AnswerFacts.Usage.EARLY : AnswerFacts.Usage.LATEST
                        : id != null && running && (whole || background)
                                ? AnswerFacts.Usage.LATER
                                : AnswerFacts.Usage.NONE;
        var quantities = Quantities.builder();
        if (told) {
            usage.report(quantities, Meter.TOKENS_IN, INPUT);
            usage.report(quantities, Meter.TOKENS_OUT, OUTPUT);
            usage.report(quantities, Meter.CACHE_READ, CACHED);
            usage.report(quantities, Meter.CACHE_WRITE, CACHE_WRITE);
            usage.report(quantities, Meter.REASONING, REASONING);
        }
        List<Side> sides = sides(quantities);
        items(quantities);
        return new AnswerFacts(how, quantities.build(), sides, model, id, tier, error, finished, contentSeen())
                .withCost(cost);
    }

    private List<Side> sides(Quantities.Builder quantities) {
        if (tools.get(IMAGE_INPUT) == 0 && tools.get(IMAGE_OUTPUT) == 0) {
            return List.of();
        }
        var side = Quantities.builder()
                .reported(Meter.TOKENS_IN, tools.get(IMAGE_INPUT))
                .reported(Meter.TOKENS_OUT, tools.get(IMAGE_OUTPUT))
                .build();
        side.forEach(quantities::add);
        side = side.with(all -> all.reported(Meter.IMAGES_GENERATED, images()));
        return List.of(new Side("image_generation", toolModel == null ? IMAGE_MODEL : toolModel, side));
    }

    private void items(Quantities.Builder quantities) {
        long calls = Math.max(listed.calls, Math.max(begun.calls, done.calls));
        if (calls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, calls);
        }
        long searches = usage.has(WEB_SEARCHES) || usage.has(X_SEARCHES)
                ? usage.get(WEB_SEARCHES) + usage.get(X_SEARCHES)
                : tools.has(SEARCHES) ? tools.get(SEARCHES) : Math.max(listed.searches, done.searches);
        if (searches > 0 || tools.has(SEARCHES) || usage.has(WEB_SEARCHES)) {
            quantities.reported(Meter.SEARCHES, searches);
        }
        if (images() > 0) {
            quantities.reported(Meter.IMAGES_GENERATED, images());
        }
    }

    private long images() {
        return Math.max(listed.images, done.images);
    }
}
