package dev.weir.lease;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The allocator in memory: every exchange is one step. What PostgreSQL does is held to the same rule by `PostgresLeasesIT`.
public class MemoryAllocator implements LeaseAllocator {
    private final Map<String, Holder> holders = new HashMap<>();
    private final Map<LeaseKey, Map<String, Row>> rows = new HashMap<>();
    /// Epochs of which records are gone.
    private final Map<String, Set<Long>> holed = new HashMap<>();
    private final Map<String, Long> stored = new HashMap<>();
    private boolean away;
    private long asked;

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

    /// Whether nobody can be asked from now on.
    public synchronized void away(boolean now) {
        away = now;
    }

    /// From now on that amount of a limit is in force, whatever nodes name.
    public synchronized void store(String limit, long amount) {
        stored.put(limit, amount);
    }

    /// How many counters were asked about.
    public synchronized long asked() {
        return asked;
    }

    /// Notes that records of a start are gone: what it was lent is not accounted for by what is left of them.
    public synchronized void holed(String node, long epoch) {
        holed.computeIfAbsent(node, _ -> new HashSet<>()).add(epoch);
    }

    @Override
    public synchronized Exchanged exchange(Exchange exchange) throws LeaseException {
        reach();
        var holder = holders.computeIfAbsent(exchange.node(), _ -> new Holder());
        if (holder.epoch > exchange.epoch()) {
            throw LeaseException.fenced("epoch " + holder.epoch + " of " + exchange.node() + " has spoken");
        }
        boolean echo = holder.epoch == exchange.epoch() && exchange.number() <= holder.number;
        if (!echo) {
            holder.epoch = exchange.epoch();
            holder.number = exchange.number();
        }
        asked += exchange.asks().size();
        var lent = new ArrayList<Lent>();
        for (Ask ask : exchange.asks()) {
            lent.add(exchange(exchange, ask, echo));
        }
        return new Exchanged(holders.size(), lent);
    }

    private Lent exchange(Exchange exchange, Ask ask, boolean echo) {
        var ofKey = rows.computeIfAbsent(ask.key(), _ -> new HashMap<>());
        var row = ofKey.computeIfAbsent(exchange.node(), _ -> new Row());
        long elsewhereLent = 0;
        long elsewhereUsed = 0;
        for (var other : ofKey.entrySet()) {
            if (!other.getKey().equals(exchange.node())) {
                elsewhereLent += other.getValue().lent + other.getValue().lost;
                elsewhereUsed += other.getValue().used + other.getValue().lost;
            }
        }
        long amount = LendingRule.amount(ask.amount(), stored.getOrDefault(ask.key().limit(), Long.MAX_VALUE));
        if (!echo) {
            row.epoch = exchange.epoch();
            row.lost = ask.lost();
            row.used = ask.used();
            row.lent = LendingRule.lent(amount, elsewhereLent, ask.keep(), ask.lost(), ask.need(), ask.wish(),
                    holders.size());
        }
        return new Lent(row.lent, row.lost, LendingRule.toldElsewhere(elsewhereLent, ask.amount(), amount),
                elsewhereUsed);
    }

    @Override
    public synchronized List<Held> held(String node) throws LeaseException {
        reach();
        var held = new ArrayList<Held>();
        rows.forEach((key, ofKey) -> {
            var row = ofKey.get(node);
            if (row != null) {
                held.add(new Held(key, row.lent, row.lost, isWhole(node, row.epoch)));
            }
        });
        return held;
    }

    private boolean isWhole(String node, long epoch) {
        return holed.getOrDefault(node, Set.of()).stream().noneMatch(hole -> hole >= epoch);
    }

    @Override
    public synchronized void note(List<Used> used) throws LeaseException {
        reach();
        for (Used one : used) {
            rows.computeIfAbsent(one.key(), _ -> new HashMap<>()).computeIfAbsent(one.node(), _ -> {
                var row = new Row();
                row.lent = one.used();
                row.used = one.used();
                return row;
            });
        }
    }

    /// All that is lent and lost of a counter.
    public synchronized long lent(LeaseKey key) {
        return rows.getOrDefault(key, Map.of()).values().stream().mapToLong(row -> row.lent + row.lost).sum();
    }

    /// What is lent of a counter to one node.
    public synchronized long lent(LeaseKey key, String node) {
        var row = rows.getOrDefault(key, Map.of()).get(node);
        return row == null ? 0 : row.lent;
    }

    private void reach() throws LeaseException {
        if (away) {
            throw LeaseException.unknown("nobody answers", null);
        }
    }
}
