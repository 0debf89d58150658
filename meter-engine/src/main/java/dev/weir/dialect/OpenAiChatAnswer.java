package dev.weir.dialect;

import static dev.weir.dialect.OpenAiChatAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a Chat Completions answer, whole or in chunks, from OpenAI or any host that speaks its format.
///
/// The `usage` object that comes last and is not null counts; it is never added to an earlier one, because some hosts repeat
/// it (Groq three times) and some send it cumulatively with each chunk; what it leaves out an earlier one may have told.
/// Where the parts are not inside the totals, the rule of that provider in [#tokens] puts them there, so that input includes
/// cached and output includes reasoning.
final class OpenAiChatAnswer extends AnswerFields<OpenAiChatAnswer.Field> {
    enum Field {
        MODEL,
        ID,
        TIER,
        CHOICE,
        ERROR,
        ERROR_TYPE,
        FINISH,
        USAGE,
        PROMPT,
        COMPLETION,
        TOTAL,
        // cache
        CACHED,
        CACHE_HIT,
        CACHED_PLAIN,
        CACHED_NUMBER,
        CACHE_READ_INPUT,
        CACHE_WRITE,
        CACHE_CREATION,
        // parts
        REASONING,
        REASONING_PLAIN,
        AUDIO_IN,
        AUDIO_OUT,
        AUDIO_SECONDS,
        QUERIES,
        COST,
        COST_TICKS,
        // llama.cpp
        TIMINGS,
        TIMED_PROMPT,
        TIMED_CACHED,
        TIMED_OUTPUT,
        // content
        CHOICE_BEGIN,
        MESSAGE,
        DELTA,
        TEXT,
        COMPLETION_TEXT,
        THINKING_TEXT,
        REASONING_TEXT,
        REASONING_COPY,
        WHOLE_CALL,
        CALL_ID,
        FUNCTION,
        IMAGE
    }

    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    private final String provider;
    /// The usage object that is passing; it counts when it has ended.
    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> usage = new Counts<>(Field.class);
    private final Counts<Field> timings = new Counts<>(Field.class);
    private final ReportedCost cost = new ReportedCost();
    private long toolCalls;
    private long choice;
    private long lastCall;
    private long images;
    private boolean reasoningSeen;
    private boolean finished;
    private boolean usageHere;
    private boolean choiceHere;
    private boolean message;
    private boolean delta;
    private boolean timed;
    private boolean last;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String tier;
    private @Nullable String error;

