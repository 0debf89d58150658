package dev.weir.control;

import dev.weir.ledger.Ledger;
import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.port.Random;
import dev.weir.postgres.AlertRow;
import dev.weir.postgres.Alerts;
import dev.weir.postgres.BudgetRow;
import dev.weir.postgres.Budgets;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Reached;
import dev.weir.postgres.Scope;
import dev.weir.postgres.SecretBox;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Budgets and alerts in PostgreSQL; where they stand says this node's ledger. Calls wait for the database.
public final class StoredBudgets implements BudgetAdmin {
    private static final int NONCE_BYTES = 12;
    private static final int ID_BYTES = 16;

    private final Postgres postgres;
    private final Ledger ledger;
    private final SecretBox box;
    private final Courier courier;
    private final Duration courierMax;
    private final String node;
    private final Clock clock;
    private final Random random;

    /// Who sends alerts.
    @FunctionalInterface
    public interface Courier {
        /// Sends one that is due, once, and waits for what comes of it.
        ///
        /// @return empty where somebody else is sending it
        Optional<AlertRow> deliver(Alerts.Due due) throws InterruptedException;
    }

    /// @param courierMax how long the courier may take before others try
    public StoredBudgets(Postgres postgres, Ledger ledger, SecretBox box, Courier courier, Duration courierMax,
            String node, Clock clock, Random random) {
        this.postgres = postgres;
        this.ledger = ledger;
        this.box = box;
        this.courier = courier;
        this.courierMax = courierMax;
        this.node = node;
        this.clock = clock;
        this.random = random;
    }

    @Override
    public Optional<BudgetRow> create(Budget budget, Webhook webhook) {
        return postgres.budgets().create(budget, url(webhook), sealed(budget, webhook), clock.now());
    }

    @Override
    public Optional<BudgetRow> change(Budget budget, Webhook webhook) {
        return postgres.budgets().change(budget, url(webhook), sealed(budget, webhook), clock.now(), passed(budget));
    }

    private static @Nullable String url(Webhook webhook) {
        return switch (webhook) {
            case Webhook.None() -> null;
            case Webhook.Kept(String url) -> url;
            case Webhook.Signed(String url, String _) -> url;
        };
    }

    private byte @Nullable [] sealed(Budget budget, Webhook webhook) {
        return switch (webhook) {
            case Webhook.None() -> null;
            case Webhook.Kept(String _) -> null;
            case Webhook.Signed(String _, String secret) ->
                box.seal(Budgets.TABLE, budget.tenant(), budget.id(), secret,
                        bytes(NONCE_BYTES));
        };
    }

    /// The marks of the budget as it shall be that are reached by now, in the windows that go on.
    private List<Reached> passed(Budget budget) {
        Limit limit = budget.toLimit();
        var passed = new ArrayList<Reached>();
        running(budget).forEach(standing -> limit.alerts()
                .stream()
                .filter(percent -> standing.settled() >= limit.mark(percent))
                .forEach(percent -> passed.add(new Reached(budget.tenant(), standing, percent, false))));
        return passed;
    }

    /// Where this node's counters of the budget stand, with the budget's own amount.
    private Stream<Standing> running(Budget budget) {
        Limit limit = budget.toLimit();
        return ledger.standings(clock.now())
                .getOrDefault(budget.tenant(), List.of())
                .stream()
                .filter(standing -> standing.limit().countsAs(limit))
                .map(was -> new Standing(limit, was.value(), was.settled(), was.reserved(), was.span()));
    }

    @Override
    public boolean delete(TenantId tenant, String id) {
        return postgres.budgets().delete(tenant, id);
    }

    @Override
    public Optional<BudgetRow> budget(TenantId tenant, String id) {
        return postgres.budgets().find(tenant, id);
    }

    @Override
    public List<BudgetRow> budgets(@Nullable TenantId tenant, @Nullable Place after, int limit) {
        return postgres.budgets()
                .list(scope(tenant), after == null ? "" : after.tenant().value(), after == null ? "" : after.id(),
                        limit);
    }

    @Override
    public Optional<Standing> standing(Budget budget) {
        return running(budget).max(Comparator.comparingLong((Standing standing) -> standing.settled())
                .thenComparing(Standing::reserved));
    }

    @Override
    public Optional<AlertRow> test(Budget budget) {
        Limit limit = budget.toLimit();
        var now = clock.now();
        var standing = standing(budget).orElseGet(() -> new Standing(limit, limit.entity().value(), 0, 0,
                limit.window().span(now, limit.zone())));
        String id = "alert_" + HexFormat.of().formatHex(bytes(ID_BYTES));
        var made = postgres.alerts()
                .test(new Reached(budget.tenant(), standing, 0, false), id, node, now,
                        now.plus(courierMax));
        return made.map(alert -> sent(alert, new Alerts.Due(id, budget.tenant())));
    }

    /// Where another node was faster, what it says once it is done is in the list.
    private AlertRow sent(AlertRow made, Alerts.Due due) {
        try {
            return courier.deliver(due).orElseGet(() -> alert(due.id()).orElse(made));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return made;
        }
    }

    @Override
    public List<AlertRow> alerts(@Nullable TenantId tenant, AlertRow.@Nullable State state,
            Alerts.@Nullable Position after, int limit) {
        return postgres.alerts().list(scope(tenant), state, after, limit);
    }

    @Override
    public Optional<AlertRow> alert(String id) {
        return postgres.alerts().find(Scope.ALL, id);
    }

    @Override
    public Optional<AlertRow> redeliver(AlertRow alert) {
        return postgres.alerts().again(new Alerts.Due(alert.id(), alert.tenant()), clock.now());
    }

    private static Scope scope(@Nullable TenantId tenant) {
        return tenant == null ? Scope.ALL : Scope.of(tenant);
    }

    private byte[] bytes(int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
