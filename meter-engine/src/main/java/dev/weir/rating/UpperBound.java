package dev.weir.rating;

import dev.weir.money.UnitPrice;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// The dearest a call can be: each input token at the dearest price an input token can have (a cache write of one hour, a long
/// input's step), each output token likewise, and no option forgotten that the provider may choose by itself.
final class UpperBound {
    private static final PriceKind[] TEXT_IN = {PriceKind.INPUT, PriceKind.CACHE_READ, PriceKind.CACHE_WRITE,
        PriceKind.CACHE_WRITE_1H, PriceKind.IMAGE_TOKEN_IN};
    private static final PriceKind[] TEXT_OUT = {PriceKind.OUTPUT, PriceKind.REASONING, PriceKind.IMAGE_TOKEN_OUT};
    private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private UpperBound() {}

    static CostBound of(Selection selection, long tokensIn, Quantities others, boolean audio) {
        long perInput = 0;
        long perOutput = 0;
        long units = 0;
        for (Tariff tariff : selection.possibleTariffs()) {
            perInput = Math.max(perInput, perToken(tariff.usual(), TEXT_IN, audio ? PriceKind.AUDIO_IN : null));
            perOutput = Math.max(perOutput, perToken(tariff.usual(), TEXT_OUT, audio ? PriceKind.AUDIO_OUT : null));
            units = Math.max(units, units(tariff.usual(), others));
            for (Tariff.Step step : tariff.steps()) {
                if (tokensIn > step.inputTokensAbove()) {
                    Prices prices = step.prices();
                    perInput = Math.max(perInput, perToken(prices, TEXT_IN, audio ? PriceKind.AUDIO_IN : null));
                    perOutput = Math.max(perOutput, perToken(prices, TEXT_OUT, audio ? PriceKind.AUDIO_OUT : null));
                    units = Math.max(units, units(prices, others));
                }
            }
        }
        long fixed = plus(times(perInput, tokensIn), units);
        for (BigDecimal factor : selection.possibleFactors()) {
            fixed = times(fixed, factor);
            perOutput = times(perOutput, factor);
        }
        return new CostBound.Bounded(fixed, perOutput);
    }

    private static long perToken(Prices prices, PriceKind[] kinds, @Nullable PriceKind audio) {
        long dearest = audio == null ? 0 : PriceBook.dearest(0, prices.of(audio));
        for (PriceKind kind : kinds) {
            dearest = PriceBook.dearest(dearest, prices.of(kind));
        }
        return dearest;
    }

    private static long units(Prices prices, Quantities others) {
        if (others.isEmpty()) {
            return times(PriceBook.dearest(0, prices.of(PriceKind.REQUEST_EACH)), 1);
        }
        long seconds = perUnit(prices.perSecond());
        long calls = Math.max(1, others.amount(Meter.CALLS));
        long sum = times(perUnit(prices.of(PriceKind.IMAGE_OUT_EACH)), others.amount(Meter.IMAGES_GENERATED));
        sum = plus(sum, times(perUnit(prices.of(PriceKind.SEARCH_MEDIUM_EACH)), others.amount(Meter.SEARCHES)));
        sum = plus(sum,
                times(perUnit(prices.of(PriceKind.QUERY_EACH)), Math.max(calls, others.amount(Meter.SEARCHES))));
        sum = plus(sum, times(perUnit(prices.of(PriceKind.REQUEST_EACH)), calls));
        sum = plus(sum, times(perUnit(prices.of(PriceKind.CHARACTER_IN)), others.amount(Meter.CHARACTERS)));
        sum = plus(sum, times(perUnit(prices.of(PriceKind.PAGE_EACH)), others.amount(Meter.PAGES)));
        return plus(sum, times(seconds, others.amount(Meter.SECONDS)));
    }

    private static long perUnit(@Nullable UnitPrice price) {
        return PriceBook.dearest(0, price);
    }

    private static long times(long a, long b) {
        long low = a * Math.max(0, b);
        return Math.multiplyHigh(a, Math.max(0, b)) != 0 || low < 0 ? Long.MAX_VALUE : low;
    }

    private static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    private static long times(long a, BigDecimal factor) {
        BigInteger product = factor.multiply(BigDecimal.valueOf(a)).setScale(0, RoundingMode.CEILING).toBigInteger();
        return product.compareTo(LONG_MAX) > 0 ? Long.MAX_VALUE : product.longValueExact();
    }
}
