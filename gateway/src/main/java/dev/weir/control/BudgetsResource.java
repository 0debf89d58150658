package dev.weir.control;

import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.port.Random;
import dev.weir.postgres.BudgetRow;
import dev.weir.tenant.Budget;
import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What tenants may spend: `/api/budgets`.
///
/// What is spent and reserved is what the node that answers has counted: all of the period up to its start, and its own since.
public final class BudgetsResource implements Resource {
    private static final int SECRET_BYTES = 24;
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

    private final TenantAdmin tenants;
    private final BudgetAdmin budgets;
    private final boolean allowPrivate;
    private final Random random;
    private final Runnable changed;

    /// @param allowPrivate whether a webhook may be on this machine or a private network
    /// @param changed brings a change into force on this node; may wait
    public BudgetsResource(TenantAdmin tenants, BudgetAdmin budgets, boolean allowPrivate, Random random,
            Runnable changed) {
        this.tenants = tenants;
        this.budgets = budgets;
        this.allowPrivate = allowPrivate;
        this.random = random;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("createBudget", this::create, "listBudgets", this::list, "getBudget", this::show, "putBudget",
                this::put, "deleteBudget", this::delete, "testBudget", this::test);
    }

    private Reply create(Request request) {
        var tenant = new TenantId(request.body().getString("tenant"));
        return switch (BudgetReader.read(tenant, request.body().getString("id"), request.body(), allowPrivate)) {
            case BudgetReader.Reading.Invalid(Problem problem) -> Reply.failed(problem);
            case BudgetReader.Reading.Valid(Budget wished, String url, boolean _) -> create(wished, url);
        };
    }

    private Reply create(Budget wished, @Nullable String url) {
        if (tenants.tenant(wished.tenant()).isEmpty()) {
            return Reply.failed(Problem.noTenant(wished.tenant()));
        }
        var secret = url == null ? null : newSecret();
        var created = budgets.create(wished, webhook(url, secret));
        if (created.isPresent()) {
            changed.run();
            return Reply.created(json(created.get(), secret));
        }
        return budgets.budget(wished.tenant(), wished.id())
                .filter(there -> there.budget().equals(wished) && java.util.Objects.equals(there.webhookUrl(), url))
                .map(same -> Reply.ok(json(same, null)))
                .orElseGet(() -> Reply.failed(Problem.of(409, "budget_exists", "The budget exists otherwise",
                        "The tenant has a budget '" + wished.id()
                                + "' with another content. Choose another id, or change it"
                                + " with PUT /api/budgets/" + wished.id() + "?tenant=" + wished.tenant() + ".")));
    }

    private Reply put(Request request) {
        var tenant = new TenantId(request.required("tenant"));
        var id = request.required("id");
        return switch (BudgetReader.read(tenant, id, request.body(), allowPrivate)) {
            case BudgetReader.Reading.Invalid(Problem problem) -> Reply.failed(problem);
            case BudgetReader.Reading.Valid(Budget wished, String url, boolean rotate) -> put(wished, url, rotate);
        };
    }

    private Reply put(Budget wished, @Nullable String url, boolean rotate) {
        var there = budgets.budget(wished.tenant(), wished.id());
        if (there.isEmpty()) {
            return Reply.failed(noBudget(wished.id()));
        }
        boolean signs = url != null && (rotate || there.get().webhookUrl() == null);
        var secret = signs ? newSecret() : null;
        return budgets.change(wished, webhook(url, secret)).map(row -> {
            changed.run();
            return Reply.ok(json(row, secret));
        }).orElseGet(() -> Reply.failed(noBudget(wished.id())));
    }

    private static BudgetAdmin.Webhook webhook(@Nullable String url, @Nullable String secret) {
        if (url == null) {
            return new BudgetAdmin.Webhook.None();
        }
        return secret == null ? new BudgetAdmin.Webhook.Kept(url) : new BudgetAdmin.Webhook.Signed(url, secret);
    }

