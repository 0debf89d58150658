package dev.weir.dialect;

import static dev.weir.dialect.BedrockConverseEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;

/// Ends a stream of Converse's frames: an open block is closed, `messageStop` says `max_tokens`, `metadata` has the usage.
///
/// What a frame is stands in its headers; here its content tells it: a block's events have its number, and one without a start
/// or a delta is its end. A block of text has no start.
final class BedrockConverseEnd extends LengthEnd<BedrockConverseEnd.Field> {
    enum Field {
        ROLE, BLOCK, START, DELTA, STOP, USAGE
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(ROLE, Strings.WHOLE, "role")
            .add(BLOCK, Strings.WHOLE, "contentBlockIndex")
            .add(START, Strings.WHOLE, "start")
            .add(DELTA, Strings.WHOLE, "delta")
            .add(STOP, Strings.WHOLE, "stopReason")
            .add(USAGE, Strings.WHOLE, "usage");

    private boolean started;
    private boolean stopped;
    private boolean usageTold;
    private long open = -1;
    private long blockHere = -1;
    private boolean goesOn;

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    boolean ends(EventEnds.Framing framing) {
        return framing == EventEnds.Framing.FRAMES;
    }

    @Override
    long endMaxAfter(long eventBytes) {
        return 2 * EVENT_MAX;
    }

    @Override
    void enter(Field field) {
        goesOn |= field == START || field == DELTA;
        usageTold |= field == USAGE;
    }

    @Override
    void number(Field field, long value) {
        blockHere = field == BLOCK ? value : blockHere;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        started |= field == ROLE;
        stopped |= field == STOP && to > from;
    }

    @Override
    void documentEnd() {
        if (blockHere >= 0) {
            open = goesOn ? blockHere : -1;
        }
        blockHere = -1;
        goesOn = false;
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (!started) {
            out.event("messageStart", "{\"role\":\"assistant\"}");
        }
        if (open >= 0) {
            out.event("contentBlockStop", "{\"contentBlockIndex\":" + open + "}");
        }
        if (!stopped) {
            out.event("messageStop", "{\"stopReason\":\"max_tokens\"}");
        }
        if (!usageTold) {
            out.event("metadata", "{\"usage\":{\"inputTokens\":" + used.tokensIn() + ",\"outputTokens\":"
                    + used.tokensOut() + ",\"totalTokens\":" + (used.tokensIn() + used.tokensOut())
                    + "},\"metrics\":{\"latencyMs\":0}}");
        }
    }
}
