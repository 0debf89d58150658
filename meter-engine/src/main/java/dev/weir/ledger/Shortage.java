package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.util.List;

/// Nothing was reserved, because of one or more shared limits this node has too little left of what it was lent. Asked for more,
/// it may fit.
///
/// @param needs one for each such limit
public record Shortage(TenantId tenant, List<Need> needs) implements Claimed {
    public Shortage {
        needs = List.copyOf(needs);
    }

    /// What one limit lacks.
    ///
    /// @param span the window's run that was asked
    /// @param asked the least the call needs of it
    /// @param wanted what it would use, at most the limit's amount
    public record Need(Limit limit, String value, Window.Span span, long asked, long wanted) {
        static Need of(Claims claims, int i, Window.Span span, long least) {
            long wanted = Math.min(claims.limits[i].amount(), claims.amount(i, claims.unitsMax));
            return new Need(claims.limits[i], claims.values[i], span, least, wanted);
        }
    }
}
