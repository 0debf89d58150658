package dev.weir.meter;

import dev.weir.dialect.JsonStrings;
import dev.weir.dialect.PromptText;
import dev.weir.dialect.RequestFacts;
import dev.weir.usage.Provenance;

/// The input tokens of a request, counted where the model's tokenizer is public, else bounded by its bytes.
///
/// A count is still an upper bound, so that admission may rely on it: around each message OpenAI's chat format adds 3 tokens,
/// one more for a name, and 3 for the answer's beginning (OpenAI cookbook, "How to count tokens with tiktoken"); around each
/// tool definition some dozen. Here 8, 16 and 32 are added, so the count is too high by a few tokens per message, never too
/// low. Pure; takes a millisecond per some 15 KB, so not for event loops.
public final class PromptCount {
    private static final int PER_MESSAGE = 8;
    private static final int PER_REQUEST = 16;
    private static final int PER_TOOL = 32;

    private PromptCount() {}

    /// @param body the bytes that `facts` was read from
    /// @throws IllegalStateException where the provider reads more than stands in the body, so that nothing bounds it
    public static TokenCount of(Tokenizers tokenizers, RequestFacts facts, byte[] body) {
        PromptText prompt = facts.prompt();
        if (prompt.unseen() != null) {
            throw new IllegalStateException("nothing bounds this input: " + prompt.unseen());
        }
        if (!prompt.onlyText() || !tokenizers.has(facts.model())) {
            return new TokenCount(prompt.boundTokens(), Provenance.BOUND);
        }
        long tokens = PER_REQUEST + (long) PER_MESSAGE * prompt.messages() + (long) PER_TOOL * prompt.tools();
        for (int i = 0; i < prompt.spans(); i++) {
            tokens += tokenizers.count(facts.model(), JsonStrings.text(body, prompt.from(i), prompt.to(i))).tokens();
        }
        return new TokenCount(Math.min(tokens, prompt.boundTokens()), Provenance.TOKENIZER);
    }
}
