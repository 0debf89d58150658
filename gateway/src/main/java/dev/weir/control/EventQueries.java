package dev.weir.control;

import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is asked of stored usage events. Calls may wait; virtual threads only.
public interface EventQueries {
    /// An event as it is stored.
    record StoredEvent(EventId id, UsageEvent event, Instant receivedAt) {}

    /// Where a page ended: the order is by time and id, newest first.
    record Position(Instant time, EventId id) {}

    /// Which events; null is any.
    ///
    /// @param model answered or else asked for
    /// @param from inclusive
    /// @param to exclusive
    record Filter(@Nullable TenantId tenant, @Nullable String run, @Nullable String key, @Nullable String user,
            @Nullable String route, @Nullable String model, @Nullable Outcome outcome, @Nullable Instant from,
            @Nullable Instant to) {}

    /// Events without a cost, of one model.
    ///
    /// @param model null where neither request nor answer named one
    /// @param serviceTier null for the usual one
    record UnpricedModel(String provider, @Nullable String model, @Nullable String serviceTier, long events,
            LocalDate first, LocalDate last) {}

    /// The models of all tenants whose events of a period have no cost, the most events first.
    List<UnpricedModel> unpriced(Period period);

    /// @param after where the page before ended, null for the first page
    List<StoredEvent> events(Filter filter, @Nullable Position after, int limit);

    /// @param by null for no breakdown
    CostSummary costs(TenantId tenant, Period period, @Nullable Dimension by);
}
