package dev.weir.simulator;

import dev.weir.event.EventId;
import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.rollup.TotalKey;
import dev.weir.rollup.UsageTotal;
import dev.weir.rollup.UsageTotals;
import dev.weir.spool.Batch;
import dev.weir.spool.Epochs;
import dev.weir.spool.Gap;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.RecoveryRules;
import dev.weir.spool.StoreException;
import dev.weir.spool.UsageStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// PostgreSQL as a model: transactions that are whole or not at all, and a line to it that can fail at any moment, so that who
/// asked does not know what became of it.
final class ModelDatabase implements Epochs {
    private static final long ANSWER_WITHIN = 20 * World.SECOND;

    private final World world;
    private final Instant begun;
    private Tables tables = new Tables();
    private long downUntil;
    private long hungUntil;
    private long slowUntil;
    private int answersToLose;
    private final ModelLeases leases = new ModelLeases();
    /// Raised by each restore: what was under way then is gone.
    private int incarnation;
    private final Run run;

    /// What is committed.
    static final class Tables {
        final Map<EventId, Stored> events = new LinkedHashMap<>();
        final Map<TotalKey, UsageTotal> totals = new HashMap<>();
        final Map<String, Long> watermarks = new HashMap<>();
        final Map<String, Long> epochs = new HashMap<>();
        final Set<Begun> started = new HashSet<>();
        final Map<Truth.Name, Begun> charged = new HashMap<>();
        /// What is named as missing; it may turn up later all the same.
        final Set<EventId> missing = new LinkedHashSet<>();
        /// Came when a later start had charged their attempts as interrupted, and were left out.
        final Set<EventId> superseded = new LinkedHashSet<>();

        Tables copy() {
            var copy = new Tables();
            copy.events.putAll(events);
            copy.totals.putAll(totals);
            copy.watermarks.putAll(watermarks);
            copy.missing.addAll(missing);
            copy.superseded.addAll(superseded);
            copy.epochs.putAll(epochs);
            copy.started.addAll(started);
            copy.charged.putAll(charged);
            return copy;
        }

        long watermark(String node, long epoch) {
            return watermarks.getOrDefault(node + "-" + epoch, 0L);
        }

        /// Not a start that never came so far as to keep anything, unless it is the one that is starting now.
        private boolean hasCharged(Begun by) {
            return started.contains(by) || epochs.getOrDefault(by.node(), 0L) == by.epoch();
        }

        /// The attempts that later epochs of the node have charged as interrupted; none where there is no later one.
        Set<Truth.Name> chargedAfter(String node, long epoch) {
            var names = new HashSet<Truth.Name>();
            if (epoch < epochs.getOrDefault(node, 0L)) {
                events.forEach((id, stored) -> {
                    if (id.node().equals(node) && id.epoch() > epoch
                            && stored.event().outcome() == Outcome.INTERRUPTED) {
                        names.add(Truth.Name.of(stored.event()));
                    }
                });
                charged.forEach((name, by) -> {
                    if (by.node().equals(node) && by.epoch() > epoch && hasCharged(by)) {
                        names.add(name);
                    }
                });
            }
            return names;
        }
    }

    /// A start of a node.
    record Begun(String node, long epoch) {}

    /// An event and the database's clock when it came.
    record Stored(UsageEvent event, Instant receivedAt) {}

    ModelDatabase(World world, Instant begun, Run run) {
        this.world = world;
        this.begun = begun;
        this.run = run;
    }

    Tables tables() {
        return tables;
    }

    /// Never the same twice, whatever a folder says; nor after a restore, because what was stored before tells.
    @Override
    public long begin(Start start) {
        start.gaps().forEach(gap -> leases.holed(gap.node(), gap.epoch()));
        long given = tables.epochs.merge(start.node(), start.atLeast(), (known, asked) -> Math.max(known + 1, asked));
        long last = start.atLeast() - 1;
        if (start.foundSeq() < tables.watermark(start.node(), last)) {
            leases.holed(start.node(), last);
        }
        for (long unknown = start.atLeast(); unknown < given; unknown++) {
            leases.holed(start.node(), unknown);
        }
        return given;
    }

