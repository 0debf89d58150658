package dev.weir.postgres;

import dev.weir.tenant.TenantId;
import org.jspecify.annotations.Nullable;

/// What a tenant has bought; null is none of that unit, so not limited by it.
///
/// @param runsPerMinute runs that calls may begin in a minute, at most [dev.weir.tenant.Limit#RUNS_MAX]
/// @param concurrency calls at the same time
/// @param writesPerDay connectors' writes in a UTC day
/// @param retentionTier the operator's name for how long data is kept
/// @param indexingTier the operator's name for what is indexed
public record Capacity(TenantId tenant, @Nullable Long runsPerMinute, @Nullable Long concurrency,
        @Nullable Long writesPerDay, @Nullable String retentionTier, @Nullable String indexingTier) {}
