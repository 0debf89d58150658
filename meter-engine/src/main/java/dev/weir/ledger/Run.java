package dev.weir.ledger;

import dev.weir.tenant.Limit;

/// One run of a counter's window, and what it turned away.
///
/// @param turnedAwayAt the most that would be settled if the calls that did not fit beside what was settled had passed, in the
///     limit's unit; 0 where there were none. What only running calls stood in the way of does not count, nor does a call that
///     would never fit. It is not restored at a start
public record Run(Standing standing, long turnedAwayAt) {
    /// Whether an alert's mark is reached. What is settled counts, what is only reserved does not. A limit that blocks is at
    /// 100 % also where it has turned a call away for what was settled: it reserves before it settles, so it ends below its
    /// amount, and it is blocking all the same.
    ///
    /// @param limit the one in force, whose amount may have changed since
    public boolean hasReached(Limit limit, int percent) {
        long settled = standing.settled();
        return settled > 0 && (settled >= limit.mark(percent)
                || percent == 100 && limit.blocks() && turnedAwayAt > limit.amount());
    }
}