    void started(String node, long epoch) {
        tables.started.add(new Begun(node, epoch));
    }

    /// As `weir.charge_attempts` does it. Nobody is in the middle of a batch here: each is carried out at one moment.
    List<UsageEvent> charge(RecoveryRules.Charge charge) {
        var stored = new HashSet<Truth.Name>();
        if (charge.inDoubt() || charge.formers()
                .stream()
                .anyMatch(former -> tables.watermark(charge.node(), former.epoch()) > former.lastSeq())) {
            tables.events.values().forEach(one -> stored.add(Truth.Name.of(one.event())));
        }
        List<UsageEvent> charged = charge.attempts()
                .stream()
                .filter(attempt -> !stored.contains(Truth.Name.of(attempt)))
                .toList();
        var by = new Begun(charge.node(), charge.epoch());
        charged.forEach(attempt -> tables.charged.put(Truth.Name.of(attempt), by));
        return charged;
    }

    ModelLeases leases() {
        return leases;
    }

    /// A line to the leases for one process.
    LeaseAllocator lend(BooleanSupplier alive) {
        return new LeaseAllocator() {
            @Override
            public Exchanged exchange(Exchange exchange) throws LeaseException {
                return heard(() -> leases.exchange(exchange));
            }

            @Override
            public List<Held> held(String node) throws LeaseException {
                return heard(() -> leases.held(node));
            }

            @Override
            public void note(List<Used> used) throws LeaseException {
                heard(() -> {
                    leases.note(used);
                    return used;
                });
            }

            private <T> T heard(Lease<T> work) throws LeaseException {
                var answer = new ArrayList<T>();
                var refused = new ArrayList<LeaseException>();
                try {
                    ask(alive, () -> {
                        try {
                            answer.add(work.run());
                        } catch (LeaseException fenced) {
                            refused.add(fenced);
                        }
                    }, true);
                } catch (StoreException unheard) {
                    throw LeaseException.unknown(String.valueOf(unheard.getMessage()), unheard);
                }
                if (!refused.isEmpty()) {
                    throw refused.getFirst();
                }
                return answer.getFirst();
            }
        };
    }

    /// One transaction about leases.
    private interface Lease<T> {
        T run() throws LeaseException;
    }

    void down(long nanos) {
        downUntil = world.nanos() + nanos;
    }

    void hung(long nanos) {
        hungUntil = world.nanos() + nanos;
    }

    void slow(long nanos) {
        slowUntil = world.nanos() + nanos;
    }

    void loseAnswers(int count) {
        answersToLose = count;
    }

    void heal() {
        downUntil = 0;
        hungUntil = Math.min(hungUntil, world.nanos());
        slowUntil = 0;
        answersToLose = 0;
    }

    Tables backup() {
        return tables.copy();
    }

    void restore(Tables backup) {
        incarnation++;
        tables = backup.copy();
    }

    boolean isUp() {
        return world.nanos() >= downUntil && world.nanos() >= hungUntil;
    }

    /// A line for one process.
    ///
    /// @param alive whether that process still lives; one that died meanwhile never hears the answer
    UsageStore connect(BooleanSupplier alive) {
        return new UsageStore() {
            @Override
            public long store(Batch batch) throws StoreException {
                ask(alive, () -> commit(batch), true);
                return batch.lastSeq();
            }

            @Override
            public long watermark(String node, long epoch) throws StoreException {
                ask(alive, () -> {}, false);
                return tables.watermark(node, epoch);
            }
        };
    }

    /// Something done whole or not at all; says whether it was done.
    private interface Transaction {
        void run() throws StoreException;
    }

