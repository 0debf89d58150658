package dev.weir.dialect;

import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an answer said, so far.
///
/// @param usage how much of its usage the provider has told
/// @param quantities the reported quantities in normal form (input includes cached, output includes reasoning), those of
///        `sides` included
/// @param sides what was used at another model's price or outside the provider's own totals, part of `quantities`
/// @param model the model that answered
/// @param id the provider's id of the answer
/// @param serviceTier the tier it was answered in
/// @param error the type of an error object in the answer; null where none stood there
/// @param finished whether the model's own end was seen (a finish or stop reason)
/// @param contentSeen whether any output has passed
/// @param billed what the provider charges for where that is not what it counts, so what is priced; else empty
/// @param costReportedPicos pico-dollars that the provider says it charges, or [#NO_COST]
/// @param requests how many requests the quantities are summed over: 1, but for a batch
/// @param toldBy the id of the object whose content tells the usage, where this answer names one; else null
public record AnswerFacts(Usage usage, Quantities quantities, List<Side> sides, @Nullable ModelId model,
        @Nullable String id, @Nullable String serviceTier, @Nullable String error, boolean finished,
        boolean contentSeen, Quantities billed, long costReportedPicos, long requests,
        @Nullable String toldBy) {

    /// What stands for a cost that no provider told, where costs are pico-dollars.
    public static final long NO_COST = Long.MIN_VALUE;

    /// What stands for a count that no provider told, where counts are 0 or more.
    public static final long UNTOLD = -1;

    /// How much a provider has told of what was used.
    public enum Usage {
        NONE,
        /// Nothing yet: what the answer names by its id still runs, and tells its usage when it is asked for again.
        LATER,
        /// A first frame: the input may still grow, the output is a placeholder.
        EARLY,
        /// The last word so far; final if the answer came to its end.
        LATEST,
        /// The last word.
        FINAL
    }

    /// One pass of the model inside a call, billed apart (Anthropic `usage.iterations`).
    ///
    /// @param kind the provider's word, `compaction`, `advisor_message`
    /// @param model its model where it has one of its own
    /// @param requests how many requests the quantities are summed over
    public record Side(String kind, @Nullable ModelId model, Quantities quantities, long requests) {
        /// Of one request.
        public Side(String kind, @Nullable ModelId model, Quantities quantities) {
            this(kind, model, quantities, 1);
        }
    }

    public AnswerFacts {
        sides = List.copyOf(sides);
    }

    /// Of a provider that charges for what it counts.
    public AnswerFacts(Usage usage, Quantities quantities, List<Side> sides, @Nullable ModelId model,
            @Nullable String id, @Nullable String serviceTier, @Nullable String error, boolean finished,
            boolean contentSeen) {
        this(usage, quantities, sides, model, id, serviceTier, error, finished, contentSeen, Quantities.NONE,
                NO_COST);
    }

    /// The same with what the provider says it charges.
    AnswerFacts withCost(ReportedCost told) {
        return told.picos() == costReportedPicos
                ? this
                : new AnswerFacts(usage, quantities, sides, model, id, serviceTier, error, finished, contentSeen,
                        billed, told.picos(), requests, toldBy);
    }

    /// Of one request.
    public AnswerFacts(Usage usage, Quantities quantities, List<Side> sides, @Nullable ModelId model,
            @Nullable String id, @Nullable String serviceTier, @Nullable String error, boolean finished,
            boolean contentSeen, Quantities billed, long costReportedPicos) {
        this(usage, quantities, sides, model, id, serviceTier, error, finished, contentSeen, billed, costReportedPicos,
                1, null);
    }

    /// Of a batch of requests, or of one of them.
    static AnswerFacts ofBatch(Usage usage, Quantities quantities, List<Side> sides, @Nullable ModelId model,
            @Nullable String id, long requests, @Nullable String toldBy) {
        return new AnswerFacts(usage, quantities, sides, model, id, "batch", null, usage == Usage.FINAL, false,
                Quantities.NONE, NO_COST, Math.max(1, requests), toldBy);
    }

    /// The same where the rest of the answer cannot be read: only a last word that was called so still is one.
    AnswerFacts notTheLastWord() {
        return usage != Usage.LATEST
                ? this
                : new AnswerFacts(Usage.EARLY, quantities, sides, model, id, serviceTier, error, finished,
                        contentSeen, billed, costReportedPicos);
    }

    /// The same where what was told may have been something else.
    AnswerFacts withoutUsage() {
        return new AnswerFacts(Usage.NONE, Quantities.NONE, List.of(), model, id, serviceTier, error, finished,
                contentSeen);
    }
}
