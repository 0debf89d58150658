package dev.weir.exchange;

import java.util.function.Predicate;

/// A call that runs: what its loop does to it from outside. Event loop only.
interface LiveCall {
    /// Called by the loop's sweep, a few times a second.
    void look(long nowNanos);

    /// Weir stops before the call does, if it is one of these.
    void interruptIf(Predicate<Call> affected);
}
