package dev.weir.dialect;

import dev.weir.usage.Quantities;
import java.util.OptionalLong;

/// A path of an `llm` route that no dialect reads: passes as it is, metered by bytes and calls.
///
/// A request without a body (a model list, the state of a batch) and a token count use no tokens. Another POST may, unknown
/// to us: its input counts as unseen, so that under a hard token cap it is refused, and its usage is missing, never zero.
///
/// @param freeOfTokens whether it is known to use no tokens
/// @param words how refusals are put, the way of the dialect that this provider's clients speak
public record Passthrough(boolean freeOfTokens, RefusalWords words) implements Dialect {
    @Override
    public String id() {
        return "passthrough";
    }

    @Override
    public boolean readsBody() {
        return false;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var prompt = new PromptText();
        prompt.bodyBytes(freeOfTokens ? 0 : length);
        prompt.notOnlyText();
        if (!freeOfTokens) {
            prompt.unseen("no dialect reads " + head.method() + " on this path");
        }
        return new RequestReading.Facts(
                new RequestFacts(null, false, freeOfTokens ? 0 : 1, 1, OptionalLong.empty(), false, prompt, null, false,
                        Quantities.NONE,
                        null, RequestFacts.Layout.NONE));
    }

    @Override
    public boolean mustAskUsage(RequestFacts facts) {
        return false;
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return words.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new PassthroughFields());
    }
}
