package dev.weir.stream;

import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An event as the value of a record: JSON under the names of the API, and exact, so that what is read is what was written.
///
/// What is absent is left out and never 0; times have nanoseconds; money is a decimal string of dollars; a meter's provenance is
/// named where it is not `reported`; a flag is its name, and one that this version does not know `bit_N`.
final class EventJson {
    private static final Map<String, Provenance> PROVENANCES = Arrays.stream(Provenance.values())
            .collect(Collectors.toUnmodifiableMap(Provenance::id, Function.identity()));
    private static final String BIT = "bit_";

    private EventJson() {}

    static byte[] encode(UsageEvent event) {
        var json = new JsonObject().put("call_id", event.callId())
                .put("attempt", event.attempt())
                .put("time", event.time().toString());
        putWho(json, event);
        putMeters(json, event);
        putCourse(json, event);
        putAttribution(json, event.attribution());
        put(json, "price_version", event.priceVersion());
        put(json, "cost", text(event.cost()));
        put(json, "cost_reported", text(event.costReported()));
        if (event.flags().bits() != 0) {
            json.put("flags", flags(event.flags()));
        }
        return json.encode().getBytes(StandardCharsets.UTF_8);
    }

    private static void putWho(JsonObject json, UsageEvent event) {
        put(json, "tenant", event.tenant() == null ? null : event.tenant().value());
        put(json, "key", event.key() == null ? null : event.key().value());
        put(json, "user", event.user());
        json.put("route", event.route()).put("provider", event.provider());
        put(json, "model_asked", event.modelAsked());
        put(json, "model_answered", event.modelAnswered());
        put(json, "region", event.region());
        put(json, "service_tier", event.serviceTier());
        put(json, "provider_request_id", event.providerRequestId());
    }

    private static void putMeters(JsonObject json, UsageEvent event) {
        var meters = new JsonObject();
        var provenance = new JsonObject();
        event.quantities().forEach((meter, amount, known) -> {
            meters.put(meter.id(), amount);
            if (known != Provenance.REPORTED) {
                provenance.put(meter.id(), known.id());
            }
        });
        var tools = new JsonObject();
        event.tools().byName().forEach(tools::put);
        putUnlessEmpty(json, "meters", meters);
        putUnlessEmpty(json, "provenance", provenance);
        putUnlessEmpty(json, "tools", tools);
    }

    private static void putCourse(JsonObject json, UsageEvent event) {
        var bytes = event.bytes();
        json.put("bytes", new JsonObject().put("client_in", bytes.clientIn())
                .put("upstream_out", bytes.upstreamOut())
                .put("upstream_in", bytes.upstreamIn())
                .put("client_out", bytes.clientOut()))
                .put("client_status", event.clientStatus())
                .put("upstream_status", event.upstreamStatus())
                .put("latency_ns", event.latencyNanos())
                .put("first_token_ns", event.firstTokenNanos())
                .put("client_retry_count", event.clientRetryCount())
                .put("retry_after_s", event.retryAfterSeconds())
                .put("outcome", event.outcome().id());
        put(json, "reason_code", event.reasonCode());
    }

    private static void putAttribution(JsonObject json, Attribution attribution) {
        put(json, "run", attribution.run());
        put(json, "step", attribution.step());
        put(json, "ticket", attribution.ticket());
        put(json, "cost_center", attribution.costCenter());
        var tags = new JsonObject();
        attribution.tags().forEach(tags::put);
        putUnlessEmpty(json, "tags", tags);
    }

    private static JsonArray flags(Flags flags) {
        var names = new JsonArray();
        for (int bit = 0; bit < Integer.SIZE; bit++) {
            if ((flags.bits() & 1 << bit) != 0) {
                names.add(bit < Flag.values().length ? Flag.values()[bit].id() : BIT + bit);
            }
        }
        return names;
    }

