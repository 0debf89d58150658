package dev.weir.exchange;

import dev.weir.dialect.AnswerFacts;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an upstream has told so far, for the event of its attempt. Event loop of the exchange.
interface AnswerSoFar {
    /// What the provider said so far of this call's usage; an answer about an earlier call says nothing of that.
    Quantities soFar();

    /// What the provider charges for where that is not what it counts, so far; else empty.
    Quantities billed();

    /// What was used at another model's price.
    List<AnswerFacts.Side> sides();

    /// How many requests the answer tells the usage of: 1, but for a batch.
    default long requests() {
        return 1;
    }

    /// Pico-dollars that the provider says it charges, or [AnswerFacts#NO_COST].
    long costReportedPicos();

    /// The tools of the calls that were carried out; ask when the answer is over.
    ToolCounts tools();

    /// Whether the answer names something that still runs, and tells its usage when it is asked for again.
    boolean usageComesLater();

    /// The model that answered.
    @Nullable
    String model();

    @Nullable
    String serviceTier();

    /// The provider's id of the answer.
    @Nullable
    String answerId();
}
