package dev.weir.lease;

import dev.weir.ledger.Holding;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;

/// One counter that nodes share: one window of one limit for one entity.
///
/// Two keys are equal where limit id, scope, value and window are; the amount may differ between nodes for a moment.
public record LeaseKey(TenantId tenant, String limit, String scope, String value, Window.Span span) {
    /// The key of what a node holds.
    public static LeaseKey of(Holding holding) {
        return of(holding.tenant(), holding.limit(), holding.value(), holding.span());
    }

    public static LeaseKey of(TenantId tenant, Limit limit, String value, Window.Span span) {
        return new LeaseKey(tenant, limit.id(), limit.scope(), value, span);
    }
}
