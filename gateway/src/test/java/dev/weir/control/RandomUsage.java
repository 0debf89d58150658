package dev.weir.control;

import dev.weir.control.EventQueries.Filter;
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
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Events, and filters that find some of them, from a seed: few values, so that they meet; days on both sides of a month's end.
final class RandomUsage {
    static final Instant START = Instant.parse("2026-02-27T00:00:00Z");
    private static final int MOMENTS = 60;
    private static final long SECONDS_BETWEEN = 4 * 86_400 / MOMENTS;

    private final Random random;

    RandomUsage(Random random) {
        this.random = random;
    }

    UsageEvent event(int number) {
        var outcome = Outcome.values()[random.nextInt(Outcome.values().length)];
        boolean unknown = outcome == Outcome.REFUSED && random.nextBoolean();
        return new UsageEvent("call-" + number, 1 + random.nextInt(2), moment(), unknown ? null : tenant(),
                unknown ? null : new KeyId("key_" + random.nextInt(3)), sometimes("user"), unknown ? "" : route(),
                "openai", sometimes("model"), sometimes("model"), null, null, null, attribution(), quantities(),
                WireBytes.NONE, 200, 200, number, -1, 0, -1, outcome, null, null, cost(), Flags.NONE);
    }

    Filter filter() {
        return new Filter(rarely() ? tenant() : null, rarely() ? value("run") : null, rarely() ? value("key_") : null,
                rarely() ? value("user") : null, rarely() ? route() : null, rarely() ? value("model") : null,
                rarely() ? Outcome.values()[random.nextInt(Outcome.values().length)] : null,
                rarely() ? bound() : null, rarely() ? bound() : null);
    }

    TenantId tenant() {
        return new TenantId("t" + random.nextInt(3));
    }

    private Instant moment() {
        return START.plusSeconds(SECONDS_BETWEEN * random.nextInt(MOMENTS)).plusNanos(1_000 * random.nextInt(3));
    }

    /// At an event, or less than a microsecond beside it.
    private Instant bound() {
        return moment().plusNanos(random.nextInt(-1, 2));
    }

    private boolean rarely() {
        return random.nextInt(5) == 0;
    }

    private String route() {
        return value("route");
    }

    private String value(String of) {
        return of + random.nextInt(3);
    }

    private @Nullable String sometimes(String of) {
        return random.nextInt(3) == 0 ? null : value(of);
    }

    private Attribution attribution() {
        var tags = new LinkedHashMap<String, String>();
        for (int i = random.nextInt(3); i > 0; i--) {
            tags.put(value("name"), value("value"));
        }
        return new Attribution(sometimes("run"), sometimes("step"), sometimes("ticket"), sometimes("cc"),
                Map.copyOf(tags));
    }

    private Quantities quantities() {
        var quantities = Quantities.builder();
        for (Meter meter : new Meter[]{Meter.TOKENS_IN, Meter.TOKENS_OUT, Meter.CALLS, Meter.EGRESS_BYTES}) {
            if (random.nextBoolean()) {
                quantities.set(meter, amount(), Provenance.REPORTED);
            }
        }
        return quantities.build();
    }

    /// The largest ones too: two of them are more than a `long` holds.
    private long amount() {
        return random.nextInt(10) == 0 ? Long.MAX_VALUE : random.nextInt(50);
    }

    private @Nullable Money cost() {
        return switch (random.nextInt(10)) {
            case 0 -> null;
            case 1 -> Money.ofPicos(Long.MAX_VALUE);
            case 2, 3, 4 -> Money.ZERO;
            default -> Money.ofPicos(random.nextLong(5_000_000_000_000L));
        };
    }
}
