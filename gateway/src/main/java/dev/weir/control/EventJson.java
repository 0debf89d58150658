package dev.weir.control;

import dev.weir.control.EventQueries.StoredEvent;
import dev.weir.event.Flags;
import dev.weir.event.UsageEvent;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// One usage event as the control plane shows it.
final class EventJson {
    private static final int NANOS_PER_MILLI_DIGITS = 6;
    private static final int SHOWN_DIGITS = 3;

    private EventJson() {}

    static JsonObject of(StoredEvent stored) {
        var event = stored.event();
        var json = new JsonObject().put("id", stored.id().toString())
                .put("call_id", event.callId())
                .put("attempt", event.attempt())
                .put("time", Times.text(event.time()));
        putCaller(json, event);
        putUpstream(json, event);
        putMeters(json, event);
        putCourse(json, event);
        putAttribution(json, event);
        putCost(json, event);
        return json.put("received_at", Times.text(stored.receivedAt()));
    }

    private static void putCaller(JsonObject json, UsageEvent event) {
        json.put("tenant", event.tenant() == null ? null : event.tenant().value())
                .put("key", event.key() == null ? null : event.key().value())
                .put("user", event.user());
    }

    private static void putUpstream(JsonObject json, UsageEvent event) {
        json.put("route", event.route())
                .put("provider", event.provider())
                .put("model_asked", event.modelAsked())
                .put("model_answered", event.modelAnswered())
                .put("region", event.region())
                .put("service_tier", event.serviceTier())
                .put("provider_request_id", event.providerRequestId());
    }

    private static void putMeters(JsonObject json, UsageEvent event) {
        var meters = new JsonObject();
        var provenance = new JsonObject();
        withDerived(event).forEach((meter, amount, known) -> {
            meters.put(meter.id(), amount);
            provenance.put(meter.id(), known.id());
        });
        var bytes = event.bytes();
        var tools = new JsonObject();
        event.tools().byName().forEach(tools::put);
        json.put("meters", meters)
                .put("provenance", provenance)
                .put("tools", tools)
                .put("bytes", new JsonObject().put("client_in", bytes.clientIn())
                        .put("upstream_out", bytes.upstreamOut())
                        .put("upstream_in", bytes.upstreamIn())
                        .put("client_out", bytes.clientOut()));
    }

    /// `tokens` is the sum of both directions and as sure as the less sure of them; bytes Weir counted itself
    /// (what went to a webhook's target inside is no egress, so what was metered stays).
    private static Quantities withDerived(UsageEvent event) {
        var metered = event.quantities();
        return metered.with(all -> {
            boolean in = metered.has(Meter.TOKENS_IN);
            boolean out = metered.has(Meter.TOKENS_OUT);
            if (in) {
                all.add(Meter.TOKENS, metered.amount(Meter.TOKENS_IN), metered.provenance(Meter.TOKENS_IN));
            }
            if (out) {
                all.add(Meter.TOKENS, metered.amount(Meter.TOKENS_OUT), metered.provenance(Meter.TOKENS_OUT));
            }
            if (!metered.has(Meter.EGRESS_BYTES)) {
                all.set(Meter.EGRESS_BYTES, event.bytes().egress(), Provenance.REPORTED);
            }
            all.set(Meter.INGRESS_BYTES, event.bytes().ingress(), Provenance.REPORTED);
        });
    }

    private static void putCourse(JsonObject json, UsageEvent event) {
        json.put("client_status", status(event.clientStatus()))
                .put("upstream_status", status(event.upstreamStatus()))
                .put("latency_ms", millis(event.latencyNanos()))
                .put("time_to_first_token_ms", event.firstTokenNanos() < 0 ? null : millis(event.firstTokenNanos()))
                .put("client_retry_count", event.clientRetryCount())
                .put("retry_after_s", event.retryAfterSeconds() < 0 ? null : event.retryAfterSeconds())
                .put("outcome", event.outcome().id())
                .put("reason_code", event.reasonCode());
    }

    private static void putAttribution(JsonObject json, UsageEvent event) {
        var attribution = event.attribution();
        var tags = new JsonObject();
        attribution.tags().forEach(tags::put);
        json.put("run", attribution.run())
                .put("step", attribution.step())
                .put("ticket", attribution.ticket())
                .put("cost_center", attribution.costCenter())
                .put("tags", tags);
    }

    private static void putCost(JsonObject json, UsageEvent event) {
        var flags = new JsonArray();
        event.flags().asSet().stream().map(Flags.Flag::id).forEach(flags::add);
        json.put("price_version", event.priceVersion())
                .put("cost", event.cost() == null ? null : event.cost().toString())
                .put("cost_reported", event.costReported() == null ? null : event.costReported().toString())
                .put("currency", "USD")
                .put("flags", flags);
    }

    private static @Nullable Integer status(int status) {
        return status == 0 ? null : status;
    }

    private static BigDecimal millis(long nanos) {
        return BigDecimal.valueOf(nanos, NANOS_PER_MILLI_DIGITS).setScale(SHOWN_DIGITS, RoundingMode.HALF_UP);
    }
}
