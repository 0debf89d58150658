package dev.weir.dialect;

/// Documents put in order of their relevance, `POST …/rerank`, as Cohere defined it and Voyage, Jina, OpenRouter, vLLM and
/// llama.cpp servers took it over. No tokens come out; Cohere sells search units, the others tokens.
///
/// @param provider whose clients are told no in its own words
public record Rerank(String provider) implements Dialect {
    @Override
    public String id() {
        return provider.equals("cohere") ? "cohere.rerank" : "rerank";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new RerankRequest(body, length).read();
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return (provider.equals("cohere") ? RefusalWords.COHERE : RefusalWords.OPENAI).put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new RerankAnswer());
    }
}
