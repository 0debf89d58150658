package dev.weir.dialect;

/// Google's `models/{model}:embedContent` and `:batchEmbedContents`: no tokens come out. Usage is told by the later models
/// only; else the input is counted here.
public record GeminiEmbed() implements Dialect {
    @Override
    public String id() {
        return "gemini.embed";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new GeminiEmbedRequest(body, length, PathModel.of(head.path())).read();
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.GEMINI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new GeminiEmbedAnswer());
    }
}
