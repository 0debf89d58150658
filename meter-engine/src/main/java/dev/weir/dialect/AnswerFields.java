package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What one dialect listens for in an answer. One per attempt, one thread at a time.
abstract class AnswerFields<F extends Enum<F>> extends JsonListener<F> {
    private static final int NAME_MAX = 256;

    private final OutputListener output;
    private boolean contentSeen;

    AnswerFields(OutputListener output) {
        this.output = output;
    }

    abstract JsonPaths<F> paths();

    abstract AnswerFacts facts();

    /// The output tokens of which the provider says that they have come out so far, more being to come, and 0 when none is;
    /// [AnswerFacts#UNTOLD] where it says nothing of that while it answers.
    long outputSoFar() {
        return AnswerFacts.UNTOLD;
    }

    /// The input tokens as a first frame told them, cached ones included; [AnswerFacts#UNTOLD] where none does.
    long inputSoFar() {
        return AnswerFacts.UNTOLD;
    }

    /// The framing says that the answer has failed: an exception between the events of a stream.
    ///
    /// @param type the exception's name
    void failure(String type) {}

    @Override
    void piece(F field, byte[] bytes, int from, int to) {
        contentSeen = true;
        if (isAnswer(field)) {
            output.answer(bytes, from, to);
        } else {
            output.text(bytes, from, to);
        }
    }

    /// Whether what stands there is in the provider's count of output for certain. Reasoning is not: what is shown of it may be
    /// a summary, longer than what was counted (recorded: OpenAI, 16 tokens and 900 characters), or be left out of the count
    /// (recorded: Ollama).
    boolean isAnswer(F field) {
        return false;
    }

    @Override
    void pieceEnd(F field) {
        output.textEnd();
    }

    /// What passed so far is in a usage that was told.
    final void textTold() {
        output.told();
    }

    boolean contentSeen() {
        return contentSeen;
    }

    static @Nullable ModelId model(byte[] bytes, int from, int to) {
        String name = name(bytes, from, to);
        return name == null ? null : new ModelId(name);
    }

    /// A short name out of an answer; null where it is empty or too long to be one.
    static @Nullable String name(byte[] bytes, int from, int to) {
        if (to - from > NAME_MAX || to == from) {
            return null;
        }
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /// Whether these bytes are `word` (ASCII).
    static boolean is(String word, byte[] bytes, int from, int to) {
        if (to - from != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (bytes[from + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// The name that stands here; the same object where it is the one known already, as it is in chunk after chunk.
    static @Nullable String name(@Nullable String known, byte[] bytes, int from, int to) {
        return known != null && is(known, bytes, from, to) ? known : name(bytes, from, to);
    }
}
