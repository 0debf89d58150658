package dev.weir.control;

import dev.weir.tenant.KeyId;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Tenants and keys as an administrator makes and ends them. Calls may wait; virtual threads only.
public interface TenantAdmin {
    /// What became of a wish to create a tenant.
    sealed interface Creation {
        record Created() implements Creation {}

        /// It was there, exactly so.
        record Same() implements Creation {}

        /// The id is taken.
        record Different(Tenant existing) implements Creation {}

        /// There is no such plan.
        record NoPlan() implements Creation {}
    }

    Creation create(Tenant tenant);

    Optional<Tenant> tenant(TenantId id);

    /// @return empty where there is no such tenant or no such plan
    Optional<Tenant> changePlan(TenantId id, String plan);

    /// @param after the last tenant of the page before, null for the first page; ascending by id
    List<Tenant> tenants(@Nullable TenantId after, int limit);

    /// @return false where its tenant does not exist; nothing was stored then
    boolean add(TenantKey key);

    /// @param after the last key of the page before, null for the first page; ascending by id
    List<TenantKey> keys(TenantId tenant, @Nullable KeyId after, int limit);

    /// @return false where there is no such key; true also where it was revoked before
    boolean revoke(KeyId id);
}
