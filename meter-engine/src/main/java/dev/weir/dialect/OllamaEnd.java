package dev.weir.dialect;

import static dev.weir.dialect.OllamaEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import org.jspecify.annotations.Nullable;

/// Ends a stream of Ollama's lines: one more, which is `done`, for its `length`.
final class OllamaEnd extends LengthEnd<OllamaEnd.Field> {
    enum Field {
        MODEL, CREATED, DONE, ERROR
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(MODEL, Strings.WHOLE, "model")
            .add(CREATED, Strings.WHOLE, "created_at")
            .add(DONE, Strings.WHOLE, "done")
            .add(ERROR, Strings.WHOLE, "error");

    private final boolean chat;
    private String model;
    private String created = "1970-01-01T00:00:00Z";
    private boolean over;

    /// @param chat whether it is a chat, else the older `generate`
    OllamaEnd(boolean chat, @Nullable String model) {
        this.chat = chat;
        this.model = name(model);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    boolean ends(EventEnds.Framing framing) {
        return framing == EventEnds.Framing.LINES;
    }

    @Override
    long endMaxAfter(long eventBytes) {
        return EVENT_MAX;
    }

    @Override
    void truth(Field field, boolean value) {
        over |= field == DONE && value;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = name(bytes, from, to) instanceof String name && !name.equals(model) ? name : model;
            case CREATED -> created = name(bytes, from, to) instanceof String name ? name : created;
            case ERROR -> over = true;
            case DONE -> {
            }
        }
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (over) {
            return;
        }
        out.event(null, "{\"model\":\"" + model + "\",\"created_at\":\"" + created + "\","
                + (chat ? "\"message\":{\"role\":\"assistant\",\"content\":\"\"}" : "\"response\":\"\"")
                + ",\"done\":true,\"done_reason\":\"length\",\"total_duration\":0,\"load_duration\":0,"
                + "\"prompt_eval_count\":" + used.tokensIn() + ",\"prompt_eval_duration\":0,\"eval_count\":"
                + used.tokensOut() + ",\"eval_duration\":0}");
    }
}
