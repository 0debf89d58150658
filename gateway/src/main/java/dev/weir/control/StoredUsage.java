package dev.weir.control;

import dev.weir.postgres.Costs;
import dev.weir.postgres.DayRange;
import dev.weir.postgres.EventFilter;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Scope;
import dev.weir.rollup.UsageTotal;
import dev.weir.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Events and costs in PostgreSQL. Calls wait for the database; a [dev.weir.postgres.DatabaseException] where it does not answer.
public final class StoredUsage implements EventQueries {
    private final Postgres postgres;

    public StoredUsage(Postgres postgres) {
        this.postgres = postgres;
    }

    @Override
    public List<StoredEvent> events(Filter filter, @Nullable Position after, int limit) {
        var scope = filter.tenant() == null ? Scope.ALL : Scope.of(filter.tenant());
        var asked = new EventFilter(filter.run(), filter.key(), filter.user(), filter.route(), filter.model(),
                filter.outcome(), filter.from(), filter.to(),
                after == null ? null : new EventFilter.Cursor(after.time(), after.id()), limit);
        return postgres.events()
                .list(scope, asked)
                .items()
                .stream()
                .map(stored -> new StoredEvent(stored.id(), stored.event(), stored.receivedAt()))
                .toList();
    }

    @Override
    public List<UnpricedModel> unpriced(Period period) {
        return postgres.costs()
                .unpriced(Scope.ALL, DayRange.between(period.first(), period.after()))
                .stream()
                .map(found -> new UnpricedModel(found.provider(), nullIfEmpty(found.model()),
                        nullIfEmpty(found.serviceTier()), found.events(), found.first(), found.last()))
                .toList();
    }

    private static @Nullable String nullIfEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    /// Lines that sum to the total are summed, so that the two agree while events arrive; only tags are not such.
    @Override
    public CostSummary costs(TenantId tenant, Period period, @Nullable Dimension by) {
        var scope = Scope.of(tenant);
        var days = DayRange.between(period.first(), period.after());
        if (by == null) {
            return new CostSummary(total(postgres.costs().total(scope, days)), List.of());
        }
        var lines = postgres.costs().by(scope, days, Costs.GroupBy.byId(by.id()).orElseThrow());
        var total = by == Dimension.TAG
                ? postgres.costs().total(scope, days)
                : lines.stream().map(Costs.Line::total).reduce(UsageTotal.NONE, UsageTotal::plus);
        return new CostSummary(total(total), lines.stream().map(StoredUsage::group).toList());
    }

    private static CostSummary.Group group(Costs.Line line) {
        return new CostSummary.Group(line.value().isEmpty() ? null : line.value(), total(line.total()));
    }

    private static CostSummary.Total total(UsageTotal total) {
        return new CostSummary.Total(total.costUsd(), total.events().longValueExact(),
                total.attempts().longValueExact(), total.unpriced().longValueExact(), total.meters());
    }
}