    OpenAiChatAnswer(String provider, OutputListener output) {
        super(output);
        this.provider = provider;
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(MODEL, Strings.WHOLE, "model");
        paths.add(ID, Strings.WHOLE, "id");
        paths.add(TIER, Strings.WHOLE, "service_tier", "usage.service_tier");
        paths.add(ERROR, Strings.WHOLE, "error");
        paths.add(ERROR_TYPE, Strings.WHOLE, "error.type", "error.code");
        paths.add(CHOICE, Strings.WHOLE, "choices[].index");
        paths.add(FINISH, Strings.WHOLE, "choices[].finish_reason");
        for (String usage : List.of("usage", "x_groq.usage", "choices[].usage")) {
            paths.add(USAGE, Strings.WHOLE, usage);
            paths.add(PROMPT, Strings.WHOLE, usage + ".prompt_tokens");
            paths.add(COMPLETION, Strings.WHOLE, usage + ".completion_tokens");
            paths.add(TOTAL, Strings.WHOLE, usage + ".total_tokens");
            paths.add(CACHED, Strings.WHOLE, usage + ".prompt_tokens_details.cached_tokens");
            paths.add(CACHE_HIT, Strings.WHOLE, usage + ".prompt_cache_hit_tokens");
            paths.add(CACHED_PLAIN, Strings.WHOLE, usage + ".cached_tokens");
            paths.add(CACHED_NUMBER, Strings.WHOLE, usage + ".num_cached_tokens");
            paths.add(CACHE_READ_INPUT, Strings.WHOLE, usage + ".cache_read_input_tokens");
            paths.add(CACHE_WRITE, Strings.WHOLE, usage + ".prompt_tokens_details.cache_write_tokens");
            paths.add(CACHE_CREATION, Strings.WHOLE, usage + ".cache_creation_input_tokens");
            paths.add(REASONING, Strings.WHOLE, usage + ".completion_tokens_details.reasoning_tokens");
            paths.add(REASONING_PLAIN, Strings.WHOLE, usage + ".reasoning_tokens");
            paths.add(AUDIO_IN, Strings.WHOLE, usage + ".prompt_tokens_details.audio_tokens");
            paths.add(AUDIO_OUT, Strings.WHOLE, usage + ".completion_tokens_details.audio_tokens");
            paths.add(AUDIO_SECONDS, Strings.WHOLE, usage + ".prompt_audio_seconds");
            paths.add(QUERIES, Strings.WHOLE, usage + ".num_search_queries");
            paths.add(COST, Strings.WHOLE, usage + ".cost", usage + ".cost.total_cost");
            paths.add(COST_TICKS, Strings.WHOLE, usage + ".cost_in_usd_ticks");
        }
        paths.add(CHOICE_BEGIN, Strings.WHOLE, "choices[]");
        // The older completions have it right in the choice.
        paths.add(COMPLETION_TEXT, Strings.PIECES, "choices[].text");
        paths.add(MESSAGE, Strings.WHOLE, "choices[].message");
        paths.add(DELTA, Strings.WHOLE, "choices[].delta");
        paths.add(TIMINGS, Strings.WHOLE, "timings");
        paths.add(TIMED_PROMPT, Strings.WHOLE, "timings.prompt_n");
        paths.add(TIMED_CACHED, Strings.WHOLE, "timings.cache_n");
        paths.add(TIMED_OUTPUT, Strings.WHOLE, "timings.predicted_n");
        paths.add(WHOLE_CALL, Strings.WHOLE, "choices[].message.tool_calls[]");
        paths.add(CALL_ID, Strings.WHOLE, "choices[].delta.tool_calls[].id");
        for (String message : List.of("choices[].message", "choices[].delta")) {
            paths.add(IMAGE, Strings.WHOLE, message + ".images[]");
            paths.add(TEXT, Strings.PIECES, message + ".content", message + ".content[].text", message + ".refusal",
                    message + ".tool_calls[].function.name",
                    message + ".tool_calls[].function.arguments", message + ".function_call.arguments");
            paths.add(THINKING_TEXT, Strings.PIECES, message + ".content[].thinking[].text");
            paths.add(FUNCTION, Strings.WHOLE, message + ".function_call.name");
            // Hosts that send both send the same text twice.
            paths.add(REASONING_TEXT, Strings.PIECES, message + ".reasoning");
            paths.add(REASONING_COPY, Strings.PIECES, message + ".reasoning_content");
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
            case USAGE -> passing.clear();
            case CHOICE_BEGIN -> choiceHere = true;
            case MESSAGE -> message = true;
            // Perplexity puts the message so far into each chunk, beside the delta.
            case DELTA -> delta = true;
            case ERROR -> error = error == null ? "error" : error;
            case WHOLE_CALL -> toolCalls++;
            case IMAGE -> images++;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        if (field == USAGE && passing.first(PROMPT, COMPLETION) != null) {
            passing.complete(PROMPT, COMPLETION, TOTAL);
            usage.overlay(passing);
            usageHere = true;
        }
        timed |= field == TIMINGS && timings.has(TIMED_OUTPUT);
    }

    /// Usage is final in a whole answer, and in the chunk without choices after the end; what stands in another chunk may be
    /// followed by more (Baseten, Hugging Face).
    @Override
    void documentEnd() {
        last |= usageHere && (message && !delta || finished && !choiceHere);
        usageHere = false;
        choiceHere = false;
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
            case TIMED_PROMPT, TIMED_CACHED, TIMED_OUTPUT -> timings.set(field, value);
            case ERROR_TYPE -> error = Long.toString(value);
            case CHOICE -> choice = value;
            default -> passing.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case TIER -> tier = name(tier, bytes, from, to);
            // A bare string is a sentence and may quote the prompt: not kept.
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            case FINISH -> finish(bytes, from, to);
            case CALL_ID -> callId(bytes, from, to);
            case FUNCTION -> function(field, bytes, from, to);
            default -> {
            }
        }
    }

    private void finish(byte[] bytes, int from, int to) {
        if (is("error", bytes, from, to) && error == null) {
            error = "error";
        } else if (to > from) {
            finished = true;
        }
    }

