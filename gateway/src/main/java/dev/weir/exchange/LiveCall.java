package dev.weir.exchange;

/// A call that runs: what its loop does to it from outside. Event loop only.
interface LiveCall {
    /// Called by the loop's sweep, a few times a second.
    void look(long nowNanos);

    /// Weir stops before the call does.
    void interrupt();
}
