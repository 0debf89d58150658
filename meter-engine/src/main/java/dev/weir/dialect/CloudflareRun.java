package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Cloudflare Workers AI, `POST …/ai/run/{model}` (Workers AI documentation, read 2026-11).
public record CloudflareRun() implements Dialect {
    private static final String MARK = "/ai/run/";

    /// Whether the path runs a model.
    static boolean runs(String path) {
        return path.contains(MARK);
    }

    @Override
    public String id() {
        return "cloudflare.run";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var reader = new OpenAiChatRequest("cloudflare", head.path(), body, length);
        reader.model = PathModel.behind(MARK, head.path());
        return reader.read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit, "max_tokens");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new CloudflareRunAnswer(output));
    }
}
