package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Anthropic Messages, `POST …/messages`, of Anthropic itself and of every host that speaks its format; on Vertex the model
/// stands in the path.
public record AnthropicMessages() implements Dialect {
    @Override
    public String id() {
        return "anthropic.messages";
    }

    @Override
    public boolean readsBody() {
        return true;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var reader = new AnthropicMessagesRequest(body, length);
        reader.model = PathModel.of(head.path());
        return reader.read();
    }

    @Override
    public boolean mustAskUsage(RequestFacts facts) {
        return false;
    }

    /// The API requires `max_tokens`, so it is lowered; `askUsage` and the field's name mean nothing here.
    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        var splices = new Splices();
        splices.limitOutput(facts.layout(), outputLimit, "max_tokens");
        return splices.apply(body, length);
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.ANTHROPIC.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new AnthropicMessagesAnswer(output));
    }

    @Override
    public boolean freeOfTokens() {
        return false;
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return facts.streaming()
                ? new EventStream(new AnthropicMessagesEnd(facts.modelName(), callId))
                : null;
    }
}
