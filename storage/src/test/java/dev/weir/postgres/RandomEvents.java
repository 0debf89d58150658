package dev.weir.postgres;

import dev.weir.event.Attribution;
import dev.weir.event.EventId;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.rollup.UsageTotal;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/// Events from a seed: few tenants, models and days, so that totals meet; sometimes the largest amounts, sometimes
/// nothing at all.
public final class RandomEvents {
    public static final String NODE = "n1";
    private final RandomGenerator random;
    private final Instant newest;

    /// @param newest the latest event time; the earliest is three days before
    public RandomEvents(long seed, Instant newest) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.newest = newest;
    }

    public List<KeptEvent> kept(long epoch, int count) {
        var events = new ArrayList<KeptEvent>();
        for (int seq = 1; seq <= count; seq++) {
            events.add(new KeptEvent(new EventId(NODE, epoch, seq), event(seq)));
        }
        return events;
    }

    /// Cuts the events into batches at random places.
    public List<Batch> batches(List<KeptEvent> events) {
        var batches = new ArrayList<Batch>();
        for (int from = 0; from < events.size();) {
            int to = Math.min(events.size(), from + 1 + random.nextInt(40));
            batches.add(batch(events.subList(from, to)));
            from = to;
        }
        return batches;
    }

    static Batch batch(List<KeptEvent> events) {
        EventId id = events.getFirst().id();
        return new Batch(id.node(), id.epoch(), events);
    }

    RandomGenerator random() {
        return random;
    }

    public UsageEvent event(long number) {
        boolean refused = random.nextInt(8) == 0;
        @Nullable
        TenantId tenant = refused && random.nextBoolean() ? null : new TenantId("t" + random.nextInt(3));
        var time = newest.minusSeconds(random.nextLong(3 * 86_400)).truncatedTo(ChronoUnit.MICROS);
        return new UsageEvent("call-" + number, 1 + random.nextInt(2), time, tenant,
                tenant == null ? null : new KeyId("key_" + random.nextInt(4)), sometimes("user" + random.nextInt(3)),
                refused ? "" : "route-" + random.nextInt(3), refused ? "" : "openai",
                sometimes("gpt-" + random.nextInt(3)),
                sometimes("gpt-" + random.nextInt(3) + "-2026"), sometimes("eu"), sometimes("flex"),
                sometimes("req_" + number),
                attribution(), quantities(), new WireBytes(1, 2, 3, number), 200, 200, random.nextLong(1_000_000_000),
                random.nextBoolean() ? -1 : random.nextLong(1_000_000), random.nextInt(3),
                random.nextBoolean() ? -1 : 30,
                refused ? Outcome.BLOCKED : Outcome.OK, refused ? "cap_exceeded" : null, sometimes("v1"), cost(),
                Flags.NONE).withTools(refused ? ToolCounts.NONE : tools())
                .withCostReported(random.nextInt(4) == 0 ? Money.ofPicos(random.nextLong(1L << 50)) : null);
    }

    private ToolCounts tools() {
        var tools = ToolCounts.NONE;
        for (int i = random.nextInt(4) == 0 ? random.nextInt(40) : 0; i > 0; i--) {
            tools = tools.plus(random.nextInt(5) == 0 ? "'tool\" ü" : "tool-" + random.nextInt(30));
        }
        return tools;
    }

    private Attribution attribution() {
        if (random.nextInt(3) == 0) {
            return Attribution.NONE;
        }
        return new Attribution(sometimes("run" + random.nextInt(5)), sometimes("s1"),
                sometimes("INC" + random.nextInt(5)),
                sometimes("cc" + random.nextInt(2)),
                random.nextBoolean() ? Map.of() : Map.of("team", "t" + random.nextInt(3)));
    }

    private Quantities quantities() {
        var quantities = Quantities.builder();
        for (var meter : UsageTotal.METERS) {
            if (random.nextInt(3) == 0) {
                var provenance = Provenance.values()[random.nextInt(3)];
                quantities.set(meter, amount(), provenance);
            }
        }
        return quantities.build();
    }

    private long amount() {
        return random.nextInt(30) == 0 ? Long.MAX_VALUE : random.nextLong(100_000);
    }

    private @Nullable Money cost() {
        return switch (random.nextInt(20)) {
            case 0, 1 -> null;
            case 2 -> Money.ofPicos(Long.MAX_VALUE);
            case 3 -> Money.ofPicos(1);
            default -> Money.ofPicos(random.nextLong(5_000_000_000_000L));
        };
    }

    private @Nullable String sometimes(String value) {
        return random.nextInt(3) == 0 ? null : value;
    }
}
