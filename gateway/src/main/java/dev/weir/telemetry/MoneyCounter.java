package dev.weir.telemetry;

import dev.weir.money.Money;
import java.util.concurrent.atomic.LongAdder;

/// A running sum of money in integers; becomes a floating number only when it is scraped. Any thread.
///
/// Held as whole micro-dollars and the picos below one, so that neither adder comes near the end of a `long`.
final class MoneyCounter {
    private static final long PICOS_PER_MICRO = 1_000_000;
    private static final double MICROS_PER_USD = 1e6;

    private final LongAdder micros = new LongAdder();
    private final LongAdder picos = new LongAdder();

    void add(Money amount) {
        micros.add(amount.picos() / PICOS_PER_MICRO);
        picos.add(amount.picos() % PICOS_PER_MICRO);
    }

    double usd() {
        return (micros.sum() + picos.sum() / (double) PICOS_PER_MICRO) / MICROS_PER_USD;
    }
}
