package dev.weir.exchange;

import dev.weir.dialect.AnswerFacts;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an upstream has told so far, for the event of its attempt. Event loop of the exchange.
interface AnswerSoFar {
    /// What the provider said so far.
    Quantities soFar();

    /// What the provider charges for where that is not what it counts, so far; else empty.
    Quantities billed();

    /// What was used at another model's price and is not in [#billed()]; nothing but in sessions.
    default List<AnswerFacts.Side> soldApart() {
        return List.of();
    }

    /// The model that answered.
    @Nullable
    String model();

    @Nullable
    String serviceTier();

    /// The provider's id of the answer.
    @Nullable
    String answerId();
}
