package dev.weir.rating;

/// What the list says a model takes and gives at most.
///
/// @param inputTokensMax the context window, or [#UNKNOWN]
/// @param outputTokensMax or [#UNKNOWN]
public record ModelFacts(long inputTokensMax, long outputTokensMax) {
    public static final long UNKNOWN = -1;
    public static final ModelFacts NONE = new ModelFacts(UNKNOWN, UNKNOWN);
}
