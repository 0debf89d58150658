package dev.weir.ledger;

import dev.weir.tenant.Limit;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The counters of all limits of one tenant. Guarded by its shard's lock.
final class LimitTable {
    private final Map<String, LimitCounters> byLimit = new HashMap<>();

    /// The counters of one limit, one for each entity it was asked for.
    private static final class LimitCounters {
        /// As it was asked last: its amount may have changed.
        Limit limit;
        /// Those of a limit that had the same id and counted otherwise: a call may still be admitted by it.
        @Nullable
        LimitCounters former;
        private final Map<String, Counter> byValue = new HashMap<>();
        private @Nullable Counter lastUsed;

        LimitCounters(Limit limit, @Nullable LimitCounters former) {
            this.limit = limit;
            this.former = former;
        }

        /// Parts count for the limit as it is, so what they have of another form of it is taken back.
        void become(Limit next) {
            if (next != limit && !next.equals(limit)) {
                recall();
            }
            limit = next;
        }

        void recall() {
            byValue.values().forEach(counter -> counter.forEachRun(Tally::recall));
        }

        Counter of(String value) {
            Counter counter = lastUsed;
            if (counter == null || !counter.value.equals(value)) {
                counter = byValue.computeIfAbsent(value, Counter::new);
                lastUsed = counter;
            }
            return counter;
        }

        @Nullable
        Counter peek(String value) {
            return byValue.get(value);
        }

        void sweep(long second, long nanoTime, long keptNanos) {
            byValue.values().removeIf(counter -> counter.isOverFor(keptNanos, second, nanoTime));
            lastUsed = null;
        }
    }

    /// Takes one run of a counter.
    interface Visitor {
        void visit(Limit limit, String value, Tally tally);
    }

    /// The counter of a limit for an entity; made where there is none.
    Counter of(Limit limit, String value) {
        LimitCounters found = find(limit);
        if (found == null) {
            found = new LimitCounters(limit, byLimit.get(limit.id()));
            byLimit.put(limit.id(), found);
        }
        found.become(limit);
        return found.of(value);
    }

    /// Null where nothing was ever counted.
    @Nullable
    Counter peek(Limit limit, String value) {
        LimitCounters found = find(limit);
        return found == null ? null : found.peek(value);
    }

    private @Nullable LimitCounters find(Limit limit) {
        LimitCounters counters = byLimit.get(limit.id());
        while (counters != null && !counters.limit.countsAs(limit)) {
            counters = counters.former;
        }
        return counters;
    }

    /// Drops the counters of a limit that is no longer in force.
    void forget(Limit limit) {
        LimitCounters before = null;
        LimitCounters at = byLimit.get(limit.id());
        while (at != null && !at.limit.countsAs(limit)) {
            before = at;
            at = at.former;
        }
        if (at == null) {
            return;
        }
        at.recall();
        if (before != null) {
            before.former = at.former;
        } else if (at.former != null) {
            byLimit.put(limit.id(), at.former);
        } else {
            byLimit.remove(limit.id());
        }
    }

    /// The runs that hold a moment, of former limits too.
    void forEachAt(Instant moment, Visitor visitor) {
        forEach(counters -> counters.byValue.values().forEach(counter -> {
            Tally tally = counter.find(moment.getEpochSecond());
            if (tally != null) {
                visitor.visit(counters.limit, counter.value, tally);
            }
        }));
    }

    /// All runs that are kept of limits in force.
    void forEachRun(Visitor visitor) {
        byLimit.values()
                .forEach(counters -> counters.byValue.values()
                        .forEach(counter -> counter
                                .forEachRun(tally -> visitor.visit(counters.limit, counter.value, tally))));
    }

    /// All runs that are kept and of which something is reserved, of former limits too.
    void forEachReserved(Visitor visitor) {
        forEach(counters -> counters.byValue.values().forEach(counter -> counter.forEachRun(tally -> {
            if (tally.reserved != 0) {
                visitor.visit(counters.limit, counter.value, tally);
            }
        })));
    }

    void sweep(long second, long nanoTime, long keptNanos) {
        forEach(counters -> counters.sweep(second, nanoTime, keptNanos));
    }

    private void forEach(Consumer<LimitCounters> visitor) {
        for (LimitCounters newest : byLimit.values()) {
            for (LimitCounters counters = newest; counters != null; counters = counters.former) {
                visitor.accept(counters);
            }
        }
    }
}
