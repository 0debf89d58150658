package dev.weir.dialect;

import static dev.weir.dialect.OpenAiResponsesEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Ends a stream of Responses events: `response.incomplete`, for `max_output_tokens`.
///
/// That event carries the response, and SDKs take the response from it, not from the deltas. So the text of its messages is
/// kept as it passes and repeated there, up to [#TEXT_MAX] bytes; of a longer answer only the deltas have the text, and the
/// response has no output.
final class OpenAiResponsesEnd extends LengthEnd<OpenAiResponsesEnd.Field> {
    enum Field {
        EVENT, SEQUENCE, ID, MODEL, CREATED, STATUS, ITEM_ID, ITEM_TYPE, DELTA
    }

    static final int TEXT_MAX = 16 * 1024;
    /// An item that begins takes no more in the end than this beside the bytes of its event.
    private static final int ITEM_MAX = 256;
    private static final String TEXT_BEGINS = ",\"status\":\"incomplete\",\"role\":\"assistant\",\"content\":["
            + "{\"type\":\"output_text\",\"annotations\":[],\"text\":\"";
    private static final String TEXT_ENDS = "\"}]}";
    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(EVENT, Strings.WHOLE, "type")
            .add(SEQUENCE, Strings.WHOLE, "sequence_number")
            .add(ID, Strings.WHOLE, "response.id")
            .add(MODEL, Strings.WHOLE, "response.model")
            .add(CREATED, Strings.WHOLE, "response.created_at")
            .add(STATUS, Strings.WHOLE, "response.status")
            .add(ITEM_ID, Strings.WHOLE, "item.id")
            .add(ITEM_TYPE, Strings.WHOLE, "item.type")
            .add(DELTA, Strings.PIECES, "delta");

    private final StringBuilder output = new StringBuilder();
    private boolean itemOpen;
    private boolean tooLong;
    private boolean typeHere;
    private boolean textHere;
    private boolean begins;
    private boolean messageHere;
    private @Nullable String itemId;
    private boolean created;
    private boolean over;
    private String id;
    private String model;
    private long createdAt;
    private long sequence = -1;

    OpenAiResponsesEnd(@Nullable String model, String callId) {
        this.model = name(model);
        this.id = "resp_" + name(callId);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    long endMaxAfter(long eventBytes) {
        long repeated = tooLong ? 0 : Math.min(TEXT_MAX + ITEM_MAX, output.length() + eventBytes + ITEM_MAX);
        return 3 * EVENT_MAX + repeated;
    }

    @Override
    void number(Field field, long value) {
        switch (field) {
            case SEQUENCE -> sequence = Math.max(sequence, value);
            case CREATED -> createdAt = value;
            default -> {
            }
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case EVENT -> event(bytes, from, to);
            case ID -> id = name(bytes, from, to) instanceof String name ? name : id;
            case MODEL -> model = name(bytes, from, to) instanceof String name ? name : model;
            case STATUS -> over = !is("in_progress", bytes, from, to) && !is("queued", bytes, from, to) && to > from;
            case ITEM_ID -> itemId = name(bytes, from, to);
            case ITEM_TYPE -> messageHere = is("message", bytes, from, to);
            default -> {
            }
        }
    }

    private void event(byte[] bytes, int from, int to) {
        typeHere = true;
        textHere = is("response.output_text.delta", bytes, from, to);
        begins = is("response.output_item.added", bytes, from, to);
        created |= is("response.created", bytes, from, to);
        over |= is("error", bytes, from, to);
    }

    /// Where a host names the event behind its content, nobody knows what it is a delta of: then nothing is repeated.
    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        if (typeHere && !(textHere && itemOpen)) {
            return;
        }
        if (tooLong || !typeHere || output.length() + to - from > TEXT_MAX) {
            tooLong = true;
            output.setLength(0);
            output.trimToSize();
        } else {
            // Each byte is one char, so that a character that is cut by the end of a piece stays whole.
            output.append(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
        }
    }

    @Override
    void documentEnd() {
        if (begins) {
            endItem();
            if (messageHere && !tooLong && output.length() < TEXT_MAX - ITEM_MAX) {
                output.append(output.isEmpty() ? "" : ",").append("{\"type\":\"message\",\"id\":\"");
                output.append(itemId == null ? "" : itemId).append('"').append(TEXT_BEGINS);
                itemOpen = true;
            }
        }
        typeHere = false;
        textHere = false;
        begins = false;
        messageHere = false;
        itemId = null;
    }

    private void endItem() {
        if (itemOpen && !tooLong) {
            output.append(TEXT_ENDS);
        }
        itemOpen = false;
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (over) {
            return;
        }
        if (!created) {
            out.event("response.created", response("response.created", "in_progress", "null", "", "null"));
        }
        endItem();
        String items = new String(output.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        String usage = "{\"input_tokens\":" + used.tokensIn() + ",\"input_tokens_details\":{\"cached_tokens\":0},"
                + "\"output_tokens\":" + used.tokensOut() + ",\"output_tokens_details\":{\"reasoning_tokens\":0},"
                + "\"total_tokens\":" + (used.tokensIn() + used.tokensOut()) + "}";
        out.event("response.incomplete", response("response.incomplete", "incomplete",
                "{\"reason\":\"max_output_tokens\"}", tooLong ? "" : items, usage));
    }

    private String response(String type, String status, String incomplete, String output, String usage) {
        sequence++;
        return "{\"type\":\"" + type + "\",\"sequence_number\":" + sequence + ",\"response\":{\"id\":\"" + id
                + "\",\"object\":\"response\",\"created_at\":" + createdAt + ",\"status\":\"" + status
                + "\",\"error\":null,\"incomplete_details\":" + incomplete
                + ",\"instructions\":null,\"metadata\":{},\"model\":\"" + model + "\",\"output\":[" + output
                + "],\"parallel_tool_calls\":true,\"temperature\":null,\"tool_choice\":\"auto\",\"tools\":[],"
                + "\"top_p\":null,\"usage\":" + usage + "}}";
    }
}
