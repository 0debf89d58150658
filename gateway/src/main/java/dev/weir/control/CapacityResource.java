package dev.weir.control;

import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.postgres.Capacities;
import dev.weir.postgres.Capacities.Use;
import dev.weir.postgres.Capacity;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// What tenants have bought, and how much of it they use: `/api/capacity`.
///
/// Runs a minute, concurrency and writes a day are blocking limits, and their use is where those stand on this node; tiers are
/// names that retention and indexing go by.
public final class CapacityResource implements Resource {
    private final TenantAdmin tenants;
    private final RuleAdmin rules;
    private final BiFunction<TenantId, Limit, Standing> standings;
    private final Clock clock;
    private final Runnable changed;

    /// @param standings where a limit of a tenant stands on this node
    /// @param changed brings the change into force on this node; may wait
    public CapacityResource(TenantAdmin tenants, RuleAdmin rules, BiFunction<TenantId, Limit, Standing> standings,
            Clock clock, Runnable changed) {
        this.tenants = tenants;
        this.rules = rules;
        this.standings = standings;
        this.clock = clock;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("putCapacity", this::put, "getCapacity", this::show, "listCapacity", this::list);
    }

    private Reply put(Request request) {
        JsonObject body = request.body();
        var tenant = new TenantId(request.required("tenant"));
        var bought = new Capacity(tenant, body.getLong("runs_per_minute"), body.getLong("concurrency"),
                body.getLong("writes_per_day"), body.getString("retention_tier"), body.getString("indexing_tier"));
        if (!rules.put(bought)) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        changed.run();
        return Reply.ok(json(List.of(bought)).getFirst());
    }

    private Reply show(Request request) {
        var tenant = new TenantId(request.required("tenant"));
        if (tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        var bought = rules.capacity(tenant).orElseGet(() -> new Capacity(tenant, null, null, null, null, null));
        return Reply.ok(json(List.of(bought)).getFirst());
    }

    private Reply list(Request request) {
        var cursor = request.optional("cursor");
        var after = cursor == null ? Optional.of("") : Page.decodeId(cursor);
        if (after.isEmpty()) {
            return Reply.failed(Page.badCursor());
        }
        var found = rules.capacities(after.get(), request.limit() + 1);
        var shown = json(found);
        return Reply.ok(Page.of(shown, request.limit(), each -> each, each -> List.of(each.getString("tenant"))));
    }

    private List<JsonObject> json(List<Capacity> all) {
        Instant now = clock.now();
        var use = rules.use(all.stream().map(Capacity::tenant).toList(), now);
        return all.stream().map(each -> json(each, use.getOrDefault(each.tenant(), Use.NONE), now)).toList();
    }

    private JsonObject json(Capacity bought, Use use, Instant now) {
        return new JsonObject().put("tenant", bought.tenant().value())
                .put("as_of", Times.text(now))
                .put("runs_per_minute", unit(bought.runsPerMinute(), runs(bought, use)))
                .put("concurrency", unit(bought.concurrency(), inFlight(bought)))
                .put("writes_per_day", unit(bought.writesPerDay(), writes(bought, use))
                        .put("attempted", use.writesAttempted())
                        .put("allowed", use.writesAllowed())
                        .put("failed", use.writesFailed())
                        .put("denied", use.writesDenied()))
                .put("retention_tier", bought.retentionTier())
                .put("indexing_tier", bought.indexingTier());
    }

    private static JsonObject unit(@Nullable Long purchased, @Nullable Long used) {
        return new JsonObject().put("purchased", purchased).put("used", used);
    }

    /// With those of which calls run; from events alone where nothing was bought.
    private long runs(Capacity bought, Use use) {
        Long most = bought.runsPerMinute();
        return most == null
                ? use.runsBegun()
                : used(bought.tenant(), Limit.block(Capacities.RUNS_ID, Entity.THE_TENANT, Measure.RUNS, Window.MINUTE,
                        most));
    }

    /// Null where nothing was bought: nothing counts it then.
    private @Nullable Long inFlight(Capacity bought) {
        Long most = bought.concurrency();
        return most == null
                ? null
                : Long.valueOf(standings.apply(bought.tenant(), Limit.block(Capacities.CONCURRENCY_ID,
                        Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, most)).reserved());
    }

    /// With those that are being sent; from events alone where nothing was bought.
    private long writes(Capacity bought, Use use) {
        Long most = bought.writesPerDay();
        return most == null
                ? use.writesAllowed() + use.writesFailed()
                : used(bought.tenant(), Limit.block(Capacities.WRITES_ID, Entity.THE_TENANT, Measure.of(Meter.WRITES),
                        Window.DAY, most));
    }

    private long used(TenantId tenant, Limit limit) {
        Standing standing = standings.apply(tenant, limit);
        return standing.settled() + standing.reserved();
    }
}