    /// A call begins where its id appears. Most hosts leave the id out of the later pieces, Baseten repeats it; and two
    /// choices may have the same id (seen at OpenAI), so the choice counts too.
    private void callId(byte[] bytes, int from, int to) {
        long call = choice;
        for (int i = from; i < to; i++) {
            call = 31 * call + bytes[i];
        }
        if (to > from && call != lastCall) {
            lastCall = call;
            toolCalls++;
        }
    }

    /// The one call of the older format; its name is output too.
    private void function(Field field, byte[] bytes, int from, int to) {
        if (to > from) {
            toolCalls++;
            super.piece(field, bytes, from, to);
            super.pieceEnd(field);
        }
    }

    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        if (field == REASONING_COPY && reasoningSeen) {
            return;
        }
        reasoningSeen |= field == REASONING_TEXT;
        super.piece(field, bytes, from, to);
    }

    @Override
    long outputSoFar() {
        return !usage.has(COMPLETION) ? AnswerFacts.UNTOLD : finished ? 0 : usage.get(COMPLETION);
    }

    /// The older completions may begin with the prompt (`echo`).
    @Override
    boolean isAnswer(Field field) {
        return field == TEXT;
    }

    @Override
    AnswerFacts facts() {
        boolean told = !usage.isEmpty();
        boolean half = told && !usage.has(COMPLETION);
        AnswerFacts.Usage how = half
                ? AnswerFacts.Usage.EARLY
                : last ? AnswerFacts.Usage.FINAL : told || timed ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.NONE;
        var quantities = Quantities.builder();
        if (told) {
            tokens(quantities);
        } else if (timed) {
            timedTokens(quantities);
        }
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        if (images > 0) {
            quantities.reported(Meter.IMAGES_GENERATED, images);
        }
        return new AnswerFacts(how, quantities.build(), List.of(), model, id, tier, error, finished, contentSeen())
                .withCost(cost);
    }

    private void tokens(Quantities.Builder quantities) {
        Field reasoningField = usage.first(REASONING, REASONING_PLAIN);
        long reasoning = reasoningField == null ? 0 : usage.get(reasoningField);
        long input = usage.get(PROMPT);
        long output = usage.get(COMPLETION);
        long beyond = usage.has(TOTAL) ? usage.get(TOTAL) - input - output : 0;
        switch (provider) {
            // Reasoning on top of the completion, where the total says so.
            case "xai" -> output += beyond > 0 && beyond == reasoning ? reasoning : 0;
            // Audio is in the total only.
            case "mistral" -> input += usage.has(AUDIO_SECONDS) && beyond > 0 ? beyond : 0;
            // Thoughts are in the total only.
            case "google", "gemini", "vertex" -> {
                if (beyond > 0) {
                    output += beyond;
                    reasoning = beyond;
                    reasoningField = REASONING;
                }
            }
            default -> {
            }
        }
        if (usage.has(PROMPT)) {
            quantities.reported(Meter.TOKENS_IN, input);
        }
        if (usage.has(COMPLETION)) {
            quantities.reported(Meter.TOKENS_OUT, output);
        }
        if (reasoningField != null) {
            quantities.reported(Meter.REASONING, reasoning);
        }
        usage.report(quantities, Meter.CACHE_READ,
                usage.first(CACHED, CACHE_HIT, CACHED_PLAIN, CACHED_NUMBER, CACHE_READ_INPUT));
        usage.report(quantities, Meter.CACHE_WRITE, usage.first(CACHE_WRITE, CACHE_CREATION));
        usage.report(quantities, Meter.AUDIO_IN, usage.first(AUDIO_IN));
        usage.report(quantities, Meter.AUDIO_OUT, usage.first(AUDIO_OUT));
        usage.report(quantities, Meter.SECONDS, usage.first(AUDIO_SECONDS));
        usage.report(quantities, Meter.SEARCHES, usage.first(QUERIES));
    }

    /// A llama.cpp server tells its timings unasked: what it evaluated, and what it found in its cache.
    private void timedTokens(Quantities.Builder quantities) {
        quantities.reported(Meter.TOKENS_IN, timings.get(TIMED_PROMPT) + timings.get(TIMED_CACHED));
        quantities.reported(Meter.TOKENS_OUT, timings.get(TIMED_OUTPUT));
        timings.report(quantities, Meter.CACHE_READ, TIMED_CACHED);
    }
}
