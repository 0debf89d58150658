package dev.weir.dialect;

import static dev.weir.dialect.CohereEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;

/// Ends a stream of Cohere's chat, version 2: what is open is closed, `message-end` says `MAX_TOKENS`, then `[DONE]`.
final class CohereEnd extends LengthEnd<CohereEnd.Field> {
    enum Field {
        EVENT, INDEX
    }

    private enum Open {
        NOTHING, CONTENT, TOOL_CALL
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(EVENT, Strings.WHOLE, "type")
            .add(INDEX, Strings.WHOLE, "index");

    private final String id;
    private boolean started;
    private boolean over;
    private Open open = Open.NOTHING;
    private long openIndex;
    private long indexHere;
    private boolean opensHere;

    CohereEnd(String callId) {
        this.id = name(callId);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    long endMaxAfter(long eventBytes) {
        return 2 * EVENT_MAX;
    }

    @Override
    void number(Field field, long value) {
        indexHere = value;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        if (field != Field.EVENT) {
            return;
        }
        if (is("content-start", bytes, from, to)) {
            open = Open.CONTENT;
            opensHere = true;
        } else if (is("tool-call-start", bytes, from, to)) {
            open = Open.TOOL_CALL;
            opensHere = true;
        } else if (is("content-end", bytes, from, to) || is("tool-call-end", bytes, from, to)) {
            open = Open.NOTHING;
        }
        started |= is("message-start", bytes, from, to);
        over |= is("message-end", bytes, from, to);
    }

    @Override
    void documentEnd() {
        openIndex = opensHere ? indexHere : openIndex;
        opensHere = false;
        indexHere = 0;
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (!started) {
            out.event("message-start",
                    "{\"id\":\"" + id + "\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":"
                            + "\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}");
        }
        if (open != Open.NOTHING) {
            String type = open == Open.CONTENT ? "content-end" : "tool-call-end";
            out.event(type, "{\"type\":\"" + type + "\",\"index\":" + openIndex + "}");
        }
        if (!over) {
            String tokens = "{\"input_tokens\":" + used.tokensIn() + ",\"output_tokens\":" + used.tokensOut() + "}";
            out.event("message-end", "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"MAX_TOKENS\",\"usage\":"
                    + "{\"billed_units\":" + tokens + ",\"tokens\":" + tokens + "}}}");
        }
        out.event(null, "[DONE]");
    }
}
