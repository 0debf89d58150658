package dev.weir.tenant;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who pays, on which plan, with which limits beyond the plan's. Immutable.
///
/// @param plan the id of a [Plan]
/// @param region where its evidence lies, null for the installation's own
/// @param limits its own, beside the plan's
public record Tenant(TenantId id, String plan, @Nullable String region, List<Limit> limits) {
    public Tenant {
        limits = List.copyOf(limits);
    }
}
