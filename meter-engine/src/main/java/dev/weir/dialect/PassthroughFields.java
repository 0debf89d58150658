package dev.weir.dialect;

import dev.weir.usage.Quantities;
import java.util.List;

/// Listens for nothing.
final class PassthroughFields extends AnswerFields<PassthroughFields.None> {
    enum None {
    }

    private static final JsonPaths<None> NOWHERE = new JsonPaths<>();

    PassthroughFields() {
        super(OutputListener.NONE);
    }

    @Override
    JsonPaths<None> paths() {
        return NOWHERE;
    }

    @Override
    AnswerFacts facts() {
        return new AnswerFacts(AnswerFacts.Usage.NONE, Quantities.NONE, List.of(), null, null, null, null, false,
                false);
    }
}
