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
    /// @param requests how many requests `used` is summed over, those of `sides` included
    /// @return null where a part has no price
    @Nullable
    Money of(@Nullable String answered, @Nullable String asked, Quantities used, List<Side> sides, long requests) {
        Quantities rest = used;
        long restRequests = requests;
        Money sum = Money.ZERO;
        for (Side side : sides) {
            ModelId model = side.model();
            if (model == null) {
                continue;
            }
            Money cost = rate(model.value(), side.quantities(), side.requests());
            if (cost == null) {
                return null;
            }
            sum = sum.plus(cost);
            rest = without(rest, side.quantities());
            restRequests -= side.requests();
        }
        restRequests = Math.max(1, restRequests);
        Money cost = rate(answered, rest, restRequests);
        if (cost == null) {
            cost = rate(asked, rest, restRequests);
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

    private @Nullable Money rate(@Nullable String model, Quantities used, long requests) {
        if (model == null) {
            return null;
        }
        return switch (prices.rate(tenant, new Sku(provider, model, region, serviceTier), used, requests, at)) {
            case Rating.Rated(Money cost) -> cost;
            case Rating.Unpriced _ -> null;
        };
    }
}
