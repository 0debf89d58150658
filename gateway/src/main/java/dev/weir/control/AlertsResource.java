package dev.weir.control;

import dev.weir.postgres.AlertRow;
import dev.weir.postgres.Alerts;
import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What was told when limits and budgets were used up, and whether somebody took it: `/api/alerts`.
public final class AlertsResource implements Resource {
    private static final int ID_MAX = 64;

    private final TenantAdmin tenants;
    private final BudgetAdmin alerts;

    public AlertsResource(TenantAdmin tenants, BudgetAdmin alerts) {
        this.tenants = tenants;
        this.alerts = alerts;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("listAlerts", this::list, "redeliverAlert", this::redeliver);
    }

    private Reply list(Request request) {
        Alerts.Position after = null;
        var cursor = request.optional("cursor");
        if (cursor != null) {
            var position = position(cursor);
            if (position.isEmpty()) {
                return Reply.failed(Page.badCursor());
            }
            after = position.get();
        }
        var named = request.optional("tenant");
        var tenant = named == null ? null : new TenantId(named);
        if (tenant != null && tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        var state = request.optional("state");
        var found = alerts.alerts(tenant, state == null ? null : AlertRow.State.byId(state).orElseThrow(), after,
                request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), AlertsResource::json,
                last -> List.of(last.firedAt().toString(), last.id())));
    }

    private static Optional<Alerts.Position> position(String cursor) {
        return Page.decode(cursor, 2)
                .filter(parts -> parts.get(1).length() <= ID_MAX && parts.get(1).indexOf('\0') < 0)
                .flatMap(parts -> Times.parse(parts.getFirst()).map(time -> new Alerts.Position(time, parts.get(1))));
    }

    private Reply redeliver(Request request) {
        var alert = alerts.alert(request.required("id"));
        if (alert.isEmpty()) {
            return Reply.failed(Problem.of(404, "not_found", "Not found",
                    "There is no alert with this id. GET /api/alerts lists them."));
        }
        return alerts.redeliver(alert.get())
                .map(again -> Reply.ok(json(again)))
                .orElseGet(() -> Reply.failed(Problem.of(409, "not_redeliverable", "It cannot be sent again",
                        alert.get().delivery().state() == AlertRow.State.PENDING
                                ? "The alert is still being delivered; delivery.next_attempt_at says when it is tried next."
                                : "The alert had no webhook to go to when it was fired. Give its budget one for those to"
                                        + " come.")));
    }

    static JsonObject json(AlertRow alert) {
        AlertRow.Mark mark = alert.mark();
        var actions = new JsonArray();
        alert.actions().forEach(actions::add);
        return new JsonObject().put("id", alert.id())
                .put("tenant", alert.tenant().value())
                .put("limit_id", alert.limitId())
                .put("entity", new JsonObject().put("kind", alert.entity().kind().id())
                        .put("value", alert.entity().value()))
                .put("meter", mark.meter())
                .put("window", mark.window())
                .put("window_start", text(mark.start()))
                .put("window_end", text(mark.end()))
                .put("percent", mark.percent())
                .put("amount", text(mark.amount()))
                .put("settled", text(mark.settled()))
                .put("reserved", text(mark.reserved()))
                .put("actions", actions)
                .put("test", alert.test())
                .put("node", alert.node())
                .put("fired_at", Times.text(alert.firedAt()))
                .put("delivery", json(alert.delivery()));
    }

    private static JsonObject json(AlertRow.Delivery delivery) {
        return new JsonObject().put("state", delivery.state().id())
                .put("attempts", delivery.attempts())
                .put("next_attempt_at", text(delivery.nextAttemptAt()))
                .put("last_attempt_at", text(delivery.lastAttemptAt()))
                .put("status", delivery.status())
                .put("error", delivery.error())
                .put("delivered_at", text(delivery.deliveredAt()));
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : Times.text(instant);
    }

    private static String text(BigDecimal amount) {
        return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
    }
}
