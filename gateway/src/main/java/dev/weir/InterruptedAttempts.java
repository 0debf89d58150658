package dev.weir;

import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.Postgres;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Rating;
import dev.weir.rating.Sku;
import dev.weir.spool.RecoveryRules;
import java.io.IOException;
import java.util.List;

/// What becomes of the attempts that Weir's death cut short: they cost what the list says of the quantities they are charged
/// with, unless PostgreSQL has their events already.
record InterruptedAttempts(Postgres postgres, PriceBook prices) implements RecoveryRules {
    @Override
    public UsageEvent rated(UsageEvent event) {
        String model = event.model();
        if (event.cost() != null || model == null || event.quantities().isEmpty()) {
            return event;
        }
        String tenant = event.tenant() == null ? null : event.tenant().value();
        var sku = new Sku(event.provider(), model, event.region(), event.serviceTier());
        return switch (prices.rate(tenant, sku, event.quantities(), event.time())) {
            case Rating.Rated(Money cost) -> event.withCost(cost);
            case Rating.Unpriced _ -> event;
        };
    }

    @Override
    public List<UsageEvent> charge(Charge charge) throws IOException {
        try {
            return postgres.charges().charge(charge);
        } catch (DatabaseException away) {
            throw new IOException("PostgreSQL cannot be asked for " + charge.attempts().size() + " attempts that "
                    + charge.node() + " was cut off in, so this start cannot charge them. Start again when it answers: "
                    + away.getMessage(), away);
        }
    }
}
