package dev.weir.rating;

import dev.weir.money.UnitPrice;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/// One price for each [PriceKind], or none. Immutable.
final class Prices {
    static final Prices NONE = new Prices(new UnitPrice[PriceKind.COUNT]);
    private static final PriceKind[] PER_SECOND = {PriceKind.SECOND_IN_EACH, PriceKind.SECOND_OUT_EACH,
        PriceKind.AUDIO_SECOND_IN_EACH};
    private static final int PICO_DECIMALS = 12;

    private final @Nullable UnitPrice[] byKind;

    private Prices(@Nullable UnitPrice[] byKind) {
        this.byKind = byKind;
    }

    @Nullable
    UnitPrice of(PriceKind kind) {
        return byKind[kind.ordinal()];
    }

    /// The first that is there.
    @Nullable
    UnitPrice first(PriceKind kind, PriceKind instead) {
        UnitPrice price = of(kind);
        return price != null ? price : of(instead);
    }

    /// The dearest of the prices for a second: lists name the other direction with 0.
    @Nullable
    UnitPrice perSecond() {
        UnitPrice dearest = null;
        for (PriceKind kind : PER_SECOND) {
            UnitPrice price = of(kind);
            if (price != null && (dearest == null || isDearer(price, dearest))) {
                dearest = price;
            }
        }
        return dearest;
    }

    private static boolean isDearer(UnitPrice a, UnitPrice b) {
        BigInteger left = BigInteger.valueOf(a.picosPerBlock()).multiply(BigInteger.valueOf(b.unitsPerBlock()));
        BigInteger right = BigInteger.valueOf(b.picosPerBlock()).multiply(BigInteger.valueOf(a.unitsPerBlock()));
        return left.compareTo(right) > 0;
    }

    boolean has(PriceKind kind) {
        return of(kind) != null;
    }

    Prices with(PriceKind kind, UnitPrice price) {
        @Nullable
        UnitPrice[] copy = byKind.clone();
        copy[kind.ordinal()] = price;
        return new Prices(copy);
    }

    /// These prices, with those of `other` in their place where it has any.
    Prices overlaidBy(Prices other) {
        @Nullable
        UnitPrice[] copy = byKind.clone();
        for (int i = 0; i < copy.length; i++) {
            if (other.byKind[i] != null) {
                copy[i] = other.byKind[i];
            }
        }
        return new Prices(copy);
    }

    Prices tokensAtHalf() {
        @Nullable
        UnitPrice[] copy = byKind.clone();
        for (PriceKind kind : PriceKind.values()) {
            UnitPrice price = of(kind);
            if (price != null && kind.isOfTokens()) {
                copy[kind.ordinal()] = price.halved();
            }
        }
        return new Prices(copy);
    }

    /// A listed price as whole pico-dollars: for one unit where that is whole, else for the smallest decimal block for which
    /// it is.
    ///
    /// @throws ArithmeticException if it does not fit
    static UnitPrice unitPrice(BigDecimal usd, long units) {
        BigDecimal picos = usd.movePointRight(PICO_DECIMALS).stripTrailingZeros();
        int decimals = Math.max(0, picos.scale());
        BigInteger amount = picos.movePointRight(decimals).toBigIntegerExact();
        BigInteger block = BigInteger.TEN.pow(decimals).multiply(BigInteger.valueOf(units));
        BigInteger common = amount.gcd(block);
        return new UnitPrice(amount.divide(common).longValueExact(), block.divide(common).longValueExact());
    }
}
