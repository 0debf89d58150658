package dev.weir.dialect;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Listens to many answers of one dialect, each at the same place of a line of its own, and adds up what they used: each is heard
/// by a listener of that dialect, so it is read as if it had come alone. Keeps one answer's listener and one sum for each model.
class BatchedAnswers<F extends Enum<F>> extends AnswerFields<F> {
    private final JsonPaths<F> paths;
    private final Supplier<AnswerFields<F>> listeners;
    private final String objectId;
    private final BatchSum sum = new BatchSum();
    private @Nullable AnswerFields<F> current;

    /// @param paths of the dialect, below the place in a line where its answer stands
    /// @param listeners of one answer
    /// @param objectId the batch or file that is read
    BatchedAnswers(JsonPaths<F> paths, Supplier<AnswerFields<F>> listeners, String objectId) {
        super(OutputListener.NONE);
        this.paths = paths;
        this.listeners = listeners;
        this.objectId = objectId;
    }

    @Override
    JsonPaths<F> paths() {
        return paths;
    }

    private AnswerFields<F> current() {
        AnswerFields<F> listener = current;
        if (listener == null) {
            listener = listeners.get();
            current = listener;
        }
        return listener;
    }

    @Override
    void enter(F field) {
        current().enter(field);
    }

    @Override
    void leave(F field) {
        current().leave(field);
    }

    @Override
    void number(F field, long value) {
        current().number(field, value);
    }

    @Override
    void truth(F field, boolean value) {
        current().truth(field, value);
    }

    @Override
    void string(F field, byte[] bytes, int from, int to) {
        current().string(field, bytes, from, to);
    }

    /// The text of an answer that tells its usage is not counted.
    @Override
    void piece(F field, byte[] bytes, int from, int to) {}

    @Override
    void pieceEnd(F field) {}

    @Override
    void documentEnd() {
        answered();
    }

    /// One answer has passed. A request that failed has none, or one without usage: it cost nothing.
    final void answered() {
        if (current != null) {
            AnswerFacts answer = current.facts();
            if (answer.usage() == AnswerFacts.Usage.FINAL || answer.usage() == AnswerFacts.Usage.LATEST) {
                sum.add(answer);
            }
            current = null;
        }
    }

    final BatchSum sum() {
        return sum;
    }

    @Override
    AnswerFacts facts() {
        return sum.facts(sum.isEmpty() ? AnswerFacts.Usage.NONE : AnswerFacts.Usage.LATEST, objectId);
    }
}
