package dev.weir.dialect;

import java.util.OptionalLong;
import dev.weir.usage.Quantities;

/// The creation of a batch: many requests that the provider answers within a day, mostly at half price.
///
/// Creating one costs nothing, but commits to what its requests will use. They are in a file, or in a body of up to 256 MB, so
/// their input counts as unseen: under a hard cap on tokens or cost no batch is created. What it used is told later, by
/// [LookUp]s of the batch or by the answers' file ([BatchAnswers]).
public record Batches(Maker maker) implements Dialect {
    /// Whose batches these are.
    public enum Maker {
        /// OpenAI, Azure, Groq: `/batches`; the requests and the answers are files.
        OPENAI("openai.batches", RefusalWords.OPENAI),
        /// Anthropic: `/messages/batches`; the requests are the body, the answers at `…/results`.
        ANTHROPIC("anthropic.batches", RefusalWords.ANTHROPIC),
        /// Google AI Studio: `:batchGenerateContent`; the requests are the body or a file, and so are the answers.
        GEMINI("gemini.batches", RefusalWords.GEMINI);

        private final String id;
        private final RefusalWords words;

        Maker(String id, RefusalWords words) {
            this.id = id;
            this.words = words;
        }

        String id() {
            return id;
        }

        RefusalWords words() {
            return words;
        }

        /// A scanner for the object that stands for a batch.
        AnswerScanner object() {
            return switch (this) {
                case OPENAI -> new AnswerScanner(new OpenAiBatch());
                case ANTHROPIC -> new AnswerScanner(new AnthropicBatch());
                case GEMINI -> new AnswerScanner(new GeminiBatch());
            };
        }
    }

    @Override
    public String id() {
        return maker.id();
    }

    @Override
    public boolean readsBody() {
        return false;
    }

    @Override
    public String unread() {
        return "a batch of requests";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var prompt = new PromptText();
        prompt.unseen(unread());
        return new RequestReading.Facts(new RequestFacts(null, false, 1, 1, OptionalLong.empty(), false, prompt, null,
                false, Quantities.NONE, "batch", RequestFacts.Layout.NONE));
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return maker.words().put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return maker.object();
    }
}
