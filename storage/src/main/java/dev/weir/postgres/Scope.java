package dev.weir.postgres;

import dev.weir.tenant.TenantId;

/// Whose rows a query may see. The database enforces it: one tenant's are read as `weir_app` with that tenant set, all as
/// `weir_auditor`.
public sealed interface Scope {
    Scope ALL = new Everything();

    /// The rows of one tenant.
    record One(TenantId tenant) implements Scope {}

    /// The rows of all tenants, and the refusals that belong to none: for admins and auditors.
    record Everything() implements Scope {}

    static Scope of(TenantId tenant) {
        return new One(tenant);
    }
}
