package dev.weir.postgres;

import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import java.util.Locale;

/// A limit of one tenant as it is stored.
///
/// @param source the face of the control plane it was set through
public record TenantLimit(TenantId tenant, Limit limit, Source source) {
    /// Who owns a limit: it is changed there and nowhere else.
    public enum Source {
        /// `/api/limits`.
        LIMITS,
        /// `/quota`.
        QUOTA,
        /// `/api/capacity`.
        CAPACITY;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
