package dev.weir.rating;

import dev.weir.money.Money;
import dev.weir.money.UnitPrice;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/// A sum of prices times units in which nothing is rounded before the end. For one thread and one sum.
///
/// List prices per million tokens are whole pico-dollars per token, so nearly every sum stays in one `long`; the others go by
/// way of fractions. Everything throws [ArithmeticException] rather than wrap.
final class ExactCost {
    private static final BigInteger TWO = BigInteger.TWO;

    private long wholePicos;
    private @Nullable BigInteger numerator;
    private BigInteger denominator = BigInteger.ONE;

    void add(UnitPrice price, long units) {
        if (price.unitsPerBlock() == 1) {
            wholePicos = Math.addExact(wholePicos, Math.multiplyExact(price.picosPerBlock(), units));
            return;
        }
        addFraction(BigInteger.valueOf(price.picosPerBlock()).multiply(BigInteger.valueOf(units)),
                BigInteger.valueOf(price.unitsPerBlock()));
    }

    private void addFraction(BigInteger more, BigInteger over) {
        BigInteger soFar = numerator == null ? BigInteger.ZERO : numerator;
        numerator = soFar.multiply(over).add(more.multiply(denominator));
        denominator = denominator.multiply(over);
    }

    void multiply(BigDecimal factor) {
        BigInteger sum = total();
        numerator = sum.multiply(factor.unscaledValue());
        wholePicos = 0;
        if (factor.scale() >= 0) {
            denominator = denominator.multiply(BigInteger.TEN.pow(factor.scale()));
        } else {
            numerator = numerator.multiply(BigInteger.TEN.pow(-factor.scale()));
        }
    }

    /// The one division: half-up, of an amount that is never negative.
    Money rounded() {
        if (numerator == null) {
            return Money.ofPicos(wholePicos);
        }
        BigInteger doubled = denominator.multiply(TWO);
        return Money.ofPicos(total().multiply(TWO).add(denominator).divide(doubled).longValueExact());
    }

    /// The whole sum over the denominator.
    private BigInteger total() {
        BigInteger whole = BigInteger.valueOf(wholePicos).multiply(denominator);
        return numerator == null ? whole : whole.add(numerator);
    }
}
