package dev.weir.dialect;

import static dev.weir.dialect.AnthropicMessagesEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Ends a stream of Messages events: each open content block is closed, `message_delta` says `max_tokens`, then `message_stop`.
final class AnthropicMessagesEnd extends LengthEnd<AnthropicMessagesEnd.Field> {
    enum Field {
        EVENT, INDEX, STOP
    }

    /// The provider opens one block at a time.
    private static final int OPEN_MAX = 8;
    private static final int BLOCK_STOP_MAX = 110;
    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(EVENT, Strings.WHOLE, "type")
            .add(INDEX, Strings.WHOLE, "index")
            .add(STOP, Strings.WHOLE, "delta.stop_reason");

    private enum Event {
        START, BLOCK_START, BLOCK_STOP, STOP, ERROR, OTHER
    }

    private final String model;
    private final String id;
    private final List<Long> open = new ArrayList<>(1);
    private Event event = Event.OTHER;
    private long index;
    private boolean started;
    private boolean stopReasonTold;
    private boolean stopped;

    AnthropicMessagesEnd(@Nullable String model, String callId) {
        this.model = name(model);
        this.id = "msg_" + name(callId);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    boolean canEnd() {
        return open.size() <= OPEN_MAX;
    }

    @Override
    long endMaxAfter(long eventBytes) {
        return 2 * EVENT_MAX + (OPEN_MAX + 1) * BLOCK_STOP_MAX;
    }

    @Override
    void number(Field field, long value) {
        index = value;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case EVENT -> event = event(bytes, from, to);
            case STOP -> stopReasonTold |= to > from;
            default -> {
            }
        }
    }

    private static Event event(byte[] bytes, int from, int to) {
        if (is("content_block_delta", bytes, from, to)) {
            return Event.OTHER;
        }
        return is("content_block_start", bytes, from, to)
                ? Event.BLOCK_START
                : is("content_block_stop", bytes, from, to)
                        ? Event.BLOCK_STOP
                        : is("message_start", bytes, from, to)
                                ? Event.START
                                : is("message_stop", bytes, from, to)
                                        ? Event.STOP
                                        : is("error", bytes, from, to) ? Event.ERROR : Event.OTHER;
    }

    @Override
    void documentEnd() {
        switch (event) {
            case START -> started = true;
            case BLOCK_START -> open.add(index);
            case BLOCK_STOP -> open.remove(index);
            case STOP, ERROR -> stopped = true;
            case OTHER -> {
            }
        }
        event = Event.OTHER;
        index = 0;
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (stopped) {
            return;
        }
        if (!started) {
            out.event("message_start",
                    "{\"type\":\"message_start\",\"message\":{\"id\":\"" + id + "\",\"type\":\"message\","
                            + "\"role\":\"assistant\",\"model\":\"" + model + "\",\"content\":[],\"stop_reason\":null,"
                            + "\"stop_sequence\":null,\"usage\":{\"input_tokens\":" + used.tokensIn()
                            + ",\"output_tokens\":0}}}");
        }
        for (long block : open) {
            out.event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":" + block + "}");
        }
        if (!stopReasonTold) {
            out.event("message_delta", "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\","
                    + "\"stop_sequence\":null},\"usage\":{\"output_tokens\":" + used.tokensOut() + "}}");
        }
        out.event("message_stop", "{\"type\":\"message_stop\"}");
    }
}
