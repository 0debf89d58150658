package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The llama.cpp server's own API, `POST /completion` (once `/completions`) and `/infill` (llama.cpp,
/// `tools/server/README.md`, read 2026-11); what it takes over from OpenAI is an [OpenAiChat].
public record LlamaCpp() implements Dialect {
    @Override
    public String id() {
        return "llamacpp.completion";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new LlamaCppRequest(body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit, "n_predict");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new LlamaCppAnswer(output));
    }
}
