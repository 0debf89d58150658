package dev.weir.control;

import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.TenantId;
import java.time.Instant;
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

    /// @param after where the page before ended, null for the first page
    List<StoredEvent> events(Filter filter, @Nullable Position after, int limit);

    /// @param by null for no breakdown
    CostSummary costs(TenantId tenant, Period period, @Nullable Dimension by);
}
