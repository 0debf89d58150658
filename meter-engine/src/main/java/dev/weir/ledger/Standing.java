package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Window;

/// Where a counter stood at one moment.
///
/// @param settled used so far in the span
/// @param reserved set aside for calls still running
public record Standing(Limit limit, String value, long settled, long reserved, Window.Span span) {
    /// The highest of the limit's alert marks, in per cent, that what is settled has reached; 0 where it has reached none.
    public int alertReached() {
        int reached = 0;
        for (int percent : limit.alerts()) {
            reached = settled >= Shard.mark(limit.amount(), percent) ? percent : reached;
        }
        return limit.amount() == 0 ? 0 : reached;
    }

    /// What is left, 0 or more.
    public long remaining() {
        return Math.max(0, limit.amount() - settled - reserved);
    }
}
