package dev.weir.dialect;

import static dev.weir.dialect.TgiGenerate.Answer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Text Generation Inference's own API, `POST /generate`, `/generate_stream` and `/`, which streams if its body says so
/// (text-generation-inference, `docs/openapi.json`, read 2026-11).
///
/// A stream always tells both counts in its last event. A whole answer tells its output if the client asked for `details`,
/// and its input as the list of its tokens if it asked for `decoder_input_details` too; what is left out is estimated.
public record TgiGenerate() implements Dialect {
    /// The fields that decide something; a body with one of them twice, or in another case, is refused.
    private static final Set<String> KNOWN = Set.of("inputs", "parameters", "stream");
    private static final String STREAM_PATH = "/generate_stream";
    /// Before a model that Hugging Face hosts; a server of one model has no such path.
    static final String MODELS = "/models/";

    @Override
    public String id() {
        return "tgi.generate";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var reader = new Request(body, length);
        reader.streaming = head.path().endsWith(STREAM_PATH);
        reader.model = PathModel.behind(MODELS, head.path());
        return reader.read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit, "parameters.max_new_tokens");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.SENTENCE.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new Answer(output));
    }

    private static final class Request extends RequestReader {
        /// The beginning of a text.
        private static final int TEMPLATE_TOKENS_MAX = 64;
        /// Images stand in the text, as Markdown.
        private static final byte[] IMAGE_MARK = {'!', '['};

        private final byte[] body;

        Request(byte[] body, int length) {
            super(body, length, KNOWN);
            this.body = body;
            prompt.declare(TEMPLATE_TOKENS_MAX);
        }

        @Override
        void field(String name) throws JsonCursor.Malformed, Ambiguous {
            switch (name) {
                case "stream" -> streaming |= json.readTruth();
                case "inputs" -> inputs();
                case "parameters" -> readLimitHome(this::parameter);
                default -> json.skip();
            }
        }

        private void inputs() throws JsonCursor.Malformed {
            int from = json.position();
            readText();
            for (int i = from; i + 1 < json.position(); i++) {
                if (body[i] == IMAGE_MARK[0] && body[i + 1] == IMAGE_MARK[1]) {
                    prompt.notOnlyText();
                    prompt.unseen("an image in the text may be named by its URL");
                }
            }
        }

        private void parameter(String name) throws JsonCursor.Malformed {
            switch (name) {
                case "max_new_tokens" -> readOutputLimit(name);
                case "best_of" -> readChoices(name);
                default -> json.skip();
            }
        }
    }

    /// Listens to the text, and to the details behind it.
    static final class Answer extends AnswerFields<Answer.Field> {
        enum Field {
            ERROR, DETAILS, INPUT, PREFILL, OUTPUT, OTHER_OUTPUT, TEXT, WHOLE_TEXT
        }

        private static final JsonPaths<Field> PATHS = paths(new JsonPaths<>());

        private final Counts<Field> counts = new Counts<>(Field.class);
        private long prefill;
        private boolean told;
        private boolean streamed;
        private @Nullable String error;

        Answer(OutputListener output) {
            super(output);
        }

        /// `/` answers with an array of one.
        private static JsonPaths<Field> paths(JsonPaths<Field> paths) {
            paths.add(ERROR, Strings.WHOLE, "error");
            paths.add(TEXT, Strings.PIECES, "token.text");
            for (String home : List.of("", "[].")) {
                paths.add(DETAILS, Strings.WHOLE, home + "details");
                paths.add(INPUT, Strings.WHOLE, home + "details.input_length");
                paths.add(PREFILL, Strings.WHOLE, home + "details.prefill[]");
                paths.add(OUTPUT, Strings.WHOLE, home + "details.generated_tokens");
                paths.add(OTHER_OUTPUT, Strings.WHOLE, home + "details.best_of_sequences[].generated_tokens");
                paths.add(WHOLE_TEXT, Strings.PIECES, home + "generated_text");
            }
            return paths;
        }

        @Override
        JsonPaths<Field> paths() {
            return PATHS;
        }

        @Override
        void enter(Field field) {
            prefill += field == PREFILL ? 1 : 0;
        }

        @Override
        void leave(Field field) {
            told |= field == DETAILS && counts.has(OUTPUT);
        }

        /// Of several sequences the best is answered, and all were generated.
        @Override
        void number(Field field, long value) {
            counts.set(field, field == OTHER_OUTPUT ? counts.get(field) + value : value);
        }

        @Override
        void string(Field field, byte[] bytes, int from, int to) {
            // A sentence, which may quote the prompt: not kept.
            error = field == ERROR ? "error" : error;
        }

        /// The last event of a stream repeats the text of all of them.
        @Override
        void piece(Field field, byte[] bytes, int from, int to) {
            streamed |= field == TEXT;
            if (field == TEXT || !streamed) {
                super.piece(field, bytes, from, to);
            }
        }

        @Override
        AnswerFacts facts() {
            var quantities = Quantities.builder();
            if (counts.has(INPUT) || prefill > 0) {
                quantities.reported(Meter.TOKENS_IN, counts.has(INPUT) ? counts.get(INPUT) : prefill);
            }
            if (counts.has(OUTPUT)) {
                quantities.reported(Meter.TOKENS_OUT, counts.get(OUTPUT) + counts.get(OTHER_OUTPUT));
            }
            return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE, quantities.build(),
                    List.of(), null, null, null, error, told, contentSeen());
        }
    }
}
