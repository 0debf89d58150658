package dev.weir.benchmarks;

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
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Calls as an organisation makes them, the same for the same number: 40 tenants with 8 keys each, a user behind each key, four
/// models; one call in three belongs to a run, one in four to a ticket, one in two has two tags, one in ten used tools, one in
/// twenty was counted by the tokenizer. Every name of a call is its own, as in the gateway. Any thread.
public final class SampleTraffic {
    private static final List<Model> MODELS = List.of(
            new Model("openai", "openai", "gpt-4o", "gpt-4o-2024-08-06", "default", "chatcmpl-AXfq8S1vJ3kq9Tt"),
            new Model("openai", "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "default",
                    "chatcmpl-BYgr7T2wK4lr0Uu"),
            new Model("anthropic", "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "standard",
                    "msg_01XFDUDYJgAACzvn"),
            new Model("google", "google", "gemini-2.5-flash", "gemini-2.5-flash", null, "kZ8maLqSNe2jmtkP"));
    private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

    private final Instant from;

    /// @param from when the first call is made; calls are 50 µs apart
    public SampleTraffic(Instant from) {
        this.from = from;
    }

    private record Model(String route, String provider, String asked, String answered,
            @org.jspecify.annotations.Nullable String tier,
            String answerId) {}

    /// What call `number` becomes if it is never settled: what was reserved for it.
    public UsageEvent opening(long number) {
        var random = random(number);
        return event(number, random, Outcome.INTERRUPTED, reserved(random), 0, Money.ofPicos(31_250_000_000L));
    }

    /// How call `number` ended.
    public UsageEvent settlement(long number) {
        var random = random(number);
        long in = 40 + random.nextInt(4_000);
        long out = 5 + random.nextInt(900);
        return event(number, random, Outcome.OK, used(random, in, out), out * 4,
                Money.ofPicos(in * 2_500_000 + out * 10_000_000));
    }

    private static SplittableRandom random(long number) {
        return new SplittableRandom(number * 0x9E3779B97F4A7C15L);
    }

    private UsageEvent event(long number, SplittableRandom any, Outcome outcome, Quantities quantities,
            long answerBytes,
            Money cost) {
        var random = new SplittableRandom(~number);
        var model = MODELS.get(random.nextInt(MODELS.size()));
        int tenant = random.nextInt(40);
        int key = random.nextInt(8);
        boolean ended = outcome == Outcome.OK;
        long sent = 800 + any.nextInt(6_000);
        var event = new UsageEvent(name(random, 26), 1, from.plusNanos(number * 50_000),
                new TenantId("tenant-" + tenant),
                new KeyId("key_" + Integer.toString(1_000_000 + tenant * 8 + key, 36)), "user-" + tenant + "-" + key,
                model.route, model.provider, model.asked, ended ? model.answered : null, null,
                ended ? model.tier : null,
                ended ? model.answerId + name(random, 12) : null, attribution(random, tenant), quantities,
                new WireBytes(sent, sent + 22, ended ? 900 + answerBytes : 0, ended ? 900 + answerBytes : 0),
                ended ? 200 : 0, ended ? 200 : 0, ended ? 300_000_000L + random.nextLong(9_000_000_000L) : 0,
                ended ? 150_000_000L + random.nextLong(900_000_000L) : -1, 0, -1, outcome, null, "2026-11-01", cost,
                Flags.NONE);
        return ended && random.nextInt(10) == 0
                ? event.withTools(new ToolCounts(Map.of("search_documents", 1L + random.nextInt(3))))
                : event;
    }

    private static Attribution attribution(SplittableRandom random, int tenant) {
        var run = random.nextInt(3) == 0 ? "run-" + tenant + "-" + random.nextInt(200) : null;
        var ticket = random.nextInt(4) == 0 ? "INC-" + random.nextInt(400) : null;
        var tags = random.nextBoolean()
                ? Map.of("team", "team-" + random.nextInt(6), "env", "production")
                : Map.<String, String>of();
        return run == null && ticket == null && tags.isEmpty()
                ? Attribution.NONE
                : new Attribution(run, run == null ? null : "step-" + random.nextInt(20), ticket, null, tags);
    }

    private static Quantities reserved(SplittableRandom random) {
        return Quantities.builder()
                .set(Meter.TOKENS_IN, 1_000 + random.nextInt(9_000), Provenance.BOUND)
                .set(Meter.TOKENS_OUT, 4_096, Provenance.BOUND)
                .build();
    }

    private static Quantities used(SplittableRandom random, long in, long out) {
        boolean counted = random.nextInt(20) == 0;
        var quantities = Quantities.builder()
                .reported(Meter.TOKENS_IN, in)
                .set(Meter.TOKENS_OUT, out, counted ? Provenance.TOKENIZER : Provenance.REPORTED)
                .reported(Meter.CALLS, 1)
                .reported(Meter.EGRESS_BYTES, 1_700 + out * 4)
                .reported(Meter.INGRESS_BYTES, 2_400 + in * 4);
        return random.nextInt(3) > 0 ? quantities.build() : quantities.reported(Meter.CACHE_READ, in / 2).build();
    }

    private static String name(SplittableRandom random, int length) {
        var name = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            name.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return name.toString();
    }
}
