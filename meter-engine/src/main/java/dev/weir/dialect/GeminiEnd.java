package dev.weir.dialect;

import static dev.weir.dialect.GeminiEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import java.util.BitSet;

/// Ends a stream of Gemini's chunks: one more in which each candidate that has not ended does so for `MAX_TOKENS`, with the
/// usage; and where the chunks are one array, its end.
final class GeminiEnd extends LengthEnd<GeminiEnd.Field> {
    enum Field {
        CHUNK, ID, MODEL, CANDIDATE, INDEX, FINISH, BLOCKED, ERROR
    }

    private static final int CANDIDATES_MAX = 64;
    private static final int CANDIDATE_MAX = 112;
    private static final JsonPaths<Field> PATHS = paths(paths(new JsonPaths<>(), ""), "[]");

    private final long candidates;
    private final BitSet seen = new BitSet();
    private final BitSet finished = new BitSet();
    private String id;
    private String model;
    private boolean over;
    private long index;
    private boolean finishHere;

    GeminiEnd(RequestFacts facts, String callId) {
        this.candidates = Math.max(1, facts.choices());
        this.model = name(facts.modelName());
        this.id = name(callId);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths, String at) {
        String chunk = at.isEmpty() ? "" : at + ".";
        return paths.add(CHUNK, Strings.WHOLE, at)
                .add(ID, Strings.WHOLE, chunk + "responseId")
                .add(MODEL, Strings.WHOLE, chunk + "modelVersion")
                .add(CANDIDATE, Strings.WHOLE, chunk + "candidates[]")
                .add(INDEX, Strings.WHOLE, chunk + "candidates[].index")
                .add(FINISH, Strings.WHOLE, chunk + "candidates[].finishReason")
                .add(BLOCKED, Strings.WHOLE, chunk + "promptFeedback.blockReason")
                .add(ERROR, Strings.WHOLE, chunk + "error");
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    boolean ends(EventEnds.Framing framing) {
        return framing == EventEnds.Framing.EVENTS || framing == EventEnds.Framing.ARRAY;
    }

    @Override
    boolean canEnd() {
        return seen.length() <= Math.min(candidates, CANDIDATES_MAX);
    }

    @Override
    long endMaxAfter(long eventBytes) {
        return EVENT_MAX + CANDIDATE_MAX * Math.min(candidates, CANDIDATES_MAX);
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case CANDIDATE -> {
                index = 0;
                finishHere = false;
            }
            case ERROR -> over = true;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        if (field == CANDIDATE && index >= 0) {
            int candidate = (int) Math.min(CANDIDATES_MAX, index);
            seen.set(candidate);
            finished.set(candidate, finished.get(candidate) || finishHere);
        }
    }

    @Override
    void number(Field field, long value) {
        if (field == INDEX) {
            index = value;
        }
        finishHere |= field == FINISH;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case ID -> id = name(bytes, from, to) instanceof String name ? name : id;
            case MODEL -> model = name(bytes, from, to) instanceof String name ? name : model;
            case FINISH -> finishHere |= to > from && !is("FINISH_REASON_UNSPECIFIED", bytes, from, to);
            case BLOCKED, ERROR -> over = true;
            default -> {
            }
        }
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (seen.isEmpty()) {
            seen.set(0);
        }
        var ended = new StringBuilder();
        seen.stream()
                .filter(candidate -> !finished.get(candidate))
                .forEach(candidate -> ended.append(ended.isEmpty() ? "" : ",")
                        .append("{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},\"finishReason\":"
                                + "\"MAX_TOKENS\",\"index\":")
                        .append(candidate)
                        .append('}'));
        if (!over && !ended.isEmpty()) {
            out.event(null, "{\"candidates\":[" + ended + "],\"usageMetadata\":{\"promptTokenCount\":"
                    + used.tokensIn() + ",\"candidatesTokenCount\":" + used.tokensOut() + ",\"totalTokenCount\":"
                    + (used.tokensIn() + used.tokensOut()) + "},\"modelVersion\":\"" + model + "\",\"responseId\":\""
                    + id
                    + "\"}");
        }
        out.close();
    }
}
