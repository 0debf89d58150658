package dev.weir.postgres;

import dev.weir.money.Money;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.TenantId;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of budgets. Blocks; any thread but an event loop. A change reaches every node's snapshot by [Directory].
public final class Budgets {
    /// For [SecretBox].
    public static final String TABLE = "budgets";
    private static final Logger LOG = LoggerFactory.getLogger(Budgets.class);
    static final String COLUMNS = "tenant, id, entity_kind, entity_value, period, zone, amount, alerts, webhook_url,"
            + " created_at, terms_since";
    private static final String CREATE = "INSERT INTO weir.budgets (tenant, id, entity_kind, entity_value, period, zone,"
            + " amount, alerts, webhook_url, webhook_secret, created_at, terms_since)"
            + " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11"
            + " WHERE EXISTS (SELECT FROM weir.tenants WHERE id = $1) ON CONFLICT DO NOTHING RETURNING " + COLUMNS;
    private static final String CHANGE = "UPDATE weir.budgets SET entity_kind = $3, entity_value = $4, period = $5,"
            + " zone = $6, terms_since = CASE WHEN (entity_kind, entity_value, period, zone, amount, alerts)"
            + " = ($3, $4, $5, $6, $7, $8) THEN terms_since ELSE $11 END, amount = $7, alerts = $8,"
            + " webhook_url = $9::text, webhook_secret = CASE WHEN $9 IS NULL THEN NULL"
            + " ELSE coalesce($10::bytea, webhook_secret) END WHERE tenant = $1 AND id = $2 RETURNING " + COLUMNS;
    private static final String DELETE = "DELETE FROM weir.budgets WHERE id = $1 RETURNING id";
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.budgets WHERE tenant = $1 AND id = $2";
    private static final String LOCK = "SELECT amount FROM weir.budgets WHERE tenant = $1 AND id = $2 FOR UPDATE";
    private static final String PAGE = "SELECT " + COLUMNS
            + " FROM weir.budgets WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";

    private final Readers readers;

    Budgets(Readers readers) {
        this.readers = readers;
    }

    /// @param webhookUrl null for none
    /// @param sealedSecret by [SecretBox]; null exactly where there is no URL
    /// @return empty where the tenant is not there, or has a budget of that id
    public Optional<BudgetRow> create(Budget budget, @Nullable String webhookUrl, byte @Nullable [] sealedSecret,
            Instant now) {
        return readers.app()
                .asTenant(budget.tenant(), statements -> first(
                        statements.query(CREATE, values(budget, webhookUrl, sealedSecret, now))));
    }

    /// Puts another content under a budget's id. Where the amount changes, marks that were told of at the old amount and are
    /// passed at the new one too are not told of again.
    ///
    /// @param webhookUrl null takes webhook and secret away
    /// @param sealedSecret null keeps the one that is there
    /// @param passed the marks of the new amount that are reached by now
    /// @return empty where there is no such budget
    public Optional<BudgetRow> change(Budget budget, @Nullable String webhookUrl, byte @Nullable [] sealedSecret,
            Instant now, List<Reached> passed) {
        return readers.app().asTenant(budget.tenant(), statements -> {
            var before = statements.query(LOCK, Tuple.of(budget.tenant().value(), budget.id())).iterator();
            if (!before.hasNext()) {
                return Optional.empty();
            }
            if (before.next().getBigDecimal(0).compareTo(budget.amount().toUsd()) != 0) {
                for (Reached mark : passed) {
                    Alerts.carry(statements, mark, now);
                }
            }
            return first(statements.query(CHANGE, values(budget, webhookUrl, sealedSecret, now)));
        });
    }

    /// @return false where there is no such budget
    public boolean delete(TenantId tenant, String id) {
        return readers.app().asTenant(tenant, statements -> statements.query(DELETE, Tuple.of(id)).size() > 0);
    }

    public Optional<BudgetRow> find(TenantId tenant, String id) {
        return readers.app()
                .asTenant(tenant, statements -> first(statements.query(FIND, Tuple.of(tenant.value(), id))));
    }

    /// In the order of tenants and ids.
    ///
    /// @param afterTenant with `afterId` the last one of the page before, both empty for the first page
    public List<BudgetRow> list(Scope scope, String afterTenant, String afterId, int limit) {
        return readers.read(scope, statements -> {
            var budgets = new ArrayList<BudgetRow>();
            statements.query(PAGE, Tuple.of(afterTenant, afterId, limit))
                    .forEach(row -> tryRead(row).ifPresent(budgets::add));
            return budgets;
        });
    }

    private static Tuple values(Budget budget, @Nullable String url, byte @Nullable [] secret, Instant now) {
        var alerts = new JsonArray();
        for (Budget.Threshold threshold : budget.thresholds()) {
            var actions = new JsonArray();
            threshold.actions().forEach(action -> actions.add(action.id()));
            alerts.add(new JsonObject().put("percent", threshold.percent()).put("actions", actions));
        }
        return Tuple.tuple()
                .addValue(budget.tenant().value())
                .addValue(budget.id())
                .addValue(budget.entity().kind().id())
                .addValue(budget.entity().value())
                .addValue(budget.period().id())
                .addValue(budget.zone().getId())
                .addValue(budget.amount().toUsd())
                .addValue(alerts)
                .addValue(url)
                .addValue(secret == null ? null : Buffer.buffer(secret))
                .addValue(now.atOffset(ZoneOffset.UTC));
    }

    private static Optional<BudgetRow> first(Iterable<Row> rows) {
        var iterator = rows.iterator();
        return iterator.hasNext() ? tryRead(iterator.next()) : Optional.empty();
    }

    /// Empty, and said aloud, where a row is none: one bad row must not take all others away.
    static Optional<BudgetRow> tryRead(Row row) {
        try {
            return Optional.of(read(row));
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException | ClassCastException wrong) {
            LOG.error(
                    "the budget '{}' of tenant '{}' is not in force: its row cannot be read ({}). Put it right, or delete"
                            + " it, with /api/budgets.",
                    row.getString(1), row.getString(0), wrong.getMessage());
            return Optional.empty();
        }
    }

    private static BudgetRow read(Row row) {
        var thresholds = new ArrayList<Budget.Threshold>();
        for (Object each : row.getJsonArray(7)) {
            var threshold = (JsonObject) each;
            var actions = new HashSet<Budget.Action>();
            threshold.getJsonArray("actions")
                    .forEach(action -> actions.add(
                            Budget.Action.byId((String) action).orElseThrow(() -> unknown("action", (String) action))));
            thresholds.add(new Budget.Threshold(threshold.getInteger("percent"), actions));
        }
        String kind = row.getString(2);
        String period = row.getString(4);
        var budget = new Budget(new TenantId(row.getString(0)), row.getString(1),
                new Entity(Entity.Kind.byId(kind).orElseThrow(() -> unknown("kind of entity", kind)),
                        row.getString(3)),
                Budget.Period.byId(period).orElseThrow(() -> unknown("period", period)), ZoneId.of(row.getString(5)),
                Money.ofUsd(row.getBigDecimal(6)), thresholds);
        return new BudgetRow(budget, row.getString(8), row.get(OffsetDateTime.class, 9).toInstant(),
                row.get(OffsetDateTime.class, 10).toInstant());
    }

    private static IllegalArgumentException unknown(String what, String text) {
        return new IllegalArgumentException("'" + text + "' is no " + what);
    }
}
