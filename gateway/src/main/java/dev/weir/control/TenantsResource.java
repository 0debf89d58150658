package dev.weir.control;

import dev.weir.control.TenantAdmin.Creation;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who pays: `/api/tenants`.
public final class TenantsResource implements Resource {
    private final TenantAdmin tenants;
    private final RuleAdmin rules;
    private final Runnable changed;

    /// @param changed brings the change into force on this node; may wait
    public TenantsResource(TenantAdmin tenants, RuleAdmin rules, Runnable changed) {
        this.tenants = tenants;
        this.rules = rules;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("createTenant", this::create, "listTenants", this::list, "getTenant", this::show,
                "changeTenant", this::change);
    }

    private Reply create(Request request) {
        var body = request.body();
        var wished = new Tenant(new TenantId(body.getString("id")), body.getString("plan"), body.getString("region"),
                List.of());
        return switch (tenants.create(wished)) {
            case Creation.Created created -> {
                changed.run();
                yield Reply.created(json(wished));
            }
            case Creation.Same same -> Reply.ok(json(wished));
            case Creation.Different different -> Reply.failed(taken(different.existing()));
            case Creation.NoPlan none -> Reply.failed(noPlan());
        };
    }

    private Reply list(Request request) {
        var cursor = request.optional("cursor");
        TenantId after = null;
        if (cursor != null) {
            var parts = Page.decode(cursor, 1);
            if (parts.isEmpty() || !TenantId.isValid(parts.get().getFirst())) {
                return Reply.failed(Page.badCursor());
            }
            after = new TenantId(parts.get().getFirst());
        }
        var found = tenants.tenants(after, request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), TenantsResource::json, each -> List.of(each.id().value())));
    }

    private Reply show(Request request) {
        var id = new TenantId(request.required("id"));
        return tenants.tenant(id)
                .map(tenant -> Reply.ok(json(tenant)))
                .orElseGet(() -> Reply.failed(Problem.noTenant(id)));
    }

    private Reply change(Request request) {
        var id = new TenantId(request.required("id"));
        if (tenants.tenant(id).isEmpty()) {
            return Reply.failed(Problem.noTenant(id));
        }
        var after = tenants.changePlan(id, request.body().getString("plan"));
        if (after.isEmpty()) {
            return Reply.failed(noPlan());
        }
        changed.run();
        return Reply.ok(json(after.get()));
    }

    private Problem noPlan() {
        return Problem.invalid("/plan", "is no plan", PlansResource.possible(rules));
    }

    private static JsonObject json(Tenant tenant) {
        return new JsonObject().put("id", tenant.id().value())
                .put("plan", tenant.plan())
                .put("region", tenant.region());
    }

    private static Problem taken(Tenant existing) {
        return Problem.of(409, "tenant_exists", "The tenant exists otherwise",
                "There is a tenant '" + existing.id() + "' on plan " + existing.plan() + " in "
                        + regionText(existing.region())
                        + ", which is not what was asked for. Choose another id, or ask for exactly that.");
    }

    private static String regionText(@Nullable String region) {
        return region == null ? "no region of its own" : "region " + region;
    }
}
