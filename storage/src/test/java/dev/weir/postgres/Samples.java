package dev.weir.postgres;

import dev.weir.event.Attribution;
import dev.weir.event.EventId;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.rollup.DaySeal;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.tenant.ApiKeyHash;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Events and keys as a gateway would make them.
final class Samples {
    static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.MICROS);

    private Samples() {}

    static DayRange today() {
        LocalDate day = DaySeal.dayOf(NOW);
        return new DayRange(day, day.plusDays(1));
    }

    static KeyId keyId(String id) {
        return new KeyId(id);
    }

    static TenantKey key(String id, TenantId tenant) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return new TenantKey(new KeyId(id), ApiKeyHash.of(hash), tenant, null, "abcd", false);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static UsageEvent event(@Nullable String tenant) {
        return event(tenant, "openai", NOW, Money.ofUsd("0.000000000001"), attribution("run-1"));
    }

    static Attribution attribution(String run) {
        return new Attribution(run, "step", "INC1", "cc1", Map.of("team", "blue"));
    }

    /// An event of an attempt of tenant `acme`, now.
    static UsageEvent attempt(String callId, int attempt, Outcome outcome, Flags flags) {
        var e = event("acme");
        return new UsageEvent(callId, attempt, e.time(), e.tenant(), e.key(), e.user(), e.route(), e.provider(),
                e.modelAsked(), e.modelAnswered(), e.region(), e.serviceTier(), e.providerRequestId(), e.attribution(),
                e.quantities(), e.bytes(), e.clientStatus(), e.upstreamStatus(), e.latencyNanos(), e.firstTokenNanos(),
                e.clientRetryCount(), e.retryAfterSeconds(), outcome, e.reasonCode(), e.priceVersion(), e.cost(),
                flags);
    }

    static UsageEvent event(@Nullable String tenant, String route, Instant time, @Nullable Money cost,
            Attribution attribution) {
        var quantities = Quantities.builder()
                .reported(Meter.TOKENS_IN, 10)
                .set(Meter.TOKENS_OUT, 5, Provenance.TOKENIZER)
                .reported(Meter.CALLS, 1)
                .build();
        return new UsageEvent("call", 1, time, tenant == null ? null : new TenantId(tenant),
                tenant == null ? null : new KeyId("key_" + tenant), "ann", route, "openai", "gpt", "gpt-2026", "eu",
                "flex", "req",
                attribution, quantities, new WireBytes(1, 2, 3, 4), 200, 200, 1_000, 10, 0, -1, Outcome.OK, null, "v1",
                cost, Flags.NONE);
    }

    /// The end of a call's first attempt.
    static UsageEvent settled(String call) {
        return attempt(call, 1, Outcome.OK, Flags.NONE);
    }

    /// What a start charges a call's first attempt with.
    static UsageEvent interrupted(String call) {
        return attempt(call, 1, Outcome.INTERRUPTED, Flags.NONE);
    }

    /// The events with the seqs that follow `after`.
    static List<KeptEvent> kept(String node, long epoch, long after, UsageEvent... events) {
        var kept = new ArrayList<KeptEvent>();
        for (UsageEvent event : events) {
            kept.add(new KeptEvent(new EventId(node, epoch, after + kept.size() + 1), event));
        }
        return kept;
    }

    /// The events as seq 1, 2, … of node `n1`, epoch 1.
    static Batch batch(UsageEvent... events) {
        return new Batch("n1", 1, kept("n1", 1, 0, events));
    }
}
