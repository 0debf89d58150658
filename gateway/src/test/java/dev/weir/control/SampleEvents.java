package dev.weir.control;

import dev.weir.control.EventQueries.StoredEvent;
import dev.weir.event.Attribution;
import dev.weir.event.EventId;
import dev.weir.event.Flags;
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
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Usage events for tests.
final class SampleEvents {
    static final Instant TIME = Instant.parse("2026-03-14T09:00:00.123456Z");

    private SampleEvents() {}

    /// Every field filled.
    static StoredEvent full() {
        var quantities = Quantities.builder()
                .set(Meter.TOKENS_IN, 120, Provenance.REPORTED)
                .set(Meter.TOKENS_OUT, 30, Provenance.TOKENIZER)
                .set(Meter.CACHE_READ, 64, Provenance.REPORTED)
                .build();
        var attribution = new Attribution("run+1 %", "plan", "INC-7", "cc-42", Map.of("team", "search", "env", "prod"));
        return stored(1, new UsageEvent("call-1", 2, TIME, new TenantId("acme"), new KeyId("key_1"), "ann", "openai",
                "openai", "gpt-4o", "gpt-4o-2024-08-06", "eu", "default", "req_1", attribution, quantities,
                new WireBytes(500, 510, 900, 890), 200, 200, 1_200_345_678L, 300_000_000L, 1, 20, Outcome.OK,
                "cap_exceeded", "2026-03", Money.ofUsd("0.000125"), Flags.NONE.with(Flags.Flag.UNCLASSIFIED),
                ToolCounts.of("search").plus("search"), Money.ofUsd("0.00013")));
    }

    /// As little filled as can be: no tenant was recognised.
    static StoredEvent refusal() {
        return stored(2, new UsageEvent("call-2", 1, TIME.plusSeconds(1), null, null, null, "openai", "openai", null,
                null, null, null, null, Attribution.NONE, Quantities.NONE, WireBytes.NONE, 401, 0, 100_000L, -1, 0, -1,
                Outcome.REFUSED, "key_unknown", null, Money.ZERO, Flags.NONE));
    }

    static StoredEvent of(long seq, Instant time, String model, @Nullable String run, @Nullable String cost) {
        var quantities = Quantities.builder()
                .reported(Meter.TOKENS_IN, 10 * seq)
                .reported(Meter.TOKENS_OUT, seq)
                .build();
        var attribution = new Attribution(run, null, null, null, Map.of());
        return stored(seq, new UsageEvent("call-" + seq, 1, time, new TenantId("acme"), new KeyId("key_1"), "ann",
                "openai", "openai", model, model, null, null, null, attribution, quantities,
                new WireBytes(1, 2, 3, 4), 200, 200, 1_000_000, -1, 0, -1, Outcome.OK, null, "2026-03",
                cost == null ? null : Money.ofUsd(cost), Flags.NONE));
    }

    private static StoredEvent stored(long seq, UsageEvent event) {
        return new StoredEvent(new EventId("node-a", 1, seq), event, event.time().plusMillis(250));
    }
}
