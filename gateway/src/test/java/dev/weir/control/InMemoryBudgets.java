package dev.weir.control;

import dev.weir.ledger.Standing;
import dev.weir.postgres.AlertRow;
import dev.weir.postgres.AlertRow.Delivery;
import dev.weir.postgres.AlertRow.Mark;
import dev.weir.postgres.AlertRow.State;
import dev.weir.postgres.Alerts;
import dev.weir.postgres.BudgetRow;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Budgets and alerts in maps. Its webhooks are always there and take everything. Any thread.
final class InMemoryBudgets implements BudgetAdmin {
    private final TenantAdmin tenants;
    private final TreeMap<String, BudgetRow> budgets = new TreeMap<>();
    private final Map<String, Webhook> webhooks = new HashMap<>();
    final Map<String, Long> spentPicos = new HashMap<>();
    final List<AlertRow> alerts = new ArrayList<>();

    InMemoryBudgets(TenantAdmin tenants) {
        this.tenants = tenants;
    }

    @Override
    public synchronized Optional<BudgetRow> create(Budget budget, Webhook webhook) {
        if (budgets.containsKey(key(budget.tenant(), budget.id())) || tenants.tenant(budget.tenant()).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(put(budget, webhook));
    }

    @Override
    public synchronized Optional<BudgetRow> change(Budget budget, Webhook webhook) {
        return budget(budget.tenant(), budget.id()).map(there -> put(budget, webhook));
    }

    private BudgetRow put(Budget budget, Webhook webhook) {
        String url = switch (webhook) {
            case Webhook.None() -> null;
            case Webhook.Kept(String kept) -> kept;
            case Webhook.Signed(String signed, String _) -> signed;
        };
        var row = new BudgetRow(budget, url, RunningControlPlane.NOW, RunningControlPlane.NOW);
        budgets.put(key(budget.tenant(), budget.id()), row);
        if (!(webhook instanceof Webhook.Kept)) {
            webhooks.put(key(budget.tenant(), budget.id()), webhook);
        }
        return row;
    }

    synchronized Webhook webhook(String tenant, String id) {
        return Optional.ofNullable(webhooks.get(key(new TenantId(tenant), id))).orElseThrow();
    }

    @Override
    public synchronized boolean delete(TenantId tenant, String id) {
        return budgets.remove(key(tenant, id)) != null;
    }

    @Override
    public synchronized Optional<BudgetRow> budget(TenantId tenant, String id) {
        return Optional.ofNullable(budgets.get(key(tenant, id)));
    }

    @Override
    public synchronized List<BudgetRow> budgets(@Nullable TenantId tenant, @Nullable Place after, int limit) {
        var rest = after == null ? budgets : budgets.tailMap(key(after.tenant(), after.id()), false);
        return rest.values()
                .stream()
                .filter(row -> tenant == null || row.budget().tenant().equals(tenant))
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized Optional<Standing> standing(Budget budget) {
        Limit limit = budget.toLimit();
        return Optional.ofNullable(spentPicos.get(budget.id()))
                .map(spent -> new Standing(limit, budget.tenant().value(), spent, 0,
                        limit.window().span(RunningControlPlane.NOW, limit.zone())));
    }

    @Override
    public synchronized Optional<AlertRow> test(Budget budget) {
        return budget(budget.tenant(), budget.id()).filter(row -> row.webhookUrl() != null)
                .map(row -> alert("alert_test", budget, 0, true, State.DELIVERED));
    }

    static AlertRow alert(String id, Budget budget, int percent, boolean test, State state) {
        var span = budget.period().window().span(RunningControlPlane.NOW, budget.zone());
        var mark = new Mark("cost", budget.period().window().id(), span.start(), span.end(), percent,
                budget.amount().toUsd(), BigDecimal.ONE, BigDecimal.ZERO);
        return new AlertRow(id, budget.tenant(), budget.limitId(), budget.entity(), mark, List.of("notify"), test,
                "node-a", RunningControlPlane.NOW, new Delivery(state, 1, null, RunningControlPlane.NOW, 204, null,
                        state == State.DELIVERED ? RunningControlPlane.NOW : null));
    }

    @Override
    public synchronized List<AlertRow> alerts(@Nullable TenantId tenant, @Nullable State state,
            Alerts.@Nullable Position after, int limit) {
        var order = Comparator.comparing(AlertRow::firedAt).thenComparing(AlertRow::id).reversed();
        return alerts.stream()
                .filter(alert -> tenant == null || alert.tenant().equals(tenant))
                .filter(alert -> state == null || alert.delivery().state() == state)
                .sorted(order)
                .filter(alert -> after == null || alert.firedAt().isBefore(after.firedAt())
                        || alert.firedAt().equals(after.firedAt()) && alert.id().compareTo(after.id()) < 0)
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized Optional<AlertRow> alert(String id) {
        return alerts.stream().filter(alert -> alert.id().equals(id)).findFirst();
    }

    @Override
    public synchronized Optional<AlertRow> redeliver(AlertRow alert) {
        return Optional.of(alert)
                .filter(it -> it.delivery().state() == State.DEAD || it.delivery().state() == State.DELIVERED)
                .map(it -> new AlertRow(it.id(), it.tenant(), it.limitId(), it.entity(), it.mark(), it.actions(),
                        it.test(), it.node(), it.firedAt(),
                        new Delivery(State.PENDING, 0, RunningControlPlane.NOW, null, null, null, null)));
    }

    private static String key(TenantId tenant, String id) {
        return tenant.value() + " " + id;
    }
}
