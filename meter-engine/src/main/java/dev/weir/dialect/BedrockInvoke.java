package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// AWS Bedrock's InvokeModel, `POST /model/{id}/invoke` and `/invoke-with-response-stream`: each model's own format, handed
/// through. A stream is framed by [AmazonFrames], and each event holds the model's JSON in Base64.
///
/// @param streaming whether the path asks for a stream
/// @param family whose format the request is in
public record BedrockInvoke(boolean streaming, InvokeFamily family) implements Dialect {
    @Override
    public String id() {
        return streaming ? "bedrock.invoke_stream" : "bedrock.invoke";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        ModelId model = BedrockModel.of(head.path());
        boolean claude = family == InvokeFamily.CLAUDE
                || family == InvokeFamily.OTHER && BedrockClaudeRequest.isOne(body, length);
        return claude
                ? new BedrockClaudeRequest(body, length, model, streaming).read()
                : new BedrockInvokeRequest(family, body, length, model, streaming).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        String field = outputLimitField != null ? outputLimitField : family.limitField();
        if (field == null) {
            return Arrays.copyOf(body, length);
        }
        var splices = new Splices();
        splices.limitOutput(facts.layout(), outputLimit, field);
        return splices.apply(body, length);
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.BEDROCK.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return answer(AnswerHead.NONE, output);
    }

    @Override
    public AnswerScanner answer(AnswerHead head, OutputListener output) {
        var answer = new BedrockInvokeAnswer(head, output);
        return new AnswerScanner(streaming ? new EncodedDocuments(answer) : answer);
    }
}
