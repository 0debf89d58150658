package dev.weir.dialect;

import static dev.weir.dialect.GeminiAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Listens to an answer of `generateContent`, whole, as events, or as one array of chunks.
///
/// `usageMetadata` stands in nearly every chunk and tells everything so far, so the last one counts and none is added to
/// another. It grows: the first chunks know the text of the prompt only, images, audio and documents come later (159 of 520
/// recorded streams); now and then the count of the output stays behind the text, or is left out to the end. It is final in
/// the chunk in which the model ends, except where the provider's own tools may begin another turn (recorded: code execution,
/// two ends in one stream), or several candidates end one after the other.
///
/// Thoughts are outside `candidatesTokenCount`, the tokens of tool results outside `promptTokenCount`, the cached ones inside
/// it; a count of zero is left out, as ProtoJSON does with default values. Where `promptTokenCount` is absent though it
/// cannot be zero (a URL as video or PDF), it is what the total leaves.
final class GeminiAnswer extends AnswerFields<GeminiAnswer.Field> {
    enum Field {
        MODEL,
        ID,
        ERROR,
        ERROR_STATUS,
        CHUNK,
        CANDIDATE,
        FINISH,
        // content
        PART,
        TEXT,
        THOUGHT,
        SERVER_TOOL,
        CALL,
        MIME_TYPE,
        QUERIES,
        QUERY,
        // usage
        USAGE,
        TIER,
        TRAFFIC,
        PROMPT,
        CANDIDATES,
        THOUGHTS,
        TOOL_USE,
        CACHED,
        TOTAL,
        DETAIL_IN,
        DETAIL_OUT,
        MODALITY,
        DETAIL_TOKENS,
        AUDIO_IN,
        AUDIO_OUT,
        // a batch around the answer
        BATCH_NAME,
        BATCH_DONE,
        BATCH_FILE
    }

    private static final JsonPaths<Field> PATHS = paths(paths(new JsonPaths<>(), ""), "[]");

    /// The usage object that is passing; it counts when it has ended.
    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean usageHere;
    private boolean endHere;
    private boolean last;
    private boolean mayGoOn;
    private boolean finished;
    // one part
    private boolean imagePart;
    private boolean thoughtPart;
    // one entry of the details by modality
    private boolean audioDetail;
    private long detailTokens;
    private long toolCalls;
    private long images;
    private long queriesHere;
    private long queries;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String tier;
    private @Nullable String error;

    GeminiAnswer(OutputListener output) {
        super(output);
    }

    /// @param at the place of a chunk in the document
    static JsonPaths<Field> paths(JsonPaths<Field> paths, String at) {
        paths.add(CHUNK, Strings.WHOLE, at);
        String chunk = at.isEmpty() ? "" : at + ".";
        paths.add(MODEL, Strings.WHOLE, chunk + "modelVersion");
        paths.add(ID, Strings.WHOLE, chunk + "responseId");
        paths.add(ERROR, Strings.WHOLE, chunk + "error");
        paths.add(ERROR_STATUS, Strings.WHOLE, chunk + "error.status");
        paths.add(FINISH, Strings.WHOLE, chunk + "candidates[].finishReason",
                chunk + "promptFeedback.blockReason");
        paths.add(CANDIDATE, Strings.WHOLE, chunk + "candidates[].index");
        String part = chunk + "candidates[].content.parts[]";
        paths.add(PART, Strings.WHOLE, part);
        paths.add(THOUGHT, Strings.WHOLE, part + ".thought");
        paths.add(TEXT, Strings.PIECES, part + ".text", part + ".executableCode.code",
                part + ".functionCall.partialArgs[].stringValue");
        paths.add(SERVER_TOOL, Strings.WHOLE, part + ".executableCode", part + ".codeExecutionResult",
                part + ".toolCall", part + ".toolResponse");
        paths.add(CALL, Strings.WHOLE, part + ".functionCall.name");
        paths.add(MIME_TYPE, Strings.WHOLE, part + ".inlineData.mimeType");
        String grounding = chunk + "candidates[].groundingMetadata";
        paths.add(QUERIES, Strings.WHOLE, grounding);
        paths.add(QUERY, Strings.WHOLE, grounding + ".webSearchQueries[]", grounding + ".imageSearchQueries[]");
        usage(paths, chunk + "usageMetadata");
        return paths;
    }

