package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What Mistral has beside the API of OpenAI: `POST /v1/fim/completions`, `/v1/conversations…`, `/v1/moderations`,
/// `/v1/chat/moderations` and `/v1/ocr` (Mistral API reference, read 2026-11).
///
/// @param task what is asked for
public record Mistral(Task task) implements Dialect {
    /// What the API does.
    public enum Task {
        FIM("mistral.fim"), CONVERSATION("mistral.conversations"), MODERATION("openai.moderations"), OCR("mistral.ocr");

        private final String id;

        Task(String id) {
            this.id = id;
        }

        boolean answersInTokens() {
            return this == FIM || this == CONVERSATION;
        }
    }

    private static final String PROVIDER = "mistral";

    @Override
    public String id() {
        return task.id;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return task == Task.FIM
                ? new OpenAiChatRequest(PROVIDER, head.path(), body, length).read()
                : new MistralRequest(task, head.path(), body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit,
                task == Task.CONVERSATION ? "completion_args.max_tokens" : "max_tokens");
    }

    /// The pages are those of a document that nobody here has read.
    @Override
    public boolean ordersOthers() {
        return task != Task.OCR;
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return task == Task.FIM
                ? new AnswerScanner(new OpenAiChatAnswer(PROVIDER, output))
                : new AnswerScanner(new MistralAnswer(output));
    }
}
