package dev.weir.control;

import dev.weir.postgres.Capacities;
import dev.weir.postgres.TenantLimit;
import dev.weir.postgres.TenantLimit.Source;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How much each tenant may use beside its plan: `/api/limits`. The limits of quotas and of purchased capacity are shown here and
/// changed where they were set.
public final class LimitsResource implements Resource {
    private static final Set<String> RESERVED = Set.of(QuotaResource.ID, Capacities.RUNS_ID,
            Capacities.CONCURRENCY_ID, Capacities.WRITES_ID);

    private final TenantAdmin tenants;
    private final RuleAdmin rules;
    private final Runnable changed;

    /// @param changed brings the change into force on this node; may wait
    public LimitsResource(TenantAdmin tenants, RuleAdmin rules, Runnable changed) {
        this.tenants = tenants;
        this.rules = rules;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("createLimit", this::create, "listLimits", this::list, "getLimit", this::show, "changeLimit",
                this::change, "deleteLimit", this::delete);
    }

    private Reply create(Request request) {
        var tenant = new TenantId(request.body().getString("tenant"));
        Limit wished;
        try {
            wished = LimitJson.read(request.body());
        } catch (IllegalArgumentException wrong) {
            return Reply.failed(wrong(wrong));
        }
        Problem against = objection(tenant, wished);
        if (against != null) {
            return Reply.failed(against);
        }
        var limit = new TenantLimit(tenant, wished, Source.LIMITS);
        if (rules.create(limit)) {
            changed.run();
            return Reply.created(json(limit));
        }
        if (tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        return rules.limit(tenant, wished.id()).filter(limit::equals).isPresent()
                ? Reply.ok(json(limit))
                : Reply.failed(Problem.of(409, "limit_exists", "The limit exists otherwise",
                        "Tenant '" + tenant + "' has a limit '" + wished.id()
                                + "' with another scope, amount, action or"
                                + " alerts. Change its amount, action or alerts with PATCH; for another scope choose another"
                                + " id, or delete it first."));
    }

    private static @Nullable Problem objection(TenantId tenant, Limit limit) {
        if (RESERVED.contains(limit.id())) {
            return Problem.invalid("/id", "is kept for the limit that "
                    + (limit.id().equals(QuotaResource.ID) ? "POST /quota" : "PUT /api/capacity")
                    + " makes", "Choose another id, or use that operation.");
        }
        if (limit.id().startsWith(Budget.LIMIT_PREFIX)) {
            return Problem.invalid("/id", "is kept for the limits that budgets are in force as",
                    "Choose another id, or use POST /api/budgets.");
        }
        boolean stranger = limit.entity().kind() == Entity.Kind.TENANT && !limit.entity().covers(tenant.value());
        return stranger
                ? Problem.invalid("/entity/value", "is another tenant, whose calls this limit would never see",
                        "* or the tenant's own id.")
                : null;
    }

    private Reply list(Request request) {
        var tenant = new TenantId(request.required("tenant"));
        var cursor = request.optional("cursor");
        var after = cursor == null ? Optional.of("") : Page.decodeId(cursor);
        if (after.isEmpty()) {
            return Reply.failed(Page.badCursor());
        }
        if (tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        var found = rules.limits(tenant, after.get(), request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), LimitsResource::json, each -> List.of(each.limit().id())));
    }

    private Reply show(Request request) {
        return rules.limit(tenant(request), request.required("id"))
                .map(limit -> Reply.ok(json(limit)))
                .orElseGet(() -> Reply.failed(noLimit(request)));
    }

    private Reply change(Request request) {
        var found = rules.limit(tenant(request), request.required("id"));
        if (found.isEmpty()) {
            return Reply.failed(noLimit(request));
        }
        TenantLimit limit = found.get();
        if (limit.source() != Source.LIMITS) {
            return Reply.failed(setElsewhere(limit.source()));
        }
        Limit wished;
        try {
            wished = LimitJson.changed(limit.limit(), request.body());
        } catch (IllegalArgumentException wrong) {
            return Reply.failed(wrong(wrong));
        }
        var after = rules.change(new TenantLimit(limit.tenant(), wished, Source.LIMITS));
        changed.run();
        return after.map(now -> Reply.ok(json(now))).orElseGet(() -> Reply.failed(noLimit(request)));
    }

    private Reply delete(Request request) {
        var found = rules.limit(tenant(request), request.required("id"));
        if (found.isPresent() && found.get().source() != Source.LIMITS) {
            return Reply.failed(setElsewhere(found.get().source()));
        }
        if (!rules.delete(tenant(request), request.required("id"), Source.LIMITS)) {
            return Reply.failed(noLimit(request));
        }
        changed.run();
        return new Reply.Nothing();
    }

    private static TenantId tenant(Request request) {
        return new TenantId(request.required("tenant"));
    }

    static JsonObject json(TenantLimit limit) {
        return LimitJson.write(limit.limit())
                .put("tenant", limit.tenant().value())
                .put("source", limit.source().id());
    }

    static Problem wrong(IllegalArgumentException wrong) {
        return Problem.invalid("/", String.valueOf(wrong.getMessage()), "");
    }

    private static Problem noLimit(Request request) {
        return Problem.of(404, "not_found", "Not found", "Tenant '" + request.required("tenant")
                + "' has no limit of its own with this id. Those of its plan are in GET /api/plans.");
    }

    private static Problem setElsewhere(Source source) {
        return Problem.of(409, "limit_set_elsewhere", "The limit is set elsewhere", source == Source.QUOTA
                ? "This limit is the tenant's quota. Change or remove it with POST /quota."
                : "This limit is purchased capacity. Change or remove it with PUT /api/capacity.");
    }
}
