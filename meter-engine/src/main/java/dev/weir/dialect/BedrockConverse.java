package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// AWS Bedrock's Converse, `POST /model/{id}/converse` and `/converse-stream`: one format for all models, and the model in the
/// path. A stream is framed by [AmazonFrames].
///
/// @param streaming whether the path asks for a stream
public record BedrockConverse(boolean streaming) implements Dialect {
    @Override
    public String id() {
        return streaming ? "bedrock.converse_stream" : "bedrock.converse";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new BedrockConverseRequest(body, length, BedrockModel.of(head.path()), streaming).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        var splices = new Splices();
        splices.limitOutput(facts.layout(), outputLimit, "inferenceConfig.maxTokens");
        return splices.apply(body, length);
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.BEDROCK.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(BedrockConverseAnswer.ofConverse(output));
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return streaming ? new EventStream(new BedrockConverseEnd()) : null;
    }
}
