package dev.weir;

import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.Events;
import dev.weir.postgres.Postgres;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Rating;
import dev.weir.rating.Sku;
import dev.weir.spool.RecoveryRules;
import dev.weir.spool.StoreException;
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
    public long storedSeq(String node, long epoch) throws IOException {
        try {
            return postgres.store().watermark(node, epoch);
        } catch (StoreException away) {
            throw new IOException("PostgreSQL cannot be asked what it has of " + node + ": " + away.getMessage(), away);
        }
    }

    @Override
    public List<UsageEvent> notStored(List<UsageEvent> interrupted) throws IOException {
        try {
            var stored = postgres.events().stored(interrupted);
            return interrupted.stream()
                    .filter(attempt -> !stored.contains(Events.name(attempt.callId(), attempt.attempt())))
                    .toList();
        } catch (DatabaseException away) {
            throw new IOException("PostgreSQL cannot be asked for " + interrupted.size() + " attempts: "
                    + away.getMessage(), away);
        }
    }
}
