package dev.weir.simulator;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseAllocator.Exchanged;
import dev.weir.lease.LeaseAllocator.Held;
import dev.weir.lease.LeaseAllocator.Lent;
import dev.weir.lease.LeaseAllocator.Used;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LendingRule;
import dev.weir.ledger.Holding;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The tables of leases, each exchange one transaction; `PostgresLeasesIT` holds PostgreSQL to the same rule. No amount changes
/// in a run, so what a node names is what is in force.
final class ModelLeases {
    private final Map<String, Holder> holders = new HashMap<>();
    private final Map<LeaseKey, Map<String, Row>> rows = new HashMap<>();
    /// Epochs of which records are gone.
    private final Map<String, Set<Long>> holed = new HashMap<>();

    private static final class Holder {
        long epoch;
        long number;
    }

    private static final class Row {
        long epoch;
        long lent;
        long lost;
        long used;
    }

    void holed(String node, long epoch) {
        holed.computeIfAbsent(node, _ -> new HashSet<>()).add(epoch);
    }

    Exchanged exchange(Exchange exchange) throws LeaseException {
        var holder = holders.computeIfAbsent(exchange.node(), _ -> new Holder());
        if (holder.epoch > exchange.epoch()) {
            throw LeaseException.fenced("epoch " + holder.epoch + " of " + exchange.node() + " has spoken");
        }
        boolean echo = holder.epoch == exchange.epoch() && exchange.number() <= holder.number;
        if (!echo) {
            holder.epoch = exchange.epoch();
            holder.number = exchange.number();
        }
        var lent = new ArrayList<Lent>();
        for (Ask ask : exchange.asks()) {
            lent.add(exchange(exchange, ask, echo));
        }
        return new Exchanged(holders.size(), lent);
    }

    private Lent exchange(Exchange exchange, Ask ask, boolean echo) {
        var ofKey = rows.computeIfAbsent(ask.key(), _ -> new HashMap<>());
        var row = ofKey.computeIfAbsent(exchange.node(), _ -> new Row());
        long elsewhere = 0;
        long elsewhereUsed = 0;
        for (var other : ofKey.entrySet()) {
            if (!other.getKey().equals(exchange.node())) {
                elsewhere += other.getValue().lent + other.getValue().lost;
                elsewhereUsed += other.getValue().used + other.getValue().lost;
            }
        }
        if (!echo) {
            row.epoch = exchange.epoch();
            row.lost = ask.lost();
            row.used = ask.used();
            row.lent = LendingRule.lent(ask.amount(), elsewhere, ask.keep(), ask.lost(), ask.need(), ask.wish(),
                    holders.size());
        }
        return new Lent(row.lent, row.lost, elsewhere, elsewhereUsed);
    }

    List<Held> held(String node) {
        var held = new ArrayList<Held>();
        rows.forEach((key, ofKey) -> {
            var row = ofKey.get(node);
            if (row != null) {
                long epoch = row.epoch;
                held.add(new Held(key, row.lent, row.lost,
                        holed.getOrDefault(node, Set.of()).stream().noneMatch(hole -> hole >= epoch)));
            }
        });
        return held;
    }

    void note(List<Used> used) {
        for (Used one : used) {
            rows.computeIfAbsent(one.key(), _ -> new HashMap<>()).computeIfAbsent(one.node(), _ -> {
                var row = new Row();
                row.lent = one.used();
                row.used = one.used();
                return row;
            });
        }
    }

    /// That no unit is lent twice, and that the node spends from no more than is held for it.
    void check(Run run, String node, Holding holding, long outageBound) {
        var ofKey = rows.getOrDefault(key(holding.tenant(), holding.limit(), holding.value(), holding.span()),
                Map.of());
        long all = ofKey.values().stream().mapToLong(row -> row.lent + row.lost).sum();
        run.check(all <= holding.limit().amount() + outageBound, "%s of %s: %d lent of %d: %s", holding.limit().id(),
                holding.value(), all, holding.limit().amount(), holding.span());
        var row = ofKey.get(node);
        run.check(holding.lent() <= (row == null ? 0 : row.lent), "%s of %s: %s spends from %d, and %d are lent to it",
                holding.limit().id(), holding.value(), node, holding.lent(), row == null ? 0 : row.lent);
    }

    private static LeaseKey key(TenantId tenant, Limit limit, String value, Window.Span span) {
        return LeaseKey.of(tenant, limit, value, span);
    }
}
