package dev.weir.admission;

import dev.weir.money.Money;
import dev.weir.tenant.Entity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What was used before this process began: an event, or the sum of events that agree in everything but time.
///
/// @param time of the event; of a sum, any moment in the shortest window it lies in whole
/// @param model as asked for: that is what limits saw
/// @param cost null where nothing was priced
public record PastUsage(TenantId tenant, @Nullable KeyId key, @Nullable String user, String route,
        @Nullable String model, @Nullable String run, Map<String, String> tags, Instant time, Quantities quantities,
        @Nullable Money cost) implements Subject {
    @Override
    public @Nullable String entity(Entity.Kind kind) {
        return switch (kind) {
            case TENANT -> tenant.value();
            case KEY -> key == null ? null : key.value();
            case USER -> user;
            case ROUTE -> route;
            case MODEL -> model;
            case RUN -> run;
            case TAG -> null;
        };
    }
}
