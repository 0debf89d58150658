package dev.weir.control;

import dev.weir.port.Clock;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What calls cost: `/api/costs`.
public final class CostsResource implements Resource {
    private final TenantAdmin tenants;
    private final EventQueries events;
    private final Clock clock;

    public CostsResource(TenantAdmin tenants, EventQueries events, Clock clock) {
        this.tenants = tenants;
        this.events = events;
        this.clock = clock;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("getCostSummary", this::summary);
    }

    private Reply summary(Request request) {
        var tenant = new TenantId(request.required("tenant"));
        var text = request.optional("period");
        var period = text == null ? Period.monthOf(clock.now()) : Period.parse(text).orElse(null);
        if (period == null) {
            return Reply.failed(Problem.invalid("period", "is no month or day of the calendar",
                    "A month such as 2026-03 or a day such as 2026-03-14."));
        }
        if (tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        var groupBy = request.optional("groupBy");
        var by = groupBy == null ? null : Dimension.byId(groupBy).orElseThrow();
        return Reply.ok(json(tenant, period, by, events.costs(tenant, period, by)));
    }

    private static JsonObject json(TenantId tenant, Period period, @Nullable Dimension by, CostSummary summary) {
        var json = new JsonObject().put("tenant", tenant.value())
                .put("period", period.text())
                .put("from", Times.text(period.from()))
                .put("to", Times.text(period.to()))
                .put("currency", "USD")
                .put("total", total(summary.total(), new JsonObject()));
        if (by == null) {
            return json;
        }
        var groups = new JsonArray();
        for (var group : summary.groups()) {
            groups.add(total(group.total(), new JsonObject().put("value", group.value())));
        }
        return json.put("groupBy", by.id()).put("groups", groups);
    }

    private static JsonObject total(CostSummary.Total total, JsonObject json) {
        var meters = new JsonObject();
        for (Meter meter : Meter.values()) {
            var amount = meter == Meter.TOKENS ? tokens(total) : total.meters().get(meter);
            if (amount != null) {
                meters.put(meter.id(), amount);
            }
        }
        return json.put("cost", decimal(total.cost()))
                .put("events", total.events())
                .put("attempts", total.attempts())
                .put("refusals", total.events() - total.attempts())
                .put("unpriced", total.unpriced())
                .put("meters", meters);
    }

    private static @Nullable BigInteger tokens(CostSummary.Total total) {
        var in = total.meters().get(Meter.TOKENS_IN);
        var out = total.meters().get(Meter.TOKENS_OUT);
        if (in == null && out == null) {
            return null;
        }
        return (in == null ? BigInteger.ZERO : in).add(out == null ? BigInteger.ZERO : out);
    }

    private static String decimal(BigDecimal usd) {
        return usd.signum() == 0 ? "0" : usd.stripTrailingZeros().toPlainString();
    }
}
