package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Cohere's own API: `POST /v2/chat`, `/v1/chat`, `/v1/generate`, `/v1/embed`, `/v2/embed`; its reranker is a [Rerank], its
/// compatible path an [OpenAiChat] (Cohere API reference, read 2026-11).
///
/// @param task what is asked for
public record Cohere(Task task) implements Dialect {
    /// What the API does.
    public enum Task {
        CHAT("cohere.v2.chat"), CHAT_V1("cohere.v1.chat"), GENERATE("cohere.v1.generate"), EMBED("cohere.embed");

        private final String id;

        Task(String id) {
            this.id = id;
        }
    }

    @Override
    public String id() {
        return task.id;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new CohereRequest(task, body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit, "max_tokens");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.COHERE.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new CohereAnswer(output));
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return facts.streaming() && task == Task.CHAT ? new EventStream(new CohereEnd(callId)) : null;
    }
}
