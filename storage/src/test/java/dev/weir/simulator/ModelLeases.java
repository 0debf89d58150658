package dev.weir.simulator;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.MemoryAllocator;
import dev.weir.ledger.Holding;

/// The tables of leases, each exchange one transaction, and what must hold of them at each step.
final class ModelLeases extends MemoryAllocator {
    /// That no unit is lent twice, and that the node spends from no more than is held for it.
    void check(Run run, String node, Holding holding, long outageBound) {
        LeaseKey key = LeaseKey.of(holding);
        long all = lent(key);
        run.check(all <= holding.limit().amount() + outageBound, "%s of %s: %d lent of %d: %s", holding.limit().id(),
                holding.value(), all, holding.limit().amount(), holding.span());
        long own = lent(key, node);
        run.check(holding.lent() <= own, "%s of %s: %s spends from %d, and %d are lent to it", holding.limit().id(),
                holding.value(), node, holding.lent(), own);
    }
}
