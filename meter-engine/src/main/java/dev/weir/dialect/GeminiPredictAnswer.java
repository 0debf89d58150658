package dev.weir.dialect;

import static dev.weir.dialect.GeminiPredictAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to the predictions: the tokens of each text that was embedded, added up, and the images. An image that was
/// filtered out is not one, and is not charged (Vertex AI, `raiFilteredReason`).
final class GeminiPredictAnswer extends AnswerFields<GeminiPredictAnswer.Field> {
    enum Field {
        ERROR, ERROR_STATUS, ALL, TOKENS, MIME_TYPE, FILTERED
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>().add(ERROR, Strings.WHOLE, "error")
            .add(ERROR_STATUS, Strings.WHOLE, "error.status")
            .add(ALL, Strings.WHOLE, "predictions")
            .add(TOKENS, Strings.WHOLE, "predictions[].embeddings.statistics.token_count")
            .add(MIME_TYPE, Strings.WHOLE, "predictions[].mimeType")
            .add(FILTERED, Strings.WHOLE, "predictions[].raiFilteredReason");

    private long tokens;
    private boolean texts;
    private long images;
    private boolean pictures;
    private boolean finished;
    private @Nullable String error;

    GeminiPredictAnswer() {
        super(OutputListener.NONE);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        if (field == ERROR) {
            error = error == null ? "error" : error;
        }
    }

    @Override
    void leave(Field field) {
        finished |= field == ALL;
    }

    @Override
    void number(Field field, long value) {
        if (field == TOKENS) {
            texts = true;
            tokens += value;
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case ERROR_STATUS -> error = name(bytes, from, to) instanceof String status ? status : "error";
            case MIME_TYPE -> {
                if (to - from > 6 && is("image/", bytes, from, from + 6)) {
                    pictures = true;
                    images++;
                }
            }
            case FILTERED -> pictures = true;
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        if (texts) {
            quantities.reported(Meter.TOKENS_IN, tokens).reported(Meter.TOKENS_OUT, 0);
        }
        if (pictures) {
            quantities.reported(Meter.IMAGES_GENERATED, images);
        }
        AnswerFacts.Usage how = !texts && !pictures
                ? AnswerFacts.Usage.NONE
                : finished ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.LATEST;
        return new AnswerFacts(how, quantities.build(), List.of(), null, null, null, error, finished, false);
    }
}
