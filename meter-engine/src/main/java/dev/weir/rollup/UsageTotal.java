package dev.weir.rollup;

import dev.weir.event.UsageEvent;
import dev.weir.usage.Meter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The sums over some events: exact, without bound. Immutable, any thread.
///
/// @param events how many, refusals included
/// @param attempts how many of them were attempts
/// @param unpriced how many have no cost, so that the cost is known to be incomplete
/// @param costPicos pico-dollars at list price of those that have one
/// @param meters whole units; a meter that sums to 0 is not in the map
public record UsageTotal(BigInteger events, BigInteger attempts, BigInteger unpriced, BigInteger costPicos,
        Map<Meter, BigInteger> meters) {
    /// The meters that are summed, in the order of their columns: all but `tokens`, which follows, and `cost`, which is apart.
    public static final List<Meter> METERS = Arrays.stream(Meter.values())
            .filter(meter -> meter != Meter.TOKENS && meter != Meter.COST)
            .toList();
    public static final UsageTotal NONE = new UsageTotal(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO,
            BigInteger.ZERO, Map.of());
    private static final int COST_SCALE = 12;

    public UsageTotal {
        var nonZero = new EnumMap<Meter, BigInteger>(Meter.class);
        meters.forEach((meter, amount) -> {
            if (meter == Meter.TOKENS || meter == Meter.COST) {
                throw new IllegalArgumentException("a total derives tokens and keeps cost apart");
            }
            if (amount.signum() != 0) {
                nonZero.put(meter, amount);
            }
        });
        meters = Map.copyOf(nonZero);
    }

    public static UsageTotal of(UsageEvent event) {
        var meters = new EnumMap<Meter, BigInteger>(Meter.class);
        event.quantities().forEach((meter, amount, _) -> {
            if (meter != Meter.TOKENS && meter != Meter.COST) {
                meters.put(meter, BigInteger.valueOf(amount));
            }
        });
        var cost = event.cost();
        return new UsageTotal(BigInteger.ONE, oneIf(event.outcome().isAttempt()), oneIf(cost == null),
                cost == null ? BigInteger.ZERO : BigInteger.valueOf(cost.picos()), meters);
    }

    public UsageTotal plus(UsageTotal other) {
        var sums = new EnumMap<Meter, BigInteger>(Meter.class);
        sums.putAll(meters);
        other.meters.forEach((meter, amount) -> sums.merge(meter, amount, BigInteger::add));
        return new UsageTotal(events.add(other.events), attempts.add(other.attempts), unpriced.add(other.unpriced),
                costPicos.add(other.costPicos), sums);
    }

    /// The sum of any meter, `tokens` and `cost` (in pico-dollars) included.
    public BigInteger amount(Meter meter) {
        return switch (meter) {
            case TOKENS -> amount(Meter.TOKENS_IN).add(amount(Meter.TOKENS_OUT));
            case COST -> costPicos;
            default -> meters.getOrDefault(meter, BigInteger.ZERO);
        };
    }

    public BigDecimal costUsd() {
        return new BigDecimal(costPicos, COST_SCALE);
    }

    private static BigInteger oneIf(boolean condition) {
        return condition ? BigInteger.ONE : BigInteger.ZERO;
    }
}
