package dev.weir.ledger;

import java.util.List;

/// What of a shard is reserved, of whatever run of a window: to be asked at quiet moments, when it must be nothing.
final class Reserved {
    private Reserved() {}

    /// Adds every run that is kept and of which calls on this node have something reserved; all are of one moment.
    static void add(Shard shard, List<Standing> all) {
        shard.lock.lock();
        try {
            shard.limits.forEachReserved((limit, value, tally) -> all
                    .add(new Standing(limit, value, tally.settled, tally.reserved, tally.span)));
        } finally {
            shard.lock.unlock();
        }
    }
}
