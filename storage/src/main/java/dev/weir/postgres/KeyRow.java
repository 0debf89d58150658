package dev.weir.postgres;

import dev.weir.tenant.TenantKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A key as it is stored: never the key itself.
///
/// @param revokedAt null while it is in force
public record KeyRow(TenantKey key, Instant createdAt, @Nullable Instant revokedAt) {}
