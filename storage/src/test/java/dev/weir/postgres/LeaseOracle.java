package dev.weir.postgres;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseAllocator.Exchanged;
import dev.weir.lease.LeaseAllocator.Held;
import dev.weir.lease.LeaseAllocator.Lent;
import dev.weir.lease.LeaseAllocator.Used;
import dev.weir.lease.LeaseKey;
import dev.weir.postgres.PostgresLeases.Freed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// `docs/leases.md` as a fold over maps: what PostgreSQL must answer and hold.
final class LeaseOracle {
    static final Comparator<LeaseKey> ORDER = Comparator.comparing(LeaseKey::limit).thenComparing(LeaseKey::value);

    /// What a node holds of a counter.
    record Row(long epoch, long lent, long lost, long used) {
        static final Row NONE = new Row(0, 0, 0, 0);
    }

    private record Holder(long epoch, long number) {}

    private final Map<String, Holder> holders = new HashMap<>();
    private final Set<String> silent = new HashSet<>();
    private final Map<LeaseKey, Map<String, Row>> rows = new TreeMap<>(ORDER);
    private final Map<String, Long> inForce = new HashMap<>();

    /// From now on that amount of a limit is in force, whatever nodes name; [Long#MAX_VALUE]: what nodes name is.
    void store(String limit, long amount) {
        inForce.put(limit, amount);
    }

    long amount(Ask ask) {
        return Math.min(ask.amount(), inForce.getOrDefault(ask.key().limit(), Long.MAX_VALUE));
    }

    /// @return empty where the node is fenced
    Optional<Exchanged> exchange(Exchange exchange) {
        String node = exchange.node();
        Holder holder = holders.getOrDefault(node, new Holder(0, 0));
        if (holder.epoch > exchange.epoch()) {
            return Optional.empty();
        }
        boolean echo = isEcho(exchange);
        if (!echo) {
            holders.put(node, new Holder(exchange.epoch(), exchange.number()));
            silent.remove(node);
        }
        int nodes = Math.max(1, holders.size() - silent.size());
        var answers = new ArrayList<Lent>();
        for (Ask ask : exchange.asks()) {
            if (!echo) {
                of(ask.key()).put(node, new Row(exchange.epoch(), lend(node, ask, nodes), ask.lost(), ask.used()));
            }
            Row own = row(ask.key(), node);
            answers.add(new Lent(own.lent, own.lost, others(ask.key(), node) + ask.amount() - amount(ask),
                    others(ask.key(), node, true)));
        }
        return Optional.of(new Exchanged(nodes, answers));
    }

    /// Whether it was heard already, or is late.
    boolean isEcho(Exchange exchange) {
        Holder holder = holders.getOrDefault(exchange.node(), new Holder(0, 0));
        return holder.epoch == exchange.epoch() && holder.number >= exchange.number();
    }

    private long lend(String node, Ask ask, int nodes) {
        if (ask.key().scope().startsWith("concurrency/")) {
            of(ask.key()).replaceAll(
                    (other, row) -> other.equals(node) || holders.containsKey(other) && !silent.contains(other)
                            ? row
                            : new Row(row.epoch, 0, 0, row.used));
        }
        long free = amount(ask) - others(ask.key(), node) - ask.keep() - ask.lost();
        if (ask.wish() == 0 || ask.need() > free) {
            return ask.keep();
        }
        return ask.keep() + Math.min(free, Math.max(ask.wish(), free / (2L * nodes)));
    }

    private long others(LeaseKey key, String node) {
        return others(key, node, false);
    }

    private long others(LeaseKey key, String node, boolean used) {
        return of(key).entrySet()
                .stream()
                .filter(row -> !row.getKey().equals(node))
                .mapToLong(row -> (used ? row.getValue().used : row.getValue().lent) + row.getValue().lost)
                .sum();
    }

    void note(List<Used> all) {
        for (Used used : all) {
            of(used.key()).putIfAbsent(used.node(), new Row(0, used.used(), 0, used.used()));
        }
    }

    /// From now on the node neither counts nor spends, until it speaks again.
    void silence(String node) {
        if (holders.containsKey(node)) {
            silent.add(node);
        }
    }

    boolean isKnown(String node) {
        return holders.containsKey(node);
    }

    boolean isSilent(String node) {
        return silent.contains(node);
    }

    List<Freed> forfeit(String node) {
        holders.computeIfPresent(node,
                (_, holder) -> holder.number == 0 ? holder : new Holder(holder.epoch + 1, 0));
        var freed = new ArrayList<Freed>();
        rows.forEach((key, held) -> held.computeIfPresent(node, (_, row) -> {
            if (row.lent + row.lost > row.used) {
                freed.add(new Freed(key, row.lent + row.lost - row.used));
            }
            return new Row(row.epoch, row.used, 0, row.used);
        }));
        return freed;
    }

    List<Held> held(String node) {
        var held = new ArrayList<Held>();
        rows.forEach((key, of) -> Optional.ofNullable(of.get(node))
                .filter(row -> row.lent > 0 || row.lost > 0)
                .ifPresent(row -> held.add(new Held(key, row.lent, row.lost, true))));
        return held;
    }

    Row row(LeaseKey key, String node) {
        return of(key).getOrDefault(node, Row.NONE);
    }

    /// What is lent and lost of a counter, on all nodes.
    long lent(LeaseKey key) {
        return others(key, "");
    }

    /// As `limit/value node epoch lent lost used`, sorted.
    List<String> all() {
        var all = new ArrayList<String>();
        rows.forEach((key, of) -> of.forEach((node, row) -> all.add(key.limit() + "/" + key.value() + " " + node + " "
                + row.epoch + " " + row.lent + " " + row.lost + " " + row.used)));
        return all.stream().sorted().toList();
    }

    private Map<String, Row> of(LeaseKey key) {
        return rows.computeIfAbsent(key, _ -> new TreeMap<>());
    }
}
