package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Nothing was reserved, because of one or more shared limits this node has too little left of what it was lent. Asked for more,
/// it may fit.
///
/// @param needs one for each such limit
public record Shortage(TenantId tenant, List<Need> needs) implements Claimed {
    public Shortage {
        needs = List.copyOf(needs);
    }

    /// What a running call lacks to reserve so much more of one measure.
    ///
    /// @param wanted what it would use, `least` or more
    /// @param valid whether this node may spend from its leases at all
    /// @return null where it lacks nothing, or so much is used of a cap that it is not to be had anywhere
    static @Nullable Shortage of(Reservation reservation, Measure measure, long least, long wanted, boolean valid) {
        var needs = new ArrayList<Need>();
        for (int i = 0; i < reservation.size; i++) {
            Limit limit = reservation.limits[i];
            if (!reservation.caps(i, measure)) {
                continue;
            }
            Holding holding = reservation.shard.leased.holding(limit, reservation.values[i],
                    reservation.tallies[i].span);
            if (least > holding.unused()) {
                return null;
            }
            if (!valid || least > Math.min(holding.idle(), holding.left())) {
                needs.add(new Need(limit, reservation.values[i], holding.span(), least,
                        Math.min(wanted, limit.amount())));
            }
        }
        return needs.isEmpty() ? null : new Shortage(reservation.shard.tenant, needs);
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
