package dev.weir.dialect;

import static dev.weir.dialect.OpenAiBatchLines.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to the output file of a batch (OpenAI API reference, "The request output object"; read 2026-11): `response.body` is
/// what the endpoint would have answered. Which endpoint that was stands nowhere, so the names of all of them are known here:
/// chat, completions and embeddings say `prompt_tokens`, responses and images `input_tokens`.
final class OpenAiBatchLines extends AnswerFields<OpenAiBatchLines.Field> {
    enum Field {
        MODEL,
        USAGE,
        INPUT,
        OUTPUT,
        CACHED,
        REASONING,
        AUDIO_IN,
        AUDIO_OUT,
        IMAGE_IN,
        IMAGE_OUT,
        IMAGE,
        ITEM,
        CALL,
        // items of a response by their type
        SEARCHES,
        CALLS
    }

    private static final JsonPaths<Field> PATHS = places();

    private final String fileId;
    private final BatchSum sum = new BatchSum();
    /// Of the line that passes.
    private final Counts<Field> line = new Counts<>(Field.class);
    private boolean usageHere;
    private @Nullable ModelId model;

    OpenAiBatchLines(String fileId) {
        super(OutputListener.NONE);
        this.fileId = fileId;
    }

    private static JsonPaths<Field> places() {
        String body = "response.body.";
        String usage = body + "usage.";
        return new JsonPaths<Field>()
                .add(MODEL, Strings.WHOLE, body + "model")
                .add(USAGE, Strings.WHOLE, body + "usage")
                .add(INPUT, Strings.WHOLE, usage + "prompt_tokens", usage + "input_tokens")
                .add(OUTPUT, Strings.WHOLE, usage + "completion_tokens", usage + "output_tokens")
                .add(CACHED, Strings.WHOLE, usage + "prompt_tokens_details.cached_tokens",
                        usage + "input_tokens_details.cached_tokens")
                .add(REASONING, Strings.WHOLE, usage + "completion_tokens_details.reasoning_tokens",
                        usage + "output_tokens_details.reasoning_tokens")
                .add(AUDIO_IN, Strings.WHOLE, usage + "prompt_tokens_details.audio_tokens")
                .add(AUDIO_OUT, Strings.WHOLE, usage + "completion_tokens_details.audio_tokens")
                .add(IMAGE_IN, Strings.WHOLE, usage + "input_tokens_details.image_tokens")
                .add(IMAGE_OUT, Strings.WHOLE, usage + "output_tokens_details.image_tokens")
                .add(IMAGE, Strings.WHOLE, body + "data[].b64_json", body + "data[].url")
                .add(CALL, Strings.WHOLE, body + "choices[].message.tool_calls[]")
                .add(ITEM, Strings.WHOLE, body + "output[].type");
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        if (field == CALL) {
            count(CALLS);
        }
    }

    @Override
    void leave(Field field) {
        usageHere |= field == USAGE && line.first(INPUT, OUTPUT) != null;
    }

    @Override
    void number(Field field, long value) {
        line.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model(bytes, from, to);
            case IMAGE -> count(IMAGE);
            case ITEM -> {
                if (is("web_search_call", bytes, from, to)) {
                    count(SEARCHES);
                } else if (is("function_call", bytes, from, to) || is("custom_tool_call", bytes, from, to)) {
                    count(CALLS);
                }
            }
            default -> {
            }
        }
    }

    private void count(Field field) {
        line.set(field, line.get(field) + 1);
    }

    @Override
    void documentEnd() {
        if (usageHere) {
            var used = Quantities.builder()
                    .reported(Meter.TOKENS_IN, line.get(INPUT))
                    .reported(Meter.TOKENS_OUT, line.get(OUTPUT));
            line.report(used, Meter.CACHE_READ, CACHED);
            line.report(used, Meter.REASONING, REASONING);
            line.report(used, Meter.AUDIO_IN, AUDIO_IN);
            line.report(used, Meter.AUDIO_OUT, AUDIO_OUT);
            line.report(used, Meter.IMAGE_IN, IMAGE_IN);
            line.report(used, Meter.IMAGE_OUT, IMAGE_OUT);
            line.report(used, Meter.IMAGES_GENERATED, IMAGE);
            line.report(used, Meter.SEARCHES, SEARCHES);
            line.report(used, Meter.TOOL_CALLS_REQUESTED, CALLS);
            sum.add(AnswerFacts.ofBatch(AnswerFacts.Usage.LATEST, used.build(), List.of(), model, null, 1, null));
        }
        line.clear();
        usageHere = false;
        model = null;
    }

    @Override
    AnswerFacts facts() {
        return sum.facts(sum.isEmpty() ? AnswerFacts.Usage.NONE : AnswerFacts.Usage.LATEST, fileId);
    }
}
