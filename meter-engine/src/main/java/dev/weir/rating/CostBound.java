package dev.weir.rating;

/// The most a call can cost, as a fixed part and a part per output token. Pico-dollars; [Long#MAX_VALUE] where it does not fit.
public sealed interface CostBound {
    /// @param fixedPicos all input and all counted units at their dearest
    /// @param picosPerOutputToken an output token at its dearest, rounded up
    record Bounded(long fixedPicos, long picosPerOutputToken) implements CostBound {}

    /// No price, so no bound.
    record Unpriced(String reason) implements CostBound {}
}
