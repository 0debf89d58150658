package dev.weir.money;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// An exact amount of US dollars: a whole number of pico-dollars (10⁻¹² USD) in 64 bits.
///
/// Range: ±9.2 million dollars. Every operation checks for overflow and throws [ArithmeticException] rather than wrap;
/// larger sums (invoices, reports over many tenants) are made in `NUMERIC` or [BigDecimal]. Immutable, any thread.
public record Money(long picos) implements Comparable<Money> {
    public static final Money ZERO = new Money(0);
    public static final long PICOS_PER_USD = 1_000_000_000_000L;
    private static final int SCALE = 12;

    public static Money ofPicos(long picos) {
        return picos == 0 ? ZERO : new Money(picos);
    }

    /// @throws ArithmeticException if `usd` has more than 12 decimals or does not fit
    public static Money ofUsd(BigDecimal usd) {
        return ofPicos(usd.setScale(SCALE, RoundingMode.UNNECESSARY).unscaledValue().longValueExact());
    }

    public static Money ofUsd(String usd) {
        return ofUsd(new BigDecimal(usd));
    }

    public Money plus(Money other) {
        return ofPicos(Math.addExact(picos, other.picos));
    }

    public Money minus(Money other) {
        return ofPicos(Math.subtractExact(picos, other.picos));
    }

    public boolean isZero() {
        return picos == 0;
    }

    public BigDecimal toUsd() {
        return BigDecimal.valueOf(picos, SCALE);
    }

    /// The amount as JSON and CSV carry it: plain decimal dollars without trailing zeros, `0.000125`.
    @Override
    public String toString() {
        return picos == 0 ? "0" : toUsd().stripTrailingZeros().toPlainString();
    }

    @Override
    public int compareTo(Money other) {
        return Long.compare(picos, other.picos);
    }
}
