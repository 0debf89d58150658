package dev.weir.tenant;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who a key says is calling.
public sealed interface Identity {
    Identity UNKNOWN = new Unknown();

    /// A key in force.
    ///
    /// @param user the user the key is bound to; null where `X-Weir-User` may name one
    /// @param limits the plan's and the tenant's own, in the order in which they refuse ([Limit#PRECEDENCE])
    record Known(Tenant tenant, KeyId key, @Nullable String user, Plan plan, List<Limit> limits) implements Identity {
        public Known {
            limits = List.copyOf(limits);
        }
    }

    /// No such key was ever made here: 401.
    record Unknown() implements Identity {}

    /// The key was in force once: 401.
    record Revoked(TenantId tenant, KeyId key) implements Identity {}
}