    private static void put(JsonObject json, String name, @Nullable String value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    private static void putUnlessEmpty(JsonObject json, String name, JsonObject value) {
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    private static @Nullable String text(@Nullable Money money) {
        return money == null ? null : money.toString();
    }

    /// @throws MalformedEventException if it is no event of a version that this one can read
    static UsageEvent decode(byte[] value) throws MalformedEventException {
        try {
            return read(new JsonObject(new String(value, StandardCharsets.UTF_8)));
        } catch (DecodeException | ClassCastException | NullPointerException | IllegalArgumentException
                | ArithmeticException | DateTimeException | NoSuchElementException wrong) {
            throw new MalformedEventException("the value is no usage event: " + wrong.getMessage(), wrong);
        }
    }

    private static UsageEvent read(JsonObject json) {
        String tenant = json.getString("tenant");
        String key = json.getString("key");
        return new UsageEvent(text(json, "call_id"), Math.toIntExact(number(json, "attempt")),
                Instant.parse(text(json, "time")), tenant == null ? null : new TenantId(tenant),
                key == null ? null : new KeyId(key), json.getString("user"), text(json, "route"),
                text(json, "provider"), json.getString("model_asked"), json.getString("model_answered"),
                json.getString("region"), json.getString("service_tier"), json.getString("provider_request_id"),
                attribution(json), quantities(json), bytes(object(json, "bytes")),
                Math.toIntExact(number(json, "client_status")), Math.toIntExact(number(json, "upstream_status")),
                number(json, "latency_ns"), number(json, "first_token_ns"),
                Math.toIntExact(number(json, "client_retry_count")), number(json, "retry_after_s"),
                Outcome.byId(text(json, "outcome")).orElseThrow(), json.getString("reason_code"),
                json.getString("price_version"), money(json.getString("cost")), readFlags(json), tools(json),
                money(json.getString("cost_reported")));
    }

    private static Attribution attribution(JsonObject json) {
        Map<String, String> tags = new LinkedHashMap<>();
        object(json, "tags").forEach(tag -> tags.put(tag.getKey(), (String) tag.getValue()));
        return new Attribution(json.getString("run"), json.getString("step"), json.getString("ticket"),
                json.getString("cost_center"), tags);
    }

    private static Quantities quantities(JsonObject json) {
        var provenance = object(json, "provenance");
        var quantities = Quantities.builder();
        object(json, "meters").forEach(entry -> {
            String known = provenance.getString(entry.getKey());
            quantities.set(Meter.byId(entry.getKey()).orElseThrow(), whole(entry.getValue()),
                    known == null ? Provenance.REPORTED : provenance(known));
        });
        return quantities.build();
    }

    private static Provenance provenance(String id) {
        var known = PROVENANCES.get(id);
        if (known == null) {
            throw new IllegalArgumentException("there is no provenance '" + id + "'");
        }
        return known;
    }

    private static WireBytes bytes(JsonObject json) {
        return new WireBytes(number(json, "client_in"), number(json, "upstream_out"), number(json, "upstream_in"),
                number(json, "client_out"));
    }

    private static ToolCounts tools(JsonObject json) {
        Map<String, Long> byName = new HashMap<>();
        object(json, "tools").forEach(tool -> byName.put(tool.getKey(), whole(tool.getValue())));
        return byName.isEmpty() ? ToolCounts.NONE : new ToolCounts(byName);
    }

    private static Flags readFlags(JsonObject json) {
        int bits = 0;
        for (Object name : json.getJsonArray("flags", new JsonArray())) {
            bits |= 1 << bit((String) name);
        }
        return bits == 0 ? Flags.NONE : new Flags(bits);
    }

    private static int bit(String name) {
        int bit = name.startsWith(BIT)
                ? Integer.parseInt(name.substring(BIT.length()))
                : Flag.valueOf(name.toUpperCase(Locale.ROOT)).ordinal();
        if (bit < 0 || bit >= Integer.SIZE) {
            throw new IllegalArgumentException("there is no flag '" + name + "'");
        }
        return bit;
    }

    private static @Nullable Money money(@Nullable String usd) {
        return usd == null ? null : Money.ofUsd(usd);
    }

    private static JsonObject object(JsonObject json, String name) {
        var object = json.getJsonObject(name);
        return object == null ? new JsonObject() : object;
    }

    private static String text(JsonObject json, String name) {
        String value = json.getString(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    private static long number(JsonObject json, String name) {
        Object value = json.getValue(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return whole(value);
    }

    /// Whole numbers come as the smallest type that holds them; what does not fit is none.
    private static long whole(Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new IllegalArgumentException(value + " is no whole number of 64 bits");
    }
}
