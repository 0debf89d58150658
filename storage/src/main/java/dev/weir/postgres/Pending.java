package dev.weir.postgres;

import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.rollup.DaySeal;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/// The calls whose usage is still awaited, for a node that starts again. Blocks; any thread but an event loop.
public final class Pending {
    /// What books such usage has the id of the object too. A repeated request may have created the same object again; one
    /// booking is for all of them.
    private static final String PENDING = "SELECT " + EventRow.COLUMNS + " FROM weir.usage_events AS created"
            + " WHERE day >= $1 AND time >= $2 AND node = $3 AND flags & $4 <> 0 AND provider_request_id IS NOT NULL"
            + " AND tenant <> '' AND NOT EXISTS (SELECT FROM weir.usage_events AS booked WHERE booked.day >= $1"
            + " AND booked.flags & $5 <> 0 AND booked.tenant = created.tenant AND booked.provider = created.provider"
            + " AND booked.provider_request_id = created.provider_request_id)";

    private final Client auditor;

    Pending(Client auditor) {
        this.auditor = auditor;
    }

    /// The events of this node since then that await usage which no event has booked.
    public List<UsageEvent> of(String node, Instant since) {
        var start = since.atOffset(ZoneOffset.UTC);
        var arguments = Tuple.of(DaySeal.dayOf(since), start, node, bits(Flag.USAGE_PENDING),
                bits(Flag.USAGE_DEFERRED));
        return auditor.snapshot(statements -> {
            var pending = new ArrayList<UsageEvent>();
            statements.query(PENDING, arguments).forEach(row -> pending.add(EventRow.read(row).event()));
            return pending;
        });
    }

    private static int bits(Flag flag) {
        return Flags.NONE.with(flag).bits();
    }
}