    private static void usage(JsonPaths<Field> paths, String usage) {
        paths.add(USAGE, Strings.WHOLE, usage);
        paths.add(TIER, Strings.WHOLE, usage + ".serviceTier");
        paths.add(TRAFFIC, Strings.WHOLE, usage + ".trafficType");
        paths.add(PROMPT, Strings.WHOLE, usage + ".promptTokenCount");
        paths.add(CANDIDATES, Strings.WHOLE, usage + ".candidatesTokenCount");
        paths.add(THOUGHTS, Strings.WHOLE, usage + ".thoughtsTokenCount");
        paths.add(TOOL_USE, Strings.WHOLE, usage + ".toolUsePromptTokenCount");
        paths.add(CACHED, Strings.WHOLE, usage + ".cachedContentTokenCount");
        paths.add(TOTAL, Strings.WHOLE, usage + ".totalTokenCount");
        paths.add(DETAIL_IN, Strings.WHOLE, usage + ".promptTokensDetails[]", usage + ".toolUsePromptTokensDetails[]");
        paths.add(DETAIL_OUT, Strings.WHOLE, usage + ".candidatesTokensDetails[]");
        for (String details : List.of(".promptTokensDetails[]", ".toolUsePromptTokensDetails[]",
                ".candidatesTokensDetails[]")) {
            paths.add(MODALITY, Strings.WHOLE, usage + details + ".modality");
            paths.add(DETAIL_TOKENS, Strings.WHOLE, usage + details + ".tokenCount");
        }
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
            case PART -> {
                imagePart = false;
                thoughtPart = false;
            }
            case DETAIL_IN, DETAIL_OUT -> {
                audioDetail = false;
                detailTokens = 0;
            }
            case SERVER_TOOL -> mayGoOn = true;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        switch (field) {
            // An interim image among the thoughts is none of the answer's.
            case PART -> images += imagePart && !thoughtPart ? 1 : 0;
            case DETAIL_IN -> addAudio(AUDIO_IN);
            case DETAIL_OUT -> addAudio(AUDIO_OUT);
            case USAGE -> {
                // Vertex begins with usage objects that name the kind of traffic only.
                if (passing.first(PROMPT, CANDIDATES, TOTAL) != null) {
                    usage.copy(passing);
                    usageHere = true;
                    mayGoOn |= usage.has(TOOL_USE);
                }
            }
            case CHUNK -> {
                if (usageHere) {
                    last = endHere && !mayGoOn;
                }
                usageHere = false;
                endHere = false;
                queries = Math.max(queries, queriesHere);
                queriesHere = 0;
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

    @Override
    void number(Field field, long value) {
        switch (field) {
            case CANDIDATE -> mayGoOn |= value > 0;
            case FINISH -> end();
            case DETAIL_TOKENS -> detailTokens = value;
            case PROMPT, CANDIDATES, THOUGHTS, TOOL_USE, CACHED, TOTAL -> passing.set(field, value);
            default -> {
            }
        }
    }

    private void end() {
        endHere = true;
        finished = true;
    }

    @Override
    void truth(Field field, boolean value) {
        thoughtPart |= field == THOUGHT && value;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case TIER -> tier = tier(bytes, from, to);
            case TRAFFIC -> tier = traffic(bytes, from, to);
            // A bare string is a sentence and may quote the prompt: not kept.
            case ERROR -> error = "error";
            case ERROR_STATUS -> error = name(bytes, from, to) instanceof String status ? status : "error";
            case FINISH -> {
                if (to > from && !is("FINISH_REASON_UNSPECIFIED", bytes, from, to)) {
                    end();
                }
            }
            case CALL -> call(field, bytes, from, to);
            case MIME_TYPE -> media(field, bytes, from, to);
            case MODALITY -> audioDetail = is("AUDIO", bytes, from, to);
            // A query that the model left empty is not one (recorded beside real ones).
            case QUERY -> queriesHere += to > from ? 1 : 0;
            default -> {
            }
        }
    }

    /// A call comes whole, in a chunk whose usage counts it; where its arguments stream (Vertex), only its first piece has
    /// the name.
    private void call(Field field, byte[] bytes, int from, int to) {
        if (to > from) {
            toolCalls++;
            super.piece(field, bytes, from, to);
            super.pieceEnd(field);
        }
    }

    private void media(Field field, byte[] bytes, int from, int to) {
        imagePart = to - from > 6 && is("image/", bytes, from, from + 6);
        // Output, though none of its bytes is text.
        super.piece(field, bytes, from, from);
    }

    private @Nullable String tier(byte[] bytes, int from, int to) {
        String name = name(tier, bytes, from, to);
        return name == null ? null : name.toLowerCase(Locale.ROOT);
    }

    /// Vertex's `ON_DEMAND_FLEX` is what AI Studio calls `flex`; anything else is a tier of its own name.
    private @Nullable String traffic(byte[] bytes, int from, int to) {
        if (is("ON_DEMAND", bytes, from, to)) {
            return "standard";
        }
        if (is("ON_DEMAND_FLEX", bytes, from, to)) {
            return "flex";
        }
        return is("ON_DEMAND_PRIORITY", bytes, from, to) ? "priority" : tier(bytes, from, to);
    }

    @Override
    long outputSoFar() {
        return usage.isEmpty() ? AnswerFacts.UNTOLD : finished ? 0 : usage.get(CANDIDATES) + usage.get(THOUGHTS);
    }

    @Override
    AnswerFacts facts() {
        boolean told = !usage.isEmpty();
        AnswerFacts.Usage how = !told
                ? AnswerFacts.Usage.NONE
                // The chunk is not whole: what it tells is no last word, even if nothing comes after it.
                : usageHere
                        ? AnswerFacts.Usage.EARLY
                        : last ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.LATEST;
        var quantities = Quantities.builder();
        if (told) {
            tokens(quantities);
        }
        reportSome(quantities, Meter.SEARCHES, queries);
        reportSome(quantities, Meter.TOOL_CALLS_REQUESTED, toolCalls);
        reportSome(quantities, Meter.IMAGES_GENERATED, images);
        return new AnswerFacts(how, quantities.build(), List.of(), model, id, tier, error, finished, contentSeen());
    }

    private void tokens(Quantities.Builder quantities) {
        long output = usage.get(CANDIDATES) + usage.get(THOUGHTS);
        long prompt = usage.has(PROMPT)
                ? usage.get(PROMPT)
                : Math.max(0, usage.get(TOTAL) - output - usage.get(TOOL_USE));
        quantities.reported(Meter.TOKENS_IN, prompt + usage.get(TOOL_USE)).reported(Meter.TOKENS_OUT, output);
        usage.report(quantities, Meter.CACHE_READ, CACHED);
        usage.report(quantities, Meter.REASONING, THOUGHTS);
        usage.report(quantities, Meter.AUDIO_IN, AUDIO_IN);
        usage.report(quantities, Meter.AUDIO_OUT, AUDIO_OUT);
    }

    private static void reportSome(Quantities.Builder quantities, Meter meter, long amount) {
        if (amount > 0) {
            quantities.reported(meter, amount);
        }
    }
}
