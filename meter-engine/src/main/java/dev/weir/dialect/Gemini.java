package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Google's `models/{model}:generateContent` and `:streamGenerateContent`, on AI Studio and on Vertex (also its express paths,
/// which name no project). The model and whether the answer streams stand in the path, not in the body.
///
/// A stream is server-sent events with `alt=sse`, else one JSON array that is sent piece by piece; both are read alike.
///
/// @param streaming which of the two
public record Gemini(boolean streaming) implements Dialect {
    @Override
    public String id() {
        return streaming ? "gemini.streamGenerateContent" : "gemini.generateContent";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var reader = new GeminiRequest(body, length, PathModel.of(head.path()));
        reader.streaming = streaming;
        return reader.read();
    }

    /// There is one field only; `outputLimitField` says nothing here.
    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return limited(facts, body, length, outputLimit, "generationConfig.maxOutputTokens");
    }

    /// The body with its output limited, so that no more than `most` tokens come out.
    static byte[] limited(RequestFacts facts, byte[] body, int length, OptionalLong most, String field) {
        var splices = new Splices();
        if (most.isPresent()) {
            splices.limitOutput(facts.layout(),
                    OptionalLong.of(most.getAsLong() - GeminiRequest.OUTPUT_BEYOND_LIMIT), field);
        }
        return splices.apply(body, length);
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.GEMINI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new GeminiAnswer(output));
    }

    @Override
    public boolean hidesReasoning() {
        return true;
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return streaming ? new EventStream(new GeminiEnd(facts, callId)) : null;
    }
}
