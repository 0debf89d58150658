package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Google's Interactions API, `POST /v1beta/interactions`: the model, or an agent, and the stream flag stand in the body.
public record GeminiInteractions() implements Dialect {
    @Override
    public String id() {
        return "gemini.interactions";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new GeminiInteractionsRequest(body, length).read();
    }

    /// There is one field only; `outputLimitField` says nothing here.
    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Gemini.limited(facts, body, length, outputLimit, "generation_config.max_output_tokens");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.GEMINI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new GeminiInteractionsAnswer(output));
    }
}
