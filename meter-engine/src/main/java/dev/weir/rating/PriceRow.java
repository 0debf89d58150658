package dev.weir.rating;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The prices of one model in one region from one day to another. Immutable.
///
/// @param tenant whose price it is, null for everybody's
/// @param fromDay the first day (of UTC, as an epoch day), [Long#MIN_VALUE] for ever
/// @param toDay the first day it no longer holds, [Long#MAX_VALUE] for still
/// @param services `batch`, `flex`, `priority`
/// @param multipliers by request option
record PriceRow(@Nullable String tenant, String provider, String model, @Nullable String region, long fromDay,
        long toDay, Tariff standard, Map<String, Tariff> services, Map<String, BigDecimal> multipliers,
        ModelFacts facts) {
    PriceRow {
        services = Map.copyOf(services);
        multipliers = Map.copyOf(multipliers);
        if (fromDay >= toDay) {
            throw new IllegalArgumentException("the price of " + provider + "/" + model + " ends before it begins");
        }
    }

    boolean holdsOn(long day) {
        return fromDay <= day && day < toDay;
    }
}
