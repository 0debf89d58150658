package dev.weir.dialect;

import static dev.weir.dialect.GeminiEmbedAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens for the usage of embeddings, which are all skipped.
final class GeminiEmbedAnswer extends AnswerFields<GeminiEmbedAnswer.Field> {
    enum Field {
        ERROR, ERROR_STATUS, USAGE, PROMPT, DETAIL, MODALITY, DETAIL_TOKENS, AUDIO_IN
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>().add(ERROR, Strings.WHOLE, "error")
            .add(ERROR_STATUS, Strings.WHOLE, "error.status")
            .add(USAGE, Strings.WHOLE, "usageMetadata")
            .add(PROMPT, Strings.WHOLE, "usageMetadata.promptTokenCount")
            // Spelt without the s of generateContent.
            .add(DETAIL, Strings.WHOLE, "usageMetadata.promptTokenDetails[]")
            .add(MODALITY, Strings.WHOLE, "usageMetadata.promptTokenDetails[].modality")
            .add(DETAIL_TOKENS, Strings.WHOLE, "usageMetadata.promptTokenDetails[].tokenCount");

    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean told;
    private boolean audioDetail;
    private long detailTokens;
    private @Nullable String error;

    GeminiEmbedAnswer() {
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
        } else if (field == DETAIL) {
            audioDetail = false;
            detailTokens = 0;
        }
    }

    @Override
    void leave(Field field) {
        if (field == DETAIL && audioDetail) {
            usage.set(AUDIO_IN, usage.get(AUDIO_IN) + detailTokens);
        }
        told |= field == USAGE && usage.has(PROMPT);
    }

    @Override
    void number(Field field, long value) {
        if (field == DETAIL_TOKENS) {
            detailTokens = value;
        } else {
            usage.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        if (field == MODALITY) {
            audioDetail = is("AUDIO", bytes, from, to);
        } else if (field == ERROR_STATUS) {
            error = name(bytes, from, to) instanceof String status ? status : "error";
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        if (told) {
            quantities.reported(Meter.TOKENS_IN, usage.get(PROMPT)).reported(Meter.TOKENS_OUT, 0);
            usage.report(quantities, Meter.AUDIO_IN, AUDIO_IN);
        }
        return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                null, null, null, error, told, false);
    }
}
