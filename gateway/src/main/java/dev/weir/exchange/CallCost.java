package dev.weir.exchange;

import dev.weir.dialect.AnswerFacts.Side;
import dev.weir.money.Money;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Rating;
import dev.weir.rating.Sku;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one call's usage costs at the prices of its admission: sides that have a model of their own at that model's price,
/// the rest at the price of the model that answered.
///
/// @param at the moment of admission
record CallCost(PriceBook prices, @Nullable String tenant, String provider, @Nullable String region,
        @Nullable String serviceTier, Instant at) {
    /// @param answered the model that is priced; the one asked for stands in where there is no price for it
    /// @param used all of it, `sides` included
    /// @return null where a part has no price
    @Nullable
    Money of(@Nullable String answered, @Nullable String asked, Quantities used, List<Side> sides) {
        Quantities rest = used;
        Money sum = Money.ZERO;
        for (Side side : sides) {
            ModelId model = side.model();
            if (model == null) {
                continue;
            }
            Money cost = rate(model.value(), side.quantities());
            if (cost == null) {
                return null;
            }
            sum = sum.plus(cost);
            rest = without(rest, side.quantities());
        }
        Money cost = rate(answered, rest);
        if (cost == null) {
            cost = rate(asked, rest);
        }
        return cost == null ? null : sum.plus(cost);
    }

    private static Quantities without(Quantities used, Quantities side) {
        return used.with(all -> side.forEach((meter, amount, provenance) -> {
            if (used.has(meter)) {
                all.set(meter, Math.subtractExact(used.amount(meter), amount), used.provenance(meter));
            }
        }));
    }

    private @Nullable Money rate(@Nullable String model, Quantities used) {
        if (model == null) {
            return null;
        }
        return switch (prices.rate(tenant, new Sku(provider, model, region, serviceTier), used, at)) {
            case Rating.Rated(Money cost) -> cost;
            case Rating.Unpriced _ -> null;
        };
    }
}
