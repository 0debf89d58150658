package dev.weir.rollup;

import dev.weir.event.UsageEvent;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/// The plain fold from events to totals: the slow, obvious way that every other way must agree with. Not for sharing between
/// threads; each event is added once, whose identities tell.
public final class UsageTotals {
    private final Map<TotalKey, UsageTotal> totals = new HashMap<>();

    /// @param receivedAt the database's clock in the transaction that stored the event
    public void add(UsageEvent event, Instant receivedAt) {
        UsageTotal one = UsageTotal.of(event);
        totals.merge(TotalKey.ByDimension.of(event, receivedAt), one, UsageTotal::plus);
        totals.merge(TotalKey.ByRun.of(event), one, UsageTotal::plus);
        totals.merge(TotalKey.ByTicket.of(event), one, UsageTotal::plus);
    }

    public Map<TotalKey, UsageTotal> toMap() {
        return Map.copyOf(totals);
    }
}
