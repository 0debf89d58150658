package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Window;

/// Nothing was reserved, because one limit had too little room.
///
/// @param limit the first such limit in the order of the claims
/// @param value the entity it was asked for
/// @param settled used so far in the span
/// @param reserved set aside for calls still running
/// @param asked the least that would have been of use
/// @param span the window's run that was asked; an endless one for `total` and for concurrency
public record Exceeded(Limit limit, String value, long settled, long reserved, long asked, Window.Span span)
        implements
            Claimed {
    /// What was left, 0 or more.
    public long room() {
        return Math.max(0, limit.amount() - settled - reserved);
    }

    /// Whether it would fit a window in which nothing else was used.
    public boolean everFits() {
        return asked <= limit.amount();
    }
}
