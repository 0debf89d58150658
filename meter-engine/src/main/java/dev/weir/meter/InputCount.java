package dev.weir.meter;

import dev.weir.dialect.JsonStrings;
import dev.weir.dialect.PromptText;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import org.jspecify.annotations.Nullable;

/// Counts the input of a request: before it is sent, for when the bound by bytes does not fit a cap any more, and after an
/// answer that did not tell it.
///
/// Every text of the prompt is counted with the model's tokenizer; around it come, per message, three tokens of frame, one
/// of role and one to spare, and three that open the answer (OpenAI cookbook, "How to count tokens with tiktoken", read
/// 2026-08). Tools are put to the model in a notation of the provider's own, mostly shorter than the JSON that is counted;
/// open models have the frame of their template. To that comes what the dialect declares for its host. The sum is an upper
/// bound: in the recorded traffic it is never below the reported input. For chats with OpenAI without tools it is above by
/// at most [#PER_REQUEST] and one for each message; with tools by half in the middle.
public final class InputCount {
    private static final int PER_MESSAGE = 5;
    private static final int PER_TOOL = 16;
    /// What opens the answer, and five to spare.
    private static final int PER_REQUEST = 8;
    /// What tools bring however many there are: at most 101 tokens are recorded (gpt-5).
    private static final int ANY_TOOLS = 128;
    /// The system message of the harmony template: at most 142 tokens are recorded.
    private static final int HARMONY = 192;

    /// What comes around a message, and around all, without anything to spare.
    private static final int AROUND_MESSAGE = 4;
    private static final int AROUND_ALL = 3;

    private InputCount() {}

    /// About so many input tokens; a bound where there are parts that are no text.
    ///
    /// @param body the body that `prompt` was read from
    public static TokenCount estimate(PromptText prompt, byte[] body, @Nullable ModelId model, Tokenizers tokenizers) {
        var bound = new TokenCount(prompt.boundTokens(), Provenance.BOUND);
        if (!prompt.onlyText()) {
            return bound;
        }
        long tokens = AROUND_ALL + (long) AROUND_MESSAGE * prompt.messages();
        tokens += tokenizers.aroundRequest(model, prompt.tools() > 0);
        for (int i = 0; i < prompt.spans(); i++) {
            String text = JsonStrings.text(body, prompt.from(i), prompt.to(i));
            tokens += isTool(prompt, body, i)
                    ? tokenizers.estimateTool(model, text)
                    : tokenizers.estimate(model, text).tokens();
        }
        Provenance provenance = tokenizers.has(model) && prompt.tools() == 0 ? Provenance.TOKENIZER : Provenance.BOUND;
        return tokens < bound.tokens() ? new TokenCount(Math.max(1, tokens), provenance) : bound;
    }

    /// The definition of a tool is raw JSON; all other spans are the inside of strings.
    private static boolean isTool(PromptText prompt, byte[] body, int span) {
        return prompt.tools() > 0 && body[prompt.from(span) - 1] != '"';
    }

    /// At most so many input tokens. Only where [PromptText#unseen()] is null: else there is no bound.
    ///
    /// @param body the body that `prompt` was read from
    public static TokenCount atMost(PromptText prompt, byte[] body, @Nullable ModelId model, Tokenizers tokenizers) {
        var bound = new TokenCount(prompt.boundTokens(), Provenance.BOUND);
        if (!prompt.onlyText() || !tokenizers.isCalibrated(model)) {
            return bound;
        }
        long tokens = PER_REQUEST + (long) PER_MESSAGE * prompt.messages() + prompt.declaredTokens();
        tokens += prompt.tools() == 0 ? 0 : ANY_TOOLS + (long) PER_TOOL * prompt.tools();
        tokens += model != null && model.value().contains("gpt-oss") ? HARMONY : 0;
        Provenance provenance = Provenance.TOKENIZER;
        for (int i = 0; i < prompt.spans(); i++) {
            TokenCount span = tokenizers.count(model, JsonStrings.text(body, prompt.from(i), prompt.to(i)));
            tokens += span.tokens();
            provenance = span.provenance();
        }
        return tokens < bound.tokens() ? new TokenCount(tokens, provenance) : bound;
    }
}