    private Reply list(Request request) {
        var cursor = request.optional("cursor");
        BudgetAdmin.Place after = null;
        if (cursor != null) {
            var parts = Page.decode(cursor, 2);
            if (parts.isEmpty() || !TenantId.isValid(parts.get().getFirst()) || parts.get().get(1).length() > 64
                    || parts.get().get(1).indexOf('\0') >= 0) {
                return Reply.failed(Page.badCursor());
            }
            after = new BudgetAdmin.Place(new TenantId(parts.get().getFirst()), parts.get().get(1));
        }
        var named = request.optional("tenant");
        var tenant = named == null ? null : new TenantId(named);
        if (tenant != null && tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        var found = budgets.budgets(tenant, after, request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), row -> json(row, null),
                row -> List.of(row.budget().tenant().value(), row.budget().id())));
    }

    private Reply show(Request request) {
        return named(request).map(row -> Reply.ok(json(row, null)))
                .orElseGet(() -> Reply.failed(noBudget(request.required("id"))));
    }

    private Reply delete(Request request) {
        if (!budgets.delete(new TenantId(request.required("tenant")), request.required("id"))) {
            return Reply.failed(noBudget(request.required("id")));
        }
        changed.run();
        return new Reply.Nothing();
    }

    private Reply test(Request request) {
        var row = named(request);
        if (row.isEmpty()) {
            return Reply.failed(noBudget(request.required("id")));
        }
        return budgets.test(row.get().budget())
                .map(alert -> Reply.ok(AlertsResource.json(alert)))
                .orElseGet(() -> Reply.failed(Problem.of(409, "no_webhook", "There is nowhere to send it",
                        "The budget '" + row.get().budget().id()
                                + "' has no webhook. Give it one with PUT /api/budgets.")));
    }

    private Optional<BudgetRow> named(Request request) {
        return budgets.budget(new TenantId(request.required("tenant")), request.required("id"));
    }

    private static Problem noBudget(String id) {
        return Problem.of(404, "not_found", "Not found", "The tenant has no budget '" + id + "'.");
    }

    private String newSecret() {
        var bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    /// @param secret shown this once, null where none was made
    private JsonObject json(BudgetRow row, @Nullable String secret) {
        Budget budget = row.budget();
        var json = new JsonObject().put("id", budget.id())
                .put("tenant", budget.tenant().value())
                .put("entity", new JsonObject().put("kind", budget.entity().kind().id())
                        .put("value", budget.entity().value()))
                .put("period", budget.period().id())
                .put("zone", budget.zone().getId())
                .put("limit", budget.amount().toString())
                .put("currency", "USD")
                .put("alerts", alerts(budget))
                .put("webhook", webhook(row, secret))
                .put("created_at", Times.text(row.createdAt()));
        return standing(json, budget, budgets.standing(budget));
    }

    private static JsonArray alerts(Budget budget) {
        var alerts = new JsonArray();
        for (Budget.Threshold threshold : budget.thresholds()) {
            var actions = new JsonArray();
            threshold.actions().forEach(action -> actions.add(action.id()));
            alerts.add(new JsonObject().put("percent", threshold.percent()).put("actions", actions));
        }
        return alerts;
    }

    private static @Nullable JsonObject webhook(BudgetRow row, @Nullable String secret) {
        if (row.webhookUrl() == null) {
            return null;
        }
        var webhook = new JsonObject().put("url", row.webhookUrl());
        return secret == null ? webhook : webhook.put("secret", secret);
    }

    private static JsonObject standing(JsonObject json, Budget budget, Optional<Standing> found) {
        long settled = found.map(Standing::settled).orElse(0L);
        long reserved = found.map(Standing::reserved).orElse(0L);
        return json.put("value", found.map(Standing::value).orElse(null))
                .put("spent", Money.ofPicos(settled).toString())
                .put("reserved", Money.ofPicos(reserved).toString())
                .put("remaining", Money.ofPicos(found.map(Standing::remaining).orElse(budget.amount().picos()))
                        .toString())
                .put("percent", percent(settled, budget.amount().picos()))
                .put("reset", found.map(standing -> Times.text(standing.span().end())).orElse(null));
    }

    /// Rounded down, so that 100 is never shown before it is reached; null of a budget of nothing.
    private static @Nullable BigDecimal percent(long settled, long amount) {
        return amount == 0
                ? null
                : BigDecimal.valueOf(settled)
                        .multiply(HUNDRED)
                        .divide(BigDecimal.valueOf(amount), 2, RoundingMode.DOWN);
    }
}
