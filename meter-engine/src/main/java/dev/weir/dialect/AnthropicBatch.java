package dev.weir.dialect;

import static dev.weir.dialect.AnthropicBatch.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to the object that stands for a message batch (Anthropic API reference, "Message Batches"; read 2026-11). It tells no
/// usage: the results do. Requests that failed, were canceled or expired cost nothing, so a batch that ended without a success
/// has used nothing.
final class AnthropicBatch extends AnswerFields<AnthropicBatch.Field> {
    enum Field {
        TYPE, ID, STATUS, SUCCEEDED
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(TYPE, Strings.WHOLE, "type")
            .add(ID, Strings.WHOLE, "id")
            .add(STATUS, Strings.WHOLE, "processing_status")
            .add(SUCCEEDED, Strings.WHOLE, "request_counts.succeeded");

    private boolean isBatch;
    private boolean ended;
    private boolean whole;
    private long succeeded = -1;
    private @Nullable String id;

    AnthropicBatch() {
        super(OutputListener.NONE);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void number(Field field, long value) {
        succeeded = field == SUCCEEDED ? value : succeeded;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case TYPE -> isBatch = is("message_batch", bytes, from, to);
            case ID -> id = name(id, bytes, from, to);
            case STATUS -> ended = is("ended", bytes, from, to);
            case SUCCEEDED -> {
            }
        }
    }

    @Override
    void documentEnd() {
        whole = true;
    }

    @Override
    AnswerFacts facts() {
        if (!isBatch || id == null) {
            return AnswerFacts.ofBatch(AnswerFacts.Usage.NONE, Quantities.NONE, List.of(), null, null, 0, null);
        }
        if (!whole || !ended || succeeded != 0) {
            return AnswerFacts.ofBatch(AnswerFacts.Usage.LATER, Quantities.NONE, List.of(), null, id, 0, null);
        }
        var nothing = Quantities.builder().reported(Meter.TOKENS_IN, 0).reported(Meter.TOKENS_OUT, 0).build();
        return AnswerFacts.ofBatch(AnswerFacts.Usage.FINAL, nothing, List.of(), null, id, 0, null);
    }
}
