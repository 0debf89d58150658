package dev.weir.control;

import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.postgres.TenantLimit;
import dev.weir.postgres.TenantLimit.Source;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/// How many calls a tenant may make in a calendar month of UTC: `/quota`, the metering service's own face. The quota is a
/// blocking limit like others, in force by reservation before each call.
public final class QuotaResource implements Resource {
    /// The id of the limit.
    static final String ID = "monthly-total";

    private final TenantAdmin tenants;
    private final RuleAdmin rules;
    private final EventQueries events;
    private final BiFunction<TenantId, Limit, Standing> standings;
    private final Clock clock;
    private final Runnable changed;

    /// @param standings where a limit of a tenant stands on this node
    /// @param changed brings the change into force on this node; may wait
    public QuotaResource(TenantAdmin tenants, RuleAdmin rules, EventQueries events,
            BiFunction<TenantId, Limit, Standing> standings, Clock clock, Runnable changed) {
        this.tenants = tenants;
        this.rules = rules;
        this.events = events;
        this.standings = standings;
        this.clock = clock;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("getQuota", this::show, "setQuota", this::set);
    }

    private Reply show(Request request) {
        var tenant = new TenantId(request.required("tenant"));
        return tenants.tenant(tenant).isEmpty()
                ? Reply.failed(Problem.noTenant(tenant))
                : Reply.ok(json(tenant, rules.limit(tenant, ID).map(TenantLimit::limit)));
    }

    private Reply set(Request request) {
        var tenant = new TenantId(request.body().getString("tenant_id"));
        Long amount = request.body().getLong("monthly_total_limit");
        if (tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        if (amount == null) {
            rules.delete(tenant, ID, Source.QUOTA);
            changed.run();
            return Reply.ok(json(tenant, Optional.empty()));
        }
        Limit quota = Limit.block(ID, Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MONTH, amount);
        rules.put(new TenantLimit(tenant, quota, Source.QUOTA));
        changed.run();
        return Reply.ok(json(tenant, Optional.of(quota)));
    }

    private JsonObject json(TenantId tenant, Optional<Limit> quota) {
        var json = new JsonObject().put("tenant_id", tenant.value());
        if (quota.isPresent()) {
            Standing standing = standings.apply(tenant, quota.get());
            return json.put("limit", quota.get().amount())
                    .put("used", standing.settled())
                    .put("reserved", standing.reserved())
                    .put("remaining", standing.remaining())
                    .put("reset", Times.text(standing.span().end()));
        }
        Instant now = clock.now();
        return json.putNull("limit")
                .put("used", callsOf(tenant, now))
                .put("reserved", 0)
                .putNull("remaining")
                .put("reset", Times.text(Window.MONTH.span(now, ZoneOffset.UTC).end()));
    }

    /// Without a quota nothing counts calls but the events.
    private BigInteger callsOf(TenantId tenant, Instant now) {
        var total = events.costs(tenant, Period.monthOf(now), null).total();
        return total.meters().getOrDefault(Meter.CALLS, BigInteger.ZERO);
    }

}
