package dev.weir.postgres;

import dev.weir.event.UsageEvent;
import dev.weir.rollup.UsageTotal;
import dev.weir.spool.KeptEvent;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.ToolCounts;
import io.vertx.core.json.JsonObject;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// One column of a batch as it travels: an array with a value for each event.
///
/// @param name the column of `usage_events`, or the name its expression uses
/// @param type of the array's elements, in SQL
/// @param array makes the array in Java
/// @param value takes it from an event; null is NULL
record EventColumn(String name, String type, IntFunction<Object[]> array,
        Function<KeptEvent, @Nullable Object> value) {
    /// In the order of the statement's parameters.
    static final List<EventColumn> ALL = all();

    /// The values of one column. Empty where every value is NULL: `unnest` fills up with NULL, and nothing is sent.
    Object[] valuesOf(List<KeptEvent> events) {
        Object[] values = array.apply(events.size());
        boolean present = false;
        for (int i = 0; i < values.length; i++) {
            @Nullable
            Object value = this.value.apply(events.get(i));
            if (value != null) {
                values[i] = value;
                present = true;
            }
        }
        return present ? values : array.apply(0);
    }

    private static List<EventColumn> all() {
        var all = new ArrayList<EventColumn>();
        all.add(number("seq", kept -> kept.id().seq()));
        all.add(text("tenant", Text.NARROW, event -> event.tenant() == null ? "" : event.tenant().value()));
        all.add(text("call_id", Text.NARROW, UsageEvent::callId));
        all.add(integer("attempt", UsageEvent::attempt));
        all.add(new EventColumn("time", "timestamptz", java.time.OffsetDateTime[]::new,
                kept -> kept.event().time().atOffset(ZoneOffset.UTC)));
        all.add(text("key_id", Text.NARROW, event -> event.key() == null ? null : event.key().value()));
        all.add(text("user_id", Text.NARROW, UsageEvent::user));
        all.add(text("route", Text.NARROW, UsageEvent::route));
        all.add(text("provider", Text.NARROW, UsageEvent::provider));
        all.add(text("model_asked", Text.WIDE, event -> event.modelAsked()));
        all.add(text("model_answered", Text.WIDE, event -> event.modelAnswered()));
        all.add(text("region", Text.LONG, UsageEvent::region));
        all.add(text("service_tier", Text.NARROW, UsageEvent::serviceTier));
        all.add(text("provider_request_id", Text.LONG, UsageEvent::providerRequestId));
        all.add(text("run", Text.WIDE, event -> event.attribution().run()));
        all.add(text("step", Text.WIDE, event -> event.attribution().step()));
        all.add(text("ticket", Text.WIDE, event -> event.attribution().ticket()));
        all.add(text("cost_center", Text.WIDE, event -> event.attribution().costCenter()));
        all.add(new EventColumn("tags", "text", String[]::new, kept -> tags(kept.event().attribution().tags())));
        for (Meter meter : UsageTotal.METERS) {
            all.add(number(meter.id(),
                    kept -> kept.event().quantities().has(meter) ? kept.event().quantities().amount(meter) : null));
        }
        all.add(new EventColumn("provenance", "text", String[]::new, kept -> provenance(kept.event())));
        all.add(number("client_in", kept -> kept.event().bytes().clientIn()));
        all.add(number("upstream_out", kept -> kept.event().bytes().upstreamOut()));
        all.add(number("upstream_in", kept -> kept.event().bytes().upstreamIn()));
        all.add(number("client_out", kept -> kept.event().bytes().clientOut()));
        all.add(integer("client_status", UsageEvent::clientStatus));
        all.add(integer("upstream_status", UsageEvent::upstreamStatus));
        all.add(number("latency_ns", kept -> kept.event().latencyNanos()));
        all.add(number("first_token_ns", kept -> nullIfNegative(kept.event().firstTokenNanos())));
        all.add(integer("client_retry_count", UsageEvent::clientRetryCount));
        all.add(number("retry_after_s", kept -> nullIfNegative(kept.event().retryAfterSeconds())));
        all.add(text("outcome", Text.NARROW, event -> event.outcome().id()));
        all.add(text("reason_code", Text.NARROW, UsageEvent::reasonCode));
        all.add(text("price_version", Text.NARROW, UsageEvent::priceVersion));
        all.add(number("cost_picos", kept -> kept.event().cost() == null ? null : kept.event().cost().picos()));
        all.add(integer("flags", event -> event.flags().bits()));
        all.add(number("cost_reported_picos",
                kept -> kept.event().costReported() == null ? null : kept.event().costReported().picos()));
        all.add(new EventColumn("tools", "text", String[]::new, kept -> tools(kept.event().tools())));
        return List.copyOf(all);
    }

    private static EventColumn number(String name, Function<KeptEvent, @Nullable Object> value) {
        return new EventColumn(name, "bigint", Long[]::new, value);
    }

    private static EventColumn integer(String name, Function<UsageEvent, Object> value) {
        return new EventColumn(name, "integer", Integer[]::new, kept -> value.apply(kept.event()));
    }

    private static EventColumn text(String name, int bytesMax, Function<UsageEvent, @Nullable String> value) {
        return new EventColumn(name, "text", String[]::new, kept -> {
            String text = value.apply(kept.event());
            return text == null ? null : Text.fit(text, bytesMax);
        });
    }

    private static @Nullable Long nullIfNegative(long value) {
        return value < 0 ? null : value;
    }

    private static @Nullable String tags(Map<String, String> tags) {
        if (tags.isEmpty()) {
            return null;
        }
        var json = new JsonObject();
        tags.forEach((name, value) -> json.put(Text.fit(name, Text.WIDE), Text.fit(value, Text.WIDE)));
        return json.encode();
    }

    /// Calls by tool, `{"search":2}`. Names that are made alike are added up.
    private static @Nullable String tools(ToolCounts tools) {
        if (tools.isEmpty()) {
            return null;
        }
        var json = new JsonObject();
        tools.byName().forEach((name, count) -> {
            String fit = Text.fit(name, Text.WIDE);
            json.put(fit, json.getLong(fit, 0L) + count);
        });
        return json.encode();
    }

    /// What was not reported, `{"tokens_out":"tokenizer"}`.
    private static @Nullable String provenance(UsageEvent event) {
        var json = new StringBuilder();
        event.quantities().forEach((meter, amount, provenance) -> {
            if (provenance != Provenance.REPORTED) {
                json.append(json.isEmpty() ? "{\"" : ",\"")
                        .append(meter.id())
                        .append("\":\"")
                        .append(provenance.id())
                        .append('"');
            }
        });
        return json.isEmpty() ? null : json.append('}').toString();
    }
}
