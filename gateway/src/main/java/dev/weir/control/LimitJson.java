package dev.weir.control;

import dev.weir.money.Money;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// A limit in the document's form: its amount a decimal string, of whole units, or of US dollars where it is on `cost`.
final class LimitJson {
    private LimitJson() {}

    /// @param json valid by the document
    /// @throws IllegalArgumentException with what is wrong, where the fields do not fit together
    static Limit read(JsonObject json) {
        var entity = json.getJsonObject("entity");
        var measure = Measure.byId(json.getString("meter")).orElseThrow();
        return new Limit(json.getString("id"),
                new Entity(Entity.Kind.byId(entity.getString("kind")).orElseThrow(), entity.getString("value")),
                measure, Window.byId(json.getString("window")).orElseThrow(),
                Limit.zoneOf(json.getString("zone", "UTC")), amount(json.getString("amount"), measure),
                action(json.getString("action")),
                json.containsKey("alerts") ? alerts(json.getJsonArray("alerts")) : Limit.USUAL_ALERTS);
    }

    /// The limit with those of `amount`, `action` and `alerts` that the document holds.
    ///
    /// @throws IllegalArgumentException with what is wrong
    static Limit changed(Limit limit, JsonObject json) {
        return new Limit(limit.id(), limit.entity(), limit.measure(), limit.window(), limit.zone(),
                json.containsKey("amount") ? amount(json.getString("amount"), limit.measure()) : limit.amount(),
                json.containsKey("action") ? action(json.getString("action")) : limit.action(),
                json.containsKey("alerts") ? alerts(json.getJsonArray("alerts")) : limit.alerts());
    }

    static JsonObject write(Limit limit) {
        return new JsonObject().put("id", limit.id())
                .put("entity", new JsonObject().put("kind", limit.entity().kind().id())
                        .put("value", limit.entity().value()))
                .put("meter", limit.measure().id())
                .put("window", limit.window().id())
                .put("zone", limit.zoneName())
                .put("amount", isCost(limit.measure())
                        ? Money.ofPicos(limit.amount()).toString()
                        : Long.toString(limit.amount()))
                .put("action", limit.action().id())
                .put("alerts", new JsonArray(limit.alerts()));
    }

    private static long amount(String text, Measure measure) {
        var amount = new BigDecimal(text);
        if (!isCost(measure) && amount.stripTrailingZeros().scale() > 0) {
            throw new IllegalArgumentException("the amount of " + measure + " is a whole number");
        }
        var units = isCost(measure) ? amount.movePointRight(12) : amount;
        if (units.compareTo(BigDecimal.valueOf(Limit.AMOUNT_MAX)) > 0) {
            throw new IllegalArgumentException("the amount is at most "
                    + (isCost(measure) ? "$" + Money.ofPicos(Limit.AMOUNT_MAX) : Long.toString(Limit.AMOUNT_MAX)));
        }
        return units.longValueExact();
    }

    private static boolean isCost(Measure measure) {
        return measure instanceof Measure.Counted(Meter meter) && meter == Meter.COST;
    }

    private static Limit.Action action(String id) {
        return Limit.Action.valueOf(id.toUpperCase(Locale.ROOT));
    }

    private static List<Integer> alerts(JsonArray alerts) {
        return IntStream.range(0, alerts.size()).mapToObj(alerts::getInteger).toList();
    }
}
