package dev.weir.dialect;

import static dev.weir.dialect.GeminiAnswer.Field.*;

import dev.weir.dialect.GeminiAnswer.Field;
import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to the operation that stands for a batch of `generateContent` requests (Gemini API reference, "Batch API"; recorded).
///
/// A batch of inline requests tells all answers when it is done, twice: in `metadata.output` and in `response`, where they count.
/// Another names the file of the answers.
final class GeminiBatch extends BatchedAnswers<Field> {
    private static final JsonPaths<Field> PATHS = GeminiAnswer
            .paths(new JsonPaths<>(), "response.inlinedResponses.inlinedResponses[].response")
            .add(BATCH_NAME, Strings.WHOLE, "name")
            .add(BATCH_DONE, Strings.WHOLE, "done")
            .add(BATCH_FILE, Strings.WHOLE, "response.responsesFile");
    private static final String BATCHES = "batches/";
    private static final String FILES = "files/";

    private boolean done;
    private boolean whole;
    private @Nullable String name;
    private @Nullable String file;

    GeminiBatch() {
        super(PATHS, () -> new GeminiAnswer(OutputListener.NONE), "");
    }

    @Override
    void truth(Field field, boolean value) {
        if (field == BATCH_DONE) {
            done = value;
        } else {
            super.truth(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case BATCH_NAME -> name = idBehind(BATCHES, name(bytes, from, to));
            case BATCH_FILE -> file = idBehind(FILES, name(bytes, from, to));
            default -> super.string(field, bytes, from, to);
        }
    }

    private static @Nullable String idBehind(String collection, @Nullable String name) {
        return name != null && name.startsWith(collection) ? name.substring(collection.length()) : null;
    }

    @Override
    void leave(Field field) {
        super.leave(field);
        if (field == CHUNK) {
            answered();
        }
    }

    @Override
    void documentEnd() {
        whole = true;
    }

    @Override
    AnswerFacts facts() {
        if (name == null) {
            return AnswerFacts.ofBatch(AnswerFacts.Usage.NONE, Quantities.NONE, List.of(), null, null, 0, null);
        }
        return whole && done && !sum().isEmpty()
                ? sum().facts(AnswerFacts.Usage.FINAL, name)
                : AnswerFacts.ofBatch(AnswerFacts.Usage.LATER, Quantities.NONE, List.of(), null, name, 0,
                        whole && done ? file : null);
    }
}
