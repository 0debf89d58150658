package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;

/// What this node holds of one shared counter, at one moment.
///
/// @param settled used on this node
/// @param reserved set aside on this node
/// @param lent what the two may come to
/// @param lost of what former starts were lent, what nobody can account for
/// @param elsewhereLent what other nodes hold, as last heard, and what the limit's amount was known to be lower by than this node
///        thought when it asked
/// @param elsewhereUsed how much of that they have used
/// @param wanted what running calls will soon want beyond what is idle
public record Holding(TenantId tenant, Limit limit, String value, Window.Span span, long settled, long reserved,
        long lent, long lost, long elsewhereLent, long elsewhereUsed, long wanted) {
    /// What may be reserved without asking, 0 or more.
    public long idle() {
        return Math.max(0, lent - settled - reserved);
    }

    /// What of the limit is not settled, reserved or lent to others, as last heard; less than 0 where too much is.
    public long left() {
        return limit.amount() - settled - reserved - lost - elsewhereLent;
    }

    /// What of the limit nobody has used, and nobody on this node has set aside, as last heard; less than 0 where too much is.
    /// Others may hold it.
    public long unused() {
        return limit.amount() - settled - reserved - lost - elsewhereUsed;
    }

    /// What nobody holds, as last heard, 0 or more.
    public long free() {
        return Math.max(0, limit.amount() - lent - lost - elsewhereLent);
    }
}
