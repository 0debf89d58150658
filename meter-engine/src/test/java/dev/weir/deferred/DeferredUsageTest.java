package dev.weir.deferred;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What is awaited is taken once, by whoever asks first.
class DeferredUsageTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

    private final DeferredUsage deferred = new DeferredUsage();

    private static Awaited awaited(String objectId, Instant time) {
        var attribution = new Attribution("run-7", null, null, null, Map.of("team", "blue"));
        return new Awaited(new UsageEvent("wrq_1", 2, time, ACME, null, "ann", "openai", "openai", "gpt-5", null, "eu",
                "flex", objectId, attribution, Quantities.of(Meter.CALLS, 1, Provenance.REPORTED),
                WireBytes.NONE, 200, 200, 5, 5, 0, -1, Outcome.OK, null, "list-1", Money.ZERO,
                Flags.NONE.with(Flags.Flag.USAGE_PENDING)), null);
    }

    @Test
    void theFirstWhoAsksGetsTheCallAndNobodyAfter() {
        Awaited call = awaited("resp_1", NOW);
        deferred.await(call);
        assertThat(deferred.take(ACME, "openai", "resp_1")).isSameAs(call);
        assertThat(deferred.take(ACME, "openai", "resp_1")).isNull();
        assertThat(deferred.size()).isZero();
    }

    @Test
    void anObjectIsItsTenantsAndItsProvidersOnly() {
        deferred.await(awaited("resp_1", NOW));
        assertThat(deferred.take(new TenantId("globex"), "openai", "resp_1")).isNull();
        assertThat(deferred.take(ACME, "azure", "resp_1")).isNull();
        assertThat(deferred.take(ACME, "openai", "resp_2")).isNull();
        assertThat(deferred.size()).isEqualTo(1);
    }

    @Test
    void whoCannotBookPutsTheCallBack() {
        Awaited call = awaited("resp_1", NOW);
        deferred.await(call);
        assertThat(deferred.take(ACME, "openai", "resp_1")).isSameAs(call);
        deferred.await(call);
        assertThat(deferred.take(ACME, "openai", "resp_1")).isSameAs(call);
    }

    @Test
    void anObjectIsAwaitedForItsFirstCallOnly() {
        Awaited first = awaited("resp_1", NOW);
        assertThat(deferred.await(first)).isTrue();
        assertThat(deferred.await(awaited("resp_1", NOW.plusSeconds(1)))).isFalse();
        assertThat(deferred.take(ACME, "openai", "resp_1")).isSameAs(first);
        assertThat(deferred.take(ACME, "openai", "resp_1")).isNull();
    }

    @Test
    void ofManyWhoAskAtOnceOneGetsIt() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            deferred.await(awaited("resp_" + i, NOW));
        }
        var taken = new AtomicInteger();
        try (var askers = Executors.newFixedThreadPool(4)) {
            for (int asker = 0; asker < 4; asker++) {
                askers.submit(() -> {
                    for (int i = 0; i < 2_000; i++) {
                        taken.addAndGet(deferred.take(ACME, "openai", "resp_" + i) == null ? 0 : 1);
                    }
                });
            }
        }
        assertThat(taken).hasValue(2_000);
    }

    @Test
    void aFileThatTellsTheUsageOfABatchGivesItOnceWhicheverIsAskedFirst() {
        Awaited call = awaited("batch_1", NOW);
        for (List<String> asked : List.of(List.of("file-1", "batch_1"), List.of("batch_1", "file-1"))) {
            deferred.await(call);
            deferred.toldBy(ACME, "openai", "batch_1", "file-1");
            deferred.toldBy(ACME, "openai", "batch_1", "file-1");
            assertThat(deferred.take(ACME, "openai", asked.getFirst())).isSameAs(call);
            assertThat(deferred.take(ACME, "openai", asked.getLast())).isNull();
            assertThat(deferred.take(ACME, "openai", asked.getFirst())).isNull();
        }
    }

    @Test
    void aFileTellsTheUsageOfItsOwnTenantsAndProvidersBatchOnly() {
        deferred.await(awaited("batch_1", NOW));
        deferred.toldBy(new TenantId("globex"), "openai", "batch_1", "file-1");
        deferred.toldBy(ACME, "azure", "batch_1", "file-1");
        deferred.toldBy(ACME, "openai", "batch_2", "file-1");
        assertThat(deferred.take(ACME, "openai", "file-1")).isNull();
        deferred.toldBy(ACME, "openai", "batch_1", "file-1");
        assertThat(deferred.take(new TenantId("globex"), "openai", "file-1")).isNull();
        assertThat(deferred.take(ACME, "openai", "file-1")).isNotNull();
    }

    @Test
    void whoCannotBookWhatAFileToldPutsTheCallBackForTheFileToo() {
        Awaited call = awaited("batch_1", NOW);
        deferred.await(call);
        deferred.toldBy(ACME, "openai", "batch_1", "file-1");
        assertThat(deferred.take(ACME, "openai", "file-1")).isSameAs(call);
        deferred.await(call);
        assertThat(deferred.takeExpired(NOW)).isEmpty();
        assertThat(deferred.take(ACME, "openai", "file-1")).isSameAs(call);
        assertThat(deferred.takeExpired(NOW)).isEmpty();
        deferred.await(call);
        assertThat(deferred.take(ACME, "openai", "file-1")).as("forgotten with the batch").isNull();
    }

    @Test
    void whatWasMadeTooLongAgoIsForgotten() {
        deferred.await(awaited("old", NOW.minus(DeferredUsage.KEPT).minusSeconds(1)));
        deferred.await(awaited("young", NOW.minus(DeferredUsage.KEPT).plus(Duration.ofSeconds(1))));
        assertThat(deferred.takeExpired(NOW)).singleElement()
                .satisfies(call -> assertThat(call.objectId()).isEqualTo("old"));
        assertThat(deferred.size()).isEqualTo(1);
    }

    @Test
    void aboveItsMostItIsFull() {
        for (int i = 0; i < DeferredUsage.AWAITED_MAX; i++) {
            assertThat(deferred.isFull()).isFalse();
            deferred.await(awaited("resp_" + i, NOW));
        }
        assertThat(deferred.isFull()).isTrue();
    }

    @Test
    void whatWasToldIsAnEventOfTheCreatingCallAtTheMomentOfItsAdmission() {
        var used = Quantities.builder().reported(Meter.TOKENS_IN, 7).build();
        UsageEvent told = awaited("resp_1", NOW).told(used, "gpt-5-2026", null, "list-2", Money.ofPicos(9), Flags.NONE);
        assertThat(told.callId()).isEqualTo("wrq_1");
        assertThat(told.attempt()).isEqualTo(3);
        assertThat(told.time()).isEqualTo(NOW);
        assertThat(told.modelAsked()).isEqualTo("gpt-5");
        assertThat(told.model()).isEqualTo("gpt-5-2026");
        assertThat(told.serviceTier()).isEqualTo("flex");
        assertThat(told.attribution().run()).isEqualTo("run-7");
        assertThat(told.quantities()).isEqualTo(used);
        assertThat(told.bytes()).isEqualTo(WireBytes.NONE);
        assertThat(told.priceVersion()).isEqualTo("list-2");
        assertThat(told.flags().asSet()).containsExactly(Flags.Flag.USAGE_DEFERRED);
    }
}
