package dev.weir.spool;

import dev.weir.event.Attribution;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Events for tests: plain ones, and any ones by seed.
public final class Events {
    private Events() {}

    static UsageEvent opened(String callId) {
        return event(callId, Outcome.INTERRUPTED, Quantities.NONE);
    }

    static UsageEvent settled(String callId) {
        return event(callId, Outcome.OK,
                Quantities.builder().reported(Meter.TOKENS_IN, 120).reported(Meter.TOKENS_OUT, 345).build());
    }

    static UsageEvent refused(String callId) {
        return event(callId, Outcome.BLOCKED, Quantities.NONE);
    }

    public static UsageEvent event(String callId, Outcome outcome, Quantities quantities) {
        return new UsageEvent(callId, 1, Instant.parse("2026-11-24T12:00:00.123456789Z"), new TenantId("acme"),
                new KeyId("key_01"), "ada", "openai", "openai", "gpt-4o", "gpt-4o-2024-08-06", null, "default",
                "chatcmpl-9xYz", Attribution.NONE, quantities, new WireBytes(1_400, 1_380, 1_021, 1_021), 200, 200,
                812_000_000, 201_000_000, 0, -1, outcome, null, "openai-2026-11-01", Money.ofPicos(3_750_000_000L),
                Flags.NONE);
    }

    /// A refusal with sixteen tags of the longest texts.
    static UsageEvent largest(String callId) {
        var tags = new LinkedHashMap<String, String>();
        for (int i = 0; i < Attribution.TAGS_MAX; i++) {
            tags.put(i + "\u4e00".repeat(250), "\u4e00".repeat(250));
        }
        var text = "\u4e00".repeat(250);
        var e = event(callId, Outcome.BLOCKED, Quantities.NONE);
        return new UsageEvent(callId, 1, e.time(), e.tenant(), e.key(), e.user(), e.route(), e.provider(),
                e.modelAsked(),
                e.modelAnswered(), e.region(), e.serviceTier(), e.providerRequestId(),
                new Attribution(text, text, text, text, tags), e.quantities(), e.bytes(), e.clientStatus(),
                e.upstreamStatus(),
                e.latencyNanos(), e.firstTokenNanos(), 0, -1, e.outcome(), null, null, e.cost(), e.flags());
    }

    /// Any event that the type admits, hostile texts included.
    public static UsageEvent any(Random random, String callId) {
        return new UsageEvent(callId, 1 + random.nextInt(3),
                Instant.ofEpochSecond(random.nextLong(-1_000_000_000_000L, 1_000_000_000_000L),
                        random.nextInt(1_000_000_000)),
                random.nextBoolean() ? null : new TenantId("t" + random.nextInt(1000)),
                random.nextBoolean() ? null : new KeyId(shortText(random) + "k"), text(random), shortText(random),
                shortText(random), text(random), text(random), text(random), text(random), text(random),
                attribution(random), quantities(random), bytes(random), random.nextInt(), random.nextInt(),
                random.nextLong(), random.nextLong(), random.nextInt(), random.nextLong(),
                Outcome.byCode(1 + random.nextInt(Outcome.values().length)), text(random), text(random),
                random.nextBoolean() ? null : Money.ofPicos(random.nextLong()), new Flags(random.nextInt()),
                tools(random), random.nextBoolean() ? null : Money.ofPicos(random.nextLong()));
    }

    static Quantities quantities(Random random) {
        var builder = Quantities.builder();
        for (Meter meter : Meter.values()) {
            if (random.nextInt(4) == 0) {
                builder.set(meter, random.nextLong() >> random.nextInt(64),
                        Provenance.values()[random.nextInt(Provenance.values().length)]);
            }
        }
        return builder.build();
    }

    static WireBytes bytes(Random random) {
        return new WireBytes(random.nextLong() >>> 1 + random.nextInt(62), random.nextInt(100_000), 0,
                random.nextLong() >>> 1);
    }

    private static Attribution attribution(Random random) {
        if (random.nextBoolean()) {
            return Attribution.NONE;
        }
        Map<String, String> tags = new LinkedHashMap<>();
        for (int i = random.nextInt(Attribution.TAGS_MAX + 1); i > 0; i--) {
            tags.put(i + shortText(random), shortText(random));
        }
        return new Attribution(text(random), text(random), text(random), text(random), tags);
    }

    private static ToolCounts tools(Random random) {
        var tools = ToolCounts.NONE;
        for (int i = random.nextInt(40); i > 0; i--) {
            tools = tools.plus(shortText(random));
        }
        return tools;
    }

    private static @Nullable String text(Random random) {
        return random.nextInt(3) == 0 ? null : shortText(random);
    }

    /// At most 60 characters of any width.
    private static String shortText(Random random) {
        var text = new StringBuilder();
        boolean ascii = random.nextBoolean();
        for (int i = random.nextInt(61); i > 0; i--) {
            int point = ascii ? 32 + random.nextInt(95) : random.nextInt(0x20000);
            text.appendCodePoint(point >= 0xD800 && point < 0xE000 ? 'x' : point);
        }
        return text.length() > 60 ? text.substring(0, text.offsetByCodePoints(0, 30)) : text.toString();
    }
}
