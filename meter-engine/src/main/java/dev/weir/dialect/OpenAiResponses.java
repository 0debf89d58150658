package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// OpenAI Responses, `POST …/responses`, of OpenAI itself and of every host that speaks its format; ChatGPT's
/// `/backend-api/codex/responses` and the `compact` path beside it are of the same shape.
///
/// @param provider whose rules apply where hosts differ
public record OpenAiResponses(String provider) implements Dialect {
    @Override
    public String id() {
        return "openai.responses";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new OpenAiResponsesRequest(provider, head.path(), body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit,
                outputLimitField != null ? outputLimitField : "max_output_tokens");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiResponsesAnswer(output));
    }

    /// A hosted tool is called as often as the model likes.
    @Override
    public boolean ordersOthers() {
        return false;
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return facts.streaming()
                ? new EventStream(new OpenAiResponsesEnd(facts.modelName(), callId))
                : null;
    }
}
