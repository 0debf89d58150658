package dev.weir.control;

import dev.weir.postgres.Costs;
import dev.weir.postgres.DayRange;
import dev.weir.postgres.EventFilter;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Scope;
import dev.weir.rollup.UsageTotal;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import java.util.EnumMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Events and costs in PostgreSQL.
public final class StoredUsage implements EventQueries {
    private final Postgres postgres;

    public StoredUsage(Postgres postgres) {
        this.postgres = postgres;
    }

    @Override
    public List<StoredEvent> events(Filter filter, @Nullable Position after, int limit) {
        var scope = filter.tenant() == null ? Scope.ALL : Scope.of(filter.tenant());
        var asked = new EventFilter(filter.run(), filter.key(), filter.from(), filter.to(),
                after == null ? null : new EventFilter.Cursor(after.time(), after.id()), limit);
        return postgres.events()
                .list(scope, asked)
                .items()
                .stream()
                .map(stored -> new StoredEvent(stored.id(), stored.event(), stored.receivedAt()))
                .toList();
    }

    @Override
    public CostSummary costs(TenantId tenant, Period period, @Nullable Dimension by) {
        var days = DayRange.between(period.first(), period.after());
        var total = total(postgres.costs().total(Scope.of(tenant), days));
        if (by == null) {
            return new CostSummary(total, List.of());
        }
        return new CostSummary(total, postgres.costs()
                .by(Scope.of(tenant), days, Costs.GroupBy.byId(by.id()).orElseThrow())
                .stream()
                .map(line -> new CostSummary.Group(line.value().isEmpty() ? null : line.value(), total(line.total())))
                .toList());
    }

    private static CostSummary.Total total(UsageTotal total) {
        var meters = new EnumMap<Meter, Long>(Meter.class);
        total.meters().forEach((meter, amount) -> meters.put(meter, amount.longValueExact()));
        return new CostSummary.Total(total.costUsd(), total.events().longValueExact(),
                total.attempts().longValueExact(),
                total.unpriced().longValueExact(), meters);
    }
}
