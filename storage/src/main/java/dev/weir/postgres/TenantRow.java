package dev.weir.postgres;

import dev.weir.tenant.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A tenant as it is stored.
///
/// @param region null for the installation's own
public record TenantRow(TenantId id, String plan, @Nullable String region, Instant createdAt) {}
