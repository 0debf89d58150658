package dev.weir.dialect;

/// Google's `models/{model}:predict`: text embeddings on Vertex, whose tokens are told for each text, and images (Imagen),
/// which are counted. What else may be served there is estimated from its request.
public record GeminiPredict() implements Dialect {
    /// Where customers deploy models of their own.
    private static final String DEPLOYED = "/endpoints/";

    @Override
    public String id() {
        return "gemini.predict";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var reader = new GeminiPredictRequest(body, length, PathModel.of(head.path()));
        if (head.path().contains(DEPLOYED)) {
            reader.anyModel();
        }
        return reader.read();
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.GEMINI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new GeminiPredictAnswer());
    }
}
