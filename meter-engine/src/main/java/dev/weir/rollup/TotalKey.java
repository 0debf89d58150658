package dev.weir.rollup;

import dev.weir.event.UsageEvent;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/// What a total is a total of. In every dimension the empty string is "none".
public sealed interface TotalKey {
    /// The key of billing's totals (design decision 18).
    ///
    /// @param day the UTC day of the event's own time
    /// @param late whether the events came after the day's seal
    record ByDimension(LocalDate day, String tenant, String key, String user, String route, String provider,
            String model,
            String serviceTier, String costCenter, boolean late) implements TotalKey {
        static ByDimension of(UsageEvent event, Instant receivedAt) {
            LocalDate day = DaySeal.dayOf(event.time());
            return new ByDimension(day, orNone(event.tenant()), orNone(event.key()), orNone(event.user()),
                    event.route(),
                    event.provider(), orNone(event.model()), orNone(event.serviceTier()),
                    orNone(event.attribution().costCenter()), DaySeal.isLate(day, receivedAt));
        }
    }

    /// What a run used, by route, so that its connectors can be told apart.
    record ByRun(String tenant, String run, LocalDate day, String route) implements TotalKey {
        static ByRun of(UsageEvent event) {
            return new ByRun(orNone(event.tenant()), orNone(event.attribution().run()), DaySeal.dayOf(event.time()),
                    event.route());
        }
    }

    /// What a ticket used.
    record ByTicket(String tenant, String ticket, LocalDate day) implements TotalKey {
        static ByTicket of(UsageEvent event) {
            return new ByTicket(orNone(event.tenant()), orNone(event.attribution().ticket()),
                    DaySeal.dayOf(event.time()));
        }
    }

    private static String orNone(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }
}
