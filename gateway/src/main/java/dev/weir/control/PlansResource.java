package dev.weir.control;

import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Bundles of limits that tenants are on: `/api/plans`.
public final class PlansResource implements Resource {
    private static final int NAMED_MAX = 50;

    private final RuleAdmin rules;
    private final Runnable changed;

    /// @param changed brings the change into force on this node; may wait
    public PlansResource(RuleAdmin rules, Runnable changed) {
        this.rules = rules;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("createPlan", this::create, "listPlans", this::list, "getPlan", this::show, "changePlan",
                this::change);
    }

    private Reply create(Request request) {
        Plan wished;
        try {
            wished = read(request.body().getString("id"), request.body(), null);
        } catch (IllegalArgumentException wrong) {
            return Reply.failed(LimitsResource.wrong(wrong));
        }
        Problem against = objection(wished);
        if (against != null) {
            return Reply.failed(against);
        }
        if (rules.create(wished)) {
            changed.run();
            return Reply.created(json(wished));
        }
        return rules.plan(wished.id()).filter(wished::equals).isPresent()
                ? Reply.ok(json(wished))
                : Reply.failed(Problem.of(409, "plan_exists", "The plan exists otherwise", "There is a plan '"
                        + wished.id() + "' with other content. Change it with PATCH, or choose another id."));
    }

    private Reply list(Request request) {
        var cursor = request.optional("cursor");
        var after = cursor == null ? Optional.of("") : Page.decodeId(cursor);
        return after.isEmpty()
                ? Reply.failed(Page.badCursor())
                : Reply.ok(Page.of(rules.plans(after.get(), request.limit() + 1), request.limit(),
                        PlansResource::json, plan -> List.of(plan.id())));
    }

    private Reply show(Request request) {
        return rules.plan(request.required("id"))
                .map(plan -> Reply.ok(json(plan)))
                .orElseGet(() -> Reply.failed(noPlan(rules)));
    }

    private Reply change(Request request) {
        var found = rules.plan(request.required("id"));
        if (found.isEmpty()) {
            return Reply.failed(noPlan(rules));
        }
        Plan wished;
        try {
            wished = read(found.get().id(), request.body(), found.get());
        } catch (IllegalArgumentException wrong) {
            return Reply.failed(LimitsResource.wrong(wrong));
        }
        Problem against = objection(wished);
        if (against != null) {
            return Reply.failed(against);
        }
        rules.change(wished);
        changed.run();
        return Reply.ok(json(wished));
    }

    /// @param was what holds for fields that are not given, null for a new plan
    private static Plan read(String id, JsonObject json, @Nullable Plan was) {
        List<Limit> limits = new ArrayList<>(was == null ? List.of() : was.limits());
        if (json.containsKey("limits")) {
            limits.clear();
            json.getJsonArray("limits").forEach(each -> limits.add(LimitJson.read((JsonObject) each)));
        }
        Set<Meter> forbids = EnumSet.noneOf(Meter.class);
        if (json.containsKey("forbids")) {
            json.getJsonArray("forbids").forEach(meter -> Meter.byId((String) meter).ifPresent(forbids::add));
        } else if (was != null) {
            forbids.addAll(was.forbids());
        }
        String atLimit = json.getString("at_limit", was == null || was.convertsTo() == null ? "block" : "convert");
        String to = json.getString("converts_to");
        boolean converts = atLimit.equals("convert");
        if (converts && to == null && was != null) {
            to = was.convertsTo();
        }
        if (converts && to == null) {
            throw new IllegalArgumentException("at_limit convert needs converts_to, the plan to convert to");
        }
        if (!converts && to != null) {
            throw new IllegalArgumentException("converts_to means something with at_limit convert only");
        }
        return new Plan(id, limits, forbids, to);
    }

    private @Nullable Problem objection(Plan plan) {
        for (Limit limit : plan.limits()) {
            if (limit.entity().kind() == Entity.Kind.TENANT && !limit.entity().isEach()) {
                return Problem.invalid("/limits", "a plan's limit on a tenant is for every tenant that is on it",
                        "Entity value *.");
            }
        }
        var seen = new HashSet<>(Set.of(plan.id()));
        for (String next = plan.convertsTo(); next != null;) {
            var target = rules.plan(next);
            if (target.isEmpty()) {
                return Problem.invalid("/converts_to", "is no plan", possible(rules));
            }
            if (!seen.add(next)) {
                return Problem.invalid("/converts_to",
                        "leads back to the plan it comes from, so tenants would be moved in a circle",
                        "A plan that does not convert back to this one.");
            }
            next = target.get().convertsTo();
        }
        return null;
    }

    static JsonObject json(Plan plan) {
        var limits = new JsonArray();
        plan.limits().forEach(limit -> limits.add(LimitJson.write(limit)));
        return new JsonObject().put("id", plan.id())
                .put("limits", limits)
                .put("forbids", new JsonArray(plan.forbids().stream().sorted().map(Meter::id).toList()))
                .put("at_limit", plan.convertsTo() == null ? "block" : "convert")
                .put("converts_to", plan.convertsTo());
    }

    /// The plans one may name, for a message.
    static String possible(RuleAdmin rules) {
        return "One of " + rules.plans("", NAMED_MAX).stream().map(Plan::id).collect(Collectors.joining(", "))
                + "; GET /api/plans lists them.";
    }

    private static Problem noPlan(RuleAdmin rules) {
        return Problem.of(404, "not_found", "Not found", "There is no plan with this id. " + possible(rules));
    }
}
