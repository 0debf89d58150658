package dev.weir.control;

import dev.weir.config.WebhookUrl;
import dev.weir.money.Money;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Makes a budget of a body that has the document's form, and says what the form alone cannot.
final class BudgetReader {
    private final List<Problem.Field> faults = new ArrayList<>();

    private BudgetReader() {}

    /// What became of a body.
    sealed interface Reading {
        /// @param webhookUrl null for none
        /// @param rotateSecret whether a new secret was asked for
        record Valid(Budget budget, @Nullable String webhookUrl, boolean rotateSecret) implements Reading {}

        record Invalid(Problem problem) implements Reading {}
    }

    static Reading read(TenantId tenant, String id, JsonObject body, boolean allowPrivate) {
        return new BudgetReader().reading(tenant, id, body, allowPrivate);
    }

    private Reading reading(TenantId tenant, String id, JsonObject body, boolean allowPrivate) {
        Entity entity = tried("/entity", Entity.THE_TENANT, () -> entity(body.getJsonObject("entity")));
        ZoneId zone = tried("/zone", ZoneId.of("UTC"), () -> ZoneId.of(body.getString("zone", "UTC")));
        Money amount = tried("/limit", Money.ZERO,
                () -> Money.ofUsd(new BigDecimal(body.getValue("limit").toString())));
        List<Budget.Threshold> thresholds = tried("/alerts", Budget.USUAL_THRESHOLDS,
                () -> thresholds(body.getJsonArray("alerts")));
        Budget.Period period = Budget.Period.byId(body.getString("period")).orElseThrow();
        var webhook = body.getJsonObject("webhook", null);
        String url = webhook == null ? null : webhook.getString("url");
        if (url != null) {
            tried("/webhook/url", url, () -> WebhookUrl.parse(url, allowPrivate).toString());
        }
        Budget budget = faults.isEmpty()
                ? tried("/alerts", null, () -> new Budget(tenant, id, entity, period, zone, amount, thresholds))
                : null;
        return budget == null
                ? new Reading.Invalid(Problem.invalid(faults))
                : new Reading.Valid(budget, url, webhook != null && webhook.getBoolean("rotate_secret", false));
    }

    private <T extends @Nullable Object> T tried(String field, T otherwise, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (ArithmeticException | NumberFormatException tooLong) {
            faults.add(new Problem.Field(field, "is no amount of dollars with 12 decimals at most",
                    "A decimal string such as \"10.50\", 0 to 9000000."));
        } catch (DateTimeException unknown) {
            faults.add(new Problem.Field(field, "is no time zone", "A name such as UTC or Europe/Berlin."));
        } catch (IllegalArgumentException wrong) {
            faults.add(new Problem.Field(field, String.valueOf(wrong.getMessage()), ""));
        }
        return otherwise;
    }

    private static Entity entity(@Nullable JsonObject entity) {
        return entity == null
                ? Entity.THE_TENANT
                : new Entity(Entity.Kind.byId(entity.getString("kind")).orElseThrow(), entity.getString("value"));
    }

    private static List<Budget.Threshold> thresholds(@Nullable JsonArray alerts) {
        if (alerts == null) {
            return Budget.USUAL_THRESHOLDS;
        }
        var thresholds = new ArrayList<Budget.Threshold>();
        for (Object each : alerts) {
            var alert = (JsonObject) each;
            var actions = EnumSet.noneOf(Budget.Action.class);
            alert.getJsonArray("actions")
                    .forEach(action -> actions.add(Budget.Action.byId((String) action).orElseThrow()));
            thresholds.add(new Budget.Threshold(alert.getInteger("percent"), actions));
        }
        return thresholds;
    }
}
