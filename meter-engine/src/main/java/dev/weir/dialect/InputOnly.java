package dev.weir.dialect;

import java.util.Set;

/// APIs that read text and write no tokens: embeddings, moderation. Their output is 0 tokens, said so.
///
/// @param id `openai.embeddings`, `openai.moderations`
/// @param freeOfTokens whether the provider charges nothing for it, as OpenAI does for moderation
public record InputOnly(String id, boolean freeOfTokens) implements Dialect {
    private static final Set<String> FREE_MODERATION = Set.of("openai", "azure", "sandbox");

    static InputOnly embeddings(String provider) {
        return new InputOnly("openai.embeddings", false);
    }

    static InputOnly moderations(String provider) {
        return new InputOnly("openai.moderations", FREE_MODERATION.contains(provider));
    }

    @Override
    public boolean readsBody() {
        return !freeOfTokens;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new InputOnlyRequest(head.path(), body, length).read();
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new InputOnlyAnswer());
    }
}
