package dev.weir.ledger;

import dev.weir.tenant.Limit;

/// One run of a counter's window, and what it turned away.
///
/// @param refusedLeast the least that a refused call asked for and could have had in an unused window, in the limit's unit;
///     [#NOTHING_REFUSED] where none was. It is not restored at a start
public record Run(Standing standing, long refusedLeast) {
    public static final long NOTHING_REFUSED = Long.MAX_VALUE;

    /// Whether an alert's mark is reached. What is settled counts, what is only reserved does not. A limit that blocks is at 100 %
    /// also where what is settled leaves less than a refused call needed: it reserves before it settles, so it ends below its
    /// amount, and it is blocking all the same.
    ///
    /// @param limit the one in force, whose amount may have changed since
    public boolean hasReached(Limit limit, int percent) {
        long settled = standing.settled();
        return settled > 0 && (settled >= limit.mark(percent) || percent == 100 && isBlocking(limit, settled));
    }

    private boolean isBlocking(Limit limit, long settled) {
        return limit.blocks() && refusedLeast <= limit.amount() && refusedLeast > limit.amount() - settled;
    }
}
