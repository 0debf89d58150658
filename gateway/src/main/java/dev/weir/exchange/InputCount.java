package dev.weir.exchange;

import dev.weir.dialect.RequestFacts;
import dev.weir.meter.PromptCount;
import dev.weir.meter.Tokenizers;
import java.util.Objects;

/// Counts a request's input tokens where the bound by bytes did not fit. Worker threads only.
final class InputCount {
    private InputCount() {}

    static long of(Call call, HeldBody held, Tokenizers tokenizers) {
        RequestFacts facts = Objects.requireNonNull(call.facts);
        return Objects.requireNonNull(PromptCount.of(tokenizers, facts, held.bytes())).tokens();
    }
}
