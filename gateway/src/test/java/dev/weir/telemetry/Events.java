package dev.weir.telemetry;

import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Usage events for tests: one ordinary attempt, and what differs from it.
final class Events {
    private int attempt = 1;
    private @Nullable String modelAsked = "gpt-4o";
    private @Nullable String modelAnswered = "gpt-4o-2024-08-06";
    private int upstreamStatus = 200;
    private int clientRetryCount;
    private Outcome outcome = Outcome.OK;
    private @Nullable String reasonCode;
    private @Nullable Money cost = Money.ofUsd("0.000125");
    private Flags flags = Flags.NONE;

    static Events ordinary() {
        return new Events();
    }

    Events attempt(int number) {
        attempt = number;
        return this;
    }

    Events model(@Nullable String asked, @Nullable String answered) {
        modelAsked = asked;
        modelAnswered = answered;
        return this;
    }

    Events upstreamStatus(int status) {
        upstreamStatus = status;
        return this;
    }

    Events clientRetries(int count) {
        clientRetryCount = count;
        return this;
    }

    Events outcome(Outcome ending, @Nullable String code) {
        outcome = ending;
        reasonCode = code;
        return this;
    }

    Events cost(@Nullable Money amount) {
        cost = amount;
        return this;
    }

    Events flag(Flags.Flag flag) {
        flags = flags.with(flag);
        return this;
    }

    UsageEvent build() {
        var quantities = Quantities.builder()
                .reported(Meter.TOKENS_IN, 120)
                .reported(Meter.TOKENS_OUT, 30)
                .reported(Meter.CACHE_READ, 64)
                .reported(Meter.TOOL_CALLS_REQUESTED, 2)
                .build();
        return new UsageEvent("call-1", attempt, Instant.parse("2026-03-01T12:00:00Z"), new TenantId("acme"),
                new KeyId("key_1"), "ann", "openai", "openai", modelAsked, modelAnswered, null, null, "req_1",
                Attribution.NONE, quantities, new WireBytes(500, 510, 900, 890), upstreamStatus, upstreamStatus,
                1_200_000_000L, 300_000_000L, clientRetryCount, -1, outcome, reasonCode, "2026-03", cost, flags);
    }
}
