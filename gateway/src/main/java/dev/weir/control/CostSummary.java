package dev.weir.control;

import dev.weir.usage.Meter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a tenant's calls cost in a period. Immutable.
///
/// @param groups the largest cost first, of equals by value; empty where no breakdown was asked for
public record CostSummary(Total total, List<Group> groups) {
    public CostSummary {
        groups = List.copyOf(groups);
    }

    /// @param cost US dollars, exact; sums may exceed what [dev.weir.money.Money] holds
    /// @param events attempts and refusals
    /// @param attempts upstream requests
    /// @param unpriced events without a price; they add nothing to `cost`
    /// @param meters without `tokens` and `cost`, which follow from the rest; one that sums to 0 is not in the map
    public record Total(BigDecimal cost, long events, long attempts, long unpriced,
            Map<Meter, BigInteger> meters) {
        public Total {
            var amounts = new EnumMap<Meter, BigInteger>(Meter.class);
            meters.forEach((meter, amount) -> {
                if (amount.signum() != 0) {
                    amounts.put(meter, amount);
                }
            });
            meters = Map.copyOf(amounts);
        }
    }

    /// @param value null for events that name none
    public record Group(@Nullable String value, Total total) {}
}
