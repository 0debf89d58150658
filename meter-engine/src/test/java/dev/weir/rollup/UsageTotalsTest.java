package dev.weir.rollup;

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
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class UsageTotalsTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    @Test
    void aDaySealsAtSixOnTheDayAfter() {
        var day = LocalDate.of(2026, 11, 24);
        assertThat(DaySeal.isLate(day, Instant.parse("2026-11-25T05:59:59.999999Z"))).isFalse();
        assertThat(DaySeal.isLate(day, Instant.parse("2026-11-25T06:00:00Z"))).isTrue();
    }

    @Test
    void oneEventIsInEachKindOfTotalOnce() {
        var totals = new UsageTotals();
        totals.add(event(10, Money.ofUsd("0.5")), NOON);
        assertThat(totals.toMap()).hasSize(3).allSatisfy((key, total) -> {
            assertThat(total.events()).isEqualTo(BigInteger.ONE);
            assertThat(total.amount(Meter.TOKENS)).isEqualTo(BigInteger.valueOf(10));
            assertThat(total.costUsd()).isEqualByComparingTo("0.5");
        });
    }

    @Test
    void whatIsLateIsATotalOfItsOwn() {
        var totals = new UsageTotals();
        totals.add(event(1, Money.ZERO), NOON);
        totals.add(event(1, Money.ZERO), NOON.plusSeconds(2 * 86_400));
        assertThat(totals.toMap().keySet()).filteredOn(TotalKey.ByDimension.class::isInstance).hasSize(2);
        assertThat(totals.toMap().keySet()).filteredOn(TotalKey.ByRun.class::isInstance).hasSize(1);
    }

    @Test
    void theLargestAmountsDoNotOverflowAndNoCostIsNotZero() {
        var totals = new UsageTotals();
        totals.add(event(Long.MAX_VALUE, Money.ofPicos(Long.MAX_VALUE)), NOON);
        totals.add(event(Long.MAX_VALUE, null), NOON);
        var max = BigInteger.valueOf(Long.MAX_VALUE);
        assertThat(totals.toMap().values()).allSatisfy(total -> {
            assertThat(total.amount(Meter.TOKENS_IN)).isEqualTo(max.add(max));
            assertThat(total.costPicos()).isEqualTo(max);
            assertThat(total.unpriced()).isEqualTo(BigInteger.ONE);
        });
    }

    @Test
    void aTotalHoldsNeitherTokensNorCostAmongItsMeters() {
        assertThatThrownBy(() -> new UsageTotal(BigInteger.ONE, BigInteger.ONE, BigInteger.ZERO, BigInteger.ZERO,
                Map.of(Meter.TOKENS, BigInteger.ONE))).isInstanceOf(IllegalArgumentException.class);
    }

    private static UsageEvent event(long tokensIn, @Nullable Money cost) {
        return new UsageEvent("call", 1, NOON, new TenantId("acme"), new KeyId("key_1"), null, "openai", "openai", "m",
                null,
                null, null, null, Attribution.NONE, Quantities.builder().reported(Meter.TOKENS_IN, tokensIn).build(),
                WireBytes.NONE, 200, 200, 1, -1, 0, -1, Outcome.OK, null, null, cost, Flags.NONE);
    }
}
