package dev.weir.money;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/// A price as lists state it: so many pico-dollars for a block of units, `2.50 USD per 1,000,000 tokens`.
///
/// @param picosPerBlock pico-dollars for one block, 0 or more
/// @param unitsPerBlock units in a block, 1 or more
public record UnitPrice(long picosPerBlock, long unitsPerBlock) {
    public static final long MILLION = 1_000_000L;

    public UnitPrice {
        if (picosPerBlock < 0 || unitsPerBlock < 1) {
            throw new IllegalArgumentException(
                    "a price is 0 or more pico-dollars for 1 or more units, not " + picosPerBlock + " for "
                            + unitsPerBlock);
        }
    }

    /// @throws ArithmeticException if `usd` has more than 12 decimals or does not fit
    public static UnitPrice usdPer(String usd, long units) {
        return new UnitPrice(Money.ofUsd(new BigDecimal(usd)).picos(), units);
    }

    /// Exact product; at most one division, half-up, and none where the block divides the price.
    ///
    /// @param units how many units, may be negative for a correction
    /// @throws ArithmeticException if the result does not fit
    public Money of(long units) {
        if (picosPerBlock % unitsPerBlock == 0) {
            return Money.ofPicos(Math.multiplyExact(picosPerBlock / unitsPerBlock, units));
        }
        var product = new BigDecimal(BigInteger.valueOf(picosPerBlock).multiply(BigInteger.valueOf(units)));
        return Money
                .ofPicos(product.divide(BigDecimal.valueOf(unitsPerBlock), 0, RoundingMode.HALF_UP).longValueExact());
    }

    /// Exactly half of it.
    public UnitPrice halved() {
        return picosPerBlock % 2 == 0
                ? new UnitPrice(picosPerBlock / 2, unitsPerBlock)
                : new UnitPrice(picosPerBlock, Math.multiplyExact(unitsPerBlock, 2));
    }

    public boolean isFree() {
        return picosPerBlock == 0;
    }
}
