package dev.weir.dialect;

import static dev.weir.dialect.BedrockPlainAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;

/// Listens to the answers of models on Bedrock whose format is theirs alone: Titan, Llama, Cohere, Mistral's and AI21's older
/// ones, Claude's before Messages; and to the counts that Bedrock itself adds to the last event of any stream,
/// `amazon-bedrock-invocationMetrics`, which are final.
final class BedrockPlainAnswer extends AnswerFields<BedrockPlainAnswer.Field> {
    enum Field {
        // Titan, Llama
        INPUT,
        OUTPUT,
        RESULT_OUTPUT,
        // Bedrock
        METRICS,
        METRIC_INPUT,
        METRIC_OUTPUT,
        METRIC_READ,
        METRIC_WRITE,
        // content
        STOP,
        TEXT,
        VECTOR,
        IMAGE
    }

    private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean measured;
    private boolean vectors;
    private boolean finished;
    private long images;

    BedrockPlainAnswer(OutputListener output) {
        super(output);
    }

    private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
        paths.add(INPUT, Strings.WHOLE, "inputTextTokenCount", "prompt_token_count");
        paths.add(OUTPUT, Strings.WHOLE, "totalOutputTextTokenCount", "generation_token_count");
        paths.add(RESULT_OUTPUT, Strings.WHOLE, "results[].tokenCount");
        String metrics = "amazon-bedrock-invocationMetrics";
        paths.add(METRICS, Strings.WHOLE, metrics);
        paths.add(METRIC_INPUT, Strings.WHOLE, metrics + ".inputTokenCount");
        paths.add(METRIC_OUTPUT, Strings.WHOLE, metrics + ".outputTokenCount");
        paths.add(METRIC_READ, Strings.WHOLE, metrics + ".cacheReadInputTokenCount");
        paths.add(METRIC_WRITE, Strings.WHOLE, metrics + ".cacheWriteInputTokenCount");
        paths.add(STOP, Strings.WHOLE, "completionReason", "results[].completionReason", "stop_reason",
                "finish_reason", "outputs[].stop_reason", "generations[].finish_reason");
        paths.add(TEXT, Strings.PIECES, "outputText", "results[].outputText", "generation", "outputs[].text", "text",
                "generations[].text", "completion", "completions[].data.text");
        paths.add(VECTOR, Strings.WHOLE, "embedding", "embeddings", "embeddingsByType");
        return paths.add(IMAGE, Strings.PIECES, "images[]", "artifacts[].base64");
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        vectors |= field == VECTOR;
    }

    @Override
    void leave(Field field) {
        measured |= field == METRICS && (usage.has(METRIC_INPUT) || usage.has(METRIC_OUTPUT));
    }

    @Override
    void number(Field field, long value) {
        usage.set(field, field == RESULT_OUTPUT ? usage.get(field) + value : value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        finished |= field == STOP && to > from;
    }

    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        if (field == TEXT) {
            super.piece(field, bytes, from, to);
        }
    }

    @Override
    void pieceEnd(Field field) {
        if (field == TEXT) {
            super.pieceEnd(field);
        } else {
            images++;
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        Field output = usage.first(OUTPUT, RESULT_OUTPUT);
        boolean counted = output != null || usage.has(INPUT) && vectors;
        if (counted || measured) {
            tokens(quantities);
        }
        if (images > 0) {
            quantities.reported(Meter.IMAGES_GENERATED, images);
        }
        AnswerFacts.Usage how = measured
                ? AnswerFacts.Usage.FINAL
                : counted ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.NONE;
        return new AnswerFacts(how, quantities.build(), List.of(), null, null, null, null, finished, contentSeen());
    }

    /// Input without a count in either place stays absent: a stream that was cut may still tell it.
    private void tokens(Quantities.Builder quantities) {
        Field input = usage.first(INPUT, METRIC_INPUT);
        Field output = usage.first(OUTPUT, RESULT_OUTPUT, METRIC_OUTPUT);
        if (input != null) {
            quantities.reported(Meter.TOKENS_IN,
                    usage.get(input) + usage.get(METRIC_READ) + usage.get(METRIC_WRITE));
        }
        quantities.reported(Meter.TOKENS_OUT, output == null ? 0 : usage.get(output));
        usage.report(quantities, Meter.CACHE_READ, METRIC_READ);
        usage.report(quantities, Meter.CACHE_WRITE, METRIC_WRITE);
    }
}
