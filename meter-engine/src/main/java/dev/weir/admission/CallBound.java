package dev.weir.admission;

import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;

/// The most one attempt can use of each measure: a fixed part, and a part per token of the output limit.
///
/// @param tokensIn at most
/// @param choices answers, each as long as the output limit at most
/// @param costFixed pico-dollars; 0 where no cost limit asks
/// @param costPerToken pico-dollars for one output token; 0 where no cost limit asks
record CallBound(AdmissionRequest request, long tokensIn, int choices, long costFixed, long costPerToken) {
    long fixed(Measure measure) {
        return switch (measure) {
            case Measure.InFlight() -> 1;
            case Measure.Runs() -> namesRun() ? 1 : fixed(Meter.CALLS);
            case Measure.Counted(Meter meter) -> fixed(meter);
        };
    }

    private boolean namesRun() {
        return request.attributed().run() != null;
    }

    /// Whether the records of an attempt that never ends must carry what was reserved, so that its use of the measure is known: a
    /// run is known by its name.
    boolean isKnownByQuantities(Measure measure) {
        return switch (measure) {
            case Measure.InFlight() -> false;
            case Measure.Runs() -> !namesRun();
            case Measure.Counted _ -> true;
        };
    }

    private long fixed(Meter meter) {
        return switch (meter) {
            case TOKENS, TOKENS_IN, CACHE_READ, CACHE_WRITE, CACHE_WRITE_1H -> tokensIn;
            case AUDIO_IN -> request.audio() ? tokensIn : 0;
            case TOKENS_OUT, REASONING, AUDIO_OUT -> 0;
            case COST -> costFixed;
            case CALLS -> request.attempt() == 1 ? 1 : 0;
            case RETRIES -> request.attempt() == 1 ? 0 : 1;
            // A cap on bytes that is used up refuses a call before it begins, not at its first byte.
            case EGRESS_BYTES, INGRESS_BYTES -> Math.max(1, request.others().amount(meter));
            default -> Math.max(0, request.others().amount(meter));
        };
    }

    long perUnit(Measure measure) {
        return measure instanceof Measure.Counted(Meter meter) ? perUnit(meter) : 0;
    }

    private long perUnit(Meter meter) {
        return switch (meter) {
            case TOKENS, TOKENS_OUT, REASONING -> choices;
            case AUDIO_OUT -> request.audio() ? choices : 0;
            case COST -> times(costPerToken, choices);
            default -> 0;
        };
    }

    /// Whether a longer output uses more of it.
    boolean countsOutput(Measure measure) {
        return perUnit(measure) > 0;
    }

    /// All answers together, each of so many tokens.
    long outputTokens(long outputLimit) {
        return times(choices, outputLimit);
    }

    /// The most of a measure with so long an output; [Long#MAX_VALUE] where that does not fit.
    long total(Measure measure, long outputLimit) {
        long sum = fixed(measure) + times(perUnit(measure), outputLimit);
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /// Whether a smaller input or output would lessen it.
    static boolean dependsOnTokens(Measure measure) {
        return measure instanceof Measure.Counted(Meter meter) && switch (meter) {
            case TOKENS, TOKENS_IN, TOKENS_OUT, CACHE_READ, CACHE_WRITE, CACHE_WRITE_1H, AUDIO_IN, AUDIO_OUT,
                    REASONING, COST ->
                true;
            default -> false;
        };
    }

    /// Whether only the provider can tell how much was used of it; Weir counts the rest itself.
    static boolean isToldByProvider(Measure measure) {
        return measure instanceof Measure.Counted(Meter meter) && switch (meter) {
            case CALLS, RETRIES, RATE_LIMITED, EGRESS_BYTES, INGRESS_BYTES, TOOL_CALLS, READS, WRITES,
                    WEBHOOK_INGESTS ->
                false;
            default -> true;
        };
    }

    /// What an attempt that never ends is charged with, as an event carries it.
    ///
    /// @param withTokens false where tokens are not bounded, because no cap on them asked
    Quantities quantities(boolean withTokens, long outputLimit) {
        var bound = request.others().toBuilder();
        if (withTokens) {
            bound.set(Meter.TOKENS_IN, tokensIn, Provenance.BOUND);
            bound.set(Meter.TOKENS_OUT, times(choices, outputLimit), Provenance.BOUND);
        }
        bound.set(request.attempt() == 1 ? Meter.CALLS : Meter.RETRIES, 1, Provenance.REPORTED);
        return bound.build();
    }

    private static long times(long a, long b) {
        return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
    }
}
