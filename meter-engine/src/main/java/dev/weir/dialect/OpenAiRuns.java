package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Runs of the OpenAI Assistants API, `POST …/threads/{id}/runs` and `POST …/threads/runs`: the provider works on after the
/// call, whether or not it is listened to, and tells the usage when the run has finished.
public record OpenAiRuns() implements Dialect {
    @Override
    public String id() {
        return "openai.assistants";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new OpenAiRunsRequest(body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit,
                outputLimitField != null ? outputLimitField : "max_completion_tokens");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiRunsAnswer(output));
    }
}
