package dev.weir.tenant;

import org.jspecify.annotations.Nullable;

/// What is kept of a key: everything but the key.
///
/// @param user the user it is bound to, null for none
/// @param last4 its last four characters, for lists
/// @param revoked no longer in force; kept so that its use can be told from a key never made
public record TenantKey(KeyId id, ApiKeyHash hash, TenantId tenant, @Nullable String user, String last4,
        boolean revoked) {}
