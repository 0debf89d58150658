package dev.weir.postgres;

import dev.weir.event.Attribution;
import dev.weir.event.EventId;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.rollup.UsageTotal;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Turns a row of `usage_events` into the event it was.
final class EventRow {
    static final String COLUMNS = "node, epoch, seq, received_at, late, call_id, attempt, time, tenant, key_id, user_id, route,"
            + " provider, model_asked, model_answered, region, service_tier, provider_request_id, run, step, ticket, cost_center,"
            + " tags, provenance, client_in, upstream_out, upstream_in, client_out, client_status, upstream_status, latency_ns,"
            + " first_token_ns, client_retry_count, retry_after_s, outcome, reason_code, price_version, cost, cost_reported,"
            + " flags, tools, " + UsageTotal.METERS.stream().map(Meter::id).collect(Collectors.joining(", "));
    private static final Map<String, Provenance> PROVENANCES = Arrays.stream(Provenance.values())
            .collect(Collectors.toUnmodifiableMap(Provenance::id, provenance -> provenance));

    private EventRow() {}

    static StoredEvent read(Row row) {
        var id = new EventId(row.getString("node"), row.getLong("epoch"), row.getLong("seq"));
        return new StoredEvent(id, row.get(OffsetDateTime.class, "received_at").toInstant(), row.getBoolean("late"),
                event(row));
    }

    private static UsageEvent event(Row row) {
        String tenant = row.getString("tenant");
        String key = row.getString("key_id");
        BigDecimal cost = row.getBigDecimal("cost");
        BigDecimal reported = row.getBigDecimal("cost_reported");
        return new UsageEvent(row.getString("call_id"), row.getInteger("attempt"),
                row.get(OffsetDateTime.class, "time").toInstant(), tenant.isEmpty() ? null : new TenantId(tenant),
                key == null ? null : new KeyId(key), row.getString("user_id"), row.getString("route"),
                row.getString("provider"), row.getString("model_asked"), row.getString("model_answered"),
                row.getString("region"), row.getString("service_tier"), row.getString("provider_request_id"),
                attribution(row), quantities(row),
                new WireBytes(row.getLong("client_in"), row.getLong("upstream_out"), row.getLong("upstream_in"),
                        row.getLong("client_out")),
                row.getInteger("client_status"), row.getInteger("upstream_status"), row.getLong("latency_ns"),
                orMinusOne(row.getLong("first_token_ns")), row.getInteger("client_retry_count"),
                orMinusOne(row.getLong("retry_after_s")), Outcome.byId(row.getString("outcome")).orElseThrow(),
                row.getString("reason_code"), row.getString("price_version"), cost == null ? null : Money.ofUsd(cost),
                new Flags(row.getInteger("flags")), tools(row),
                reported == null ? null : Money.ofUsd(reported));
    }

    private static ToolCounts tools(Row row) {
        JsonObject json = row.getJsonObject("tools");
        if (json == null) {
            return ToolCounts.NONE;
        }
        var byName = new HashMap<String, Long>();
        json.forEach(entry -> byName.put(entry.getKey(), ((Number) entry.getValue()).longValue()));
        return new ToolCounts(byName);
    }

    private static Attribution attribution(Row row) {
        var tags = new LinkedHashMap<String, String>();
        JsonObject json = row.getJsonObject("tags");
        if (json != null) {
            json.forEach(entry -> tags.put(entry.getKey(), entry.getValue().toString()));
        }
        return new Attribution(row.getString("run"), row.getString("step"), row.getString("ticket"),
                row.getString("cost_center"), tags);
    }

    private static Quantities quantities(Row row) {
        JsonObject provenance = row.getJsonObject("provenance");
        var quantities = Quantities.builder();
        for (Meter meter : UsageTotal.METERS) {
            Long amount = row.getLong(meter.id());
            if (amount != null) {
                quantities.set(meter, amount, provenance(provenance, meter));
            }
        }
        return quantities.build();
    }

    private static Provenance provenance(@Nullable JsonObject notReported, Meter meter) {
        String id = notReported == null ? null : notReported.getString(meter.id());
        return id == null ? Provenance.REPORTED : PROVENANCES.getOrDefault(id, Provenance.BOUND);
    }

    private static long orMinusOne(@Nullable Long value) {
        return value == null ? -1 : value;
    }
}
