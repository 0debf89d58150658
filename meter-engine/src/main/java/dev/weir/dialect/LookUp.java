package dev.weir.dialect;

import dev.weir.usage.Quantities;
import java.util.OptionalLong;

/// A question about something that an earlier call created, or its cancellation: uses nothing itself, and its answer may tell
/// what that call used.
///
/// @param of the dialect of the call that creates; its answers have the shape of these
public record LookUp(Dialect of) implements Dialect {
    @Override
    public String id() {
        return of.id();
    }

    @Override
    public boolean readsBody() {
        return false;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        var prompt = new PromptText();
        prompt.bodyBytes(length);
        return new RequestReading.Facts(new RequestFacts(null, false, 0, 1, OptionalLong.empty(), false, prompt, null,
                false, Quantities.NONE, null, RequestFacts.Layout.NONE));
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return of.refusal(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return of.answer(OutputListener.NONE);
    }

    @Override
    public boolean freeOfTokens() {
        return true;
    }

    @Override
    public boolean looksUp() {
        return true;
    }
}