    /// @param changes whether its answer may be the one that is lost
    private void ask(BooleanSupplier alive, Transaction transaction, boolean changes) throws StoreException {
        if (world.nanos() < downUntil) {
            wait(alive, 5 * World.MILLI);
            throw StoreException.notStored("the database is down", null);
        }
        if (world.nanos() < hungUntil) {
            hang(alive, transaction);
        }
        int before = incarnation;
        wait(alive, world.nanos() < slowUntil
                ? world.between(World.SECOND / 2, 8 * World.SECOND)
                : world.between(World.MILLI, 15 * World.MILLI));
        if (incarnation != before || world.nanos() < downUntil) {
            throw StoreException.commitUnknown("the connection broke", null);
        }
        if (answersToLose > 0 && changes) {
            answersToLose--;
            if (world.chance(0.5)) {
                unheard(transaction);
            }
            throw StoreException.commitUnknown("the connection broke at COMMIT", null);
        }
        transaction.run();
    }

    /// The statement was taken; it is done when the server goes on, or never. Who asked waits for its time and gives up.
    private void hang(BooleanSupplier alive, Transaction transaction) throws StoreException {
        long left = hungUntil - world.nanos();
        if (world.chance(0.6)) {
            int taken = incarnation;
            world.after(left + world.between(0, World.SECOND), () -> {
                if (taken == incarnation) {
                    run.sometimes(Sometimes.A_COMMIT_COMES_LATE);
                    unheard(transaction);
                }
            });
        }
        wait(alive, Math.min(left, ANSWER_WITHIN));
        throw StoreException.commitUnknown("the database did not answer in time", null);
    }

    private static void unheard(Transaction transaction) {
        try {
            transaction.run();
        } catch (StoreException refused) {
            // Nobody is there to hear it.
        }
    }

    private void wait(BooleanSupplier alive, long nanos) {
        world.pause(nanos);
        if (!alive.getAsBoolean()) {
            throw new dev.weir.spool.TornDisk.Killed();
        }
    }

    /// One transaction: what is not there yet, its totals, the watermark. As `StoreSql` does it.
    private void commit(Batch batch) throws StoreException {
        long watermark = tables.watermark(batch.node(), batch.epoch());
        if (watermark < batch.after()) {
            throw StoreException.notStored("the database knows up to " + watermark + " only", null);
        }
        run.tell(world, "stored " + batch.node() + "-" + batch.epoch() + ": " + batch.firstSeq() + "…" + batch.lastSeq()
                + " (" + batch.size() + ")");
        Instant receivedAt = begun.plusNanos(world.nanos());
        var deltas = new UsageTotals();
        boolean repeated = false;
        var superseded = tables.chargedAfter(batch.node(), batch.epoch());
        for (KeptEvent kept : batch.events()) {
            if (superseded.contains(Truth.Name.of(kept.event())) && !kept.event().flags().has(Flag.USAGE_DEFERRED)) {
                if (kept.id().seq() > watermark) {
                    tables.superseded.add(kept.id());
                }
            } else if (tables.events.putIfAbsent(kept.id(), new Stored(kept.event(), receivedAt)) == null) {
                deltas.add(kept.event(), receivedAt);
            } else {
                repeated = true;
            }
        }
        for (Gap gap : batch.absent()) {
            if (gap.lastSeq() instanceof Long last && last > watermark) {
                for (long seq = Math.max(gap.firstSeq(), watermark + 1); seq <= last; seq++) {
                    tables.missing.add(new EventId(batch.node(), batch.epoch(), seq));
                }
            }
        }
        deltas.toMap().forEach((key, total) -> tables.totals.merge(key, total, UsageTotal::plus));
        tables.watermarks.merge(batch.node() + "-" + batch.epoch(), batch.lastSeq(), Math::max);
        if (repeated) {
            run.sometimes(Sometimes.A_BATCH_IS_REPEATED);
        }
        world.note(tables.events.size());
    }
}
