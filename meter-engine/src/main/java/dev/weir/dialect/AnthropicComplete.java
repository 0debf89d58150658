package dev.weir.dialect;

import static dev.weir.dialect.AnthropicComplete.Answer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Anthropic's older text completions, `POST /v1/complete` (Anthropic API reference, "Create a Text Completion", read
/// 2026-11). Its answers tell no usage, so all of it is estimated.
public record AnthropicComplete() implements Dialect {
    private static final Set<String> KNOWN = Set.of("model", "stream", "prompt", "max_tokens_to_sample");

    @Override
    public String id() {
        return "anthropic.complete";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new Request(body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit, "max_tokens_to_sample");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.ANTHROPIC.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new Answer(output));
    }

    private static final class Request extends RequestReader {
        Request(byte[] body, int length) {
            super(body, length, KNOWN);
        }

        @Override
        void field(String name) throws JsonCursor.Malformed, Ambiguous {
            switch (name) {
                case "model" -> readModel();
                case "stream" -> streaming = json.readTruth();
                case "max_tokens_to_sample" -> readOutputLimit(name);
                case "prompt" -> readText();
                default -> json.skip();
            }
        }
    }

    /// Listens to the text, whole or in events, and to why it ended.
    static final class Answer extends AnswerFields<Answer.Field> {
        enum Field {
            MODEL, ID, ERROR, STOP, TEXT
        }

        private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
                .add(MODEL, Strings.WHOLE, "model")
                .add(ID, Strings.WHOLE, "id")
                .add(ERROR, Strings.WHOLE, "error.type")
                .add(STOP, Strings.WHOLE, "stop_reason")
                .add(TEXT, Strings.PIECES, "completion");

        private boolean finished;
        private @Nullable ModelId model;
        private @Nullable String id;
        private @Nullable String error;

        Answer(OutputListener output) {
            super(output);
        }

        @Override
        JsonPaths<Field> paths() {
            return PATHS;
        }

        @Override
        void string(Field field, byte[] bytes, int from, int to) {
            switch (field) {
                case MODEL -> model = model == null ? model(bytes, from, to) : model;
                case ID -> id = id == null ? name(bytes, from, to) : id;
                case ERROR -> error = name(bytes, from, to);
                case STOP -> finished = true;
                default -> {
                }
            }
        }

        @Override
        AnswerFacts facts() {
            return new AnswerFacts(AnswerFacts.Usage.NONE, Quantities.NONE, List.of(), model, id, null, error,
                    finished, contentSeen());
        }
    }
}
