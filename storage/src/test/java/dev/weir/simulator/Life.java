package dev.weir.simulator;

import dev.weir.admission.Admission;
import dev.weir.admission.Admissions;
import dev.weir.admission.PastUsage;
import dev.weir.deferred.UnkeptSettlements;
import dev.weir.event.UsageEvent;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseTerms;
import dev.weir.lease.Leases;
import dev.weir.ledger.Holding;
import dev.weir.ledger.Lanes;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Lending;
import dev.weir.money.Money;
import dev.weir.rating.Rating;
import dev.weir.spool.RecoveryRules;
import dev.weir.spool.Shipper;
import dev.weir.spool.Spool;
import dev.weir.spool.TornDisk;
import dev.weir.tenant.Identity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantDirectory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One process of Weir: the production's ledger, admissions, spool and shipper, started as `Gateway` starts them, with tasks of
/// the world in place of threads.
final class Life implements Leases.Keeper {
    private static final long WORK_EVERY = 250 * World.MILLI;
    private static final long SHIP_EVERY = 250 * World.MILLI;
    private static final LeaseTerms TERMS = new LeaseTerms(Duration.ofMinutes(2), Duration.ofSeconds(1),
            Duration.ofSeconds(5));

    final Node node;
    final Spool spool;
    final Admissions admissions;
    final Ledger ledger;
    final UnkeptSettlements unkept;
    private final @Nullable Leases leases;
    private final Simulation simulation;
    private final World world;
    private final Shipper shipper;
    private boolean alive = true;
    private boolean syncing;
    private boolean ready;
    private boolean stepping;
    private long suspects;

    Life(Node node, Simulation simulation) throws IOException {
        this.node = node;
        this.simulation = simulation;
        this.world = simulation.world();
        var lending = simulation.isShared() ? new Lending(node.clock, 10_000) : null;
        this.ledger = Ledgers.leftToItsMaker(lending, lanes());
        var setting = simulation.setting();
        this.spool = Spool.open(setting.spool(node.name, node.bootId()), node.disk(), node.clock,
                world.random()::nextBytes, simulation.database(), new Rules());
        this.shipper = new Shipper(spool, simulation.database().connect(() -> alive), node.clock,
                world.random()::nextBytes);
        this.leases = lending == null
                ? null
                : new Leases(ledger, lending, simulation.database().lend(() -> alive), node.clock, TERMS, node.name,
                        spool.epoch(), this);
        this.admissions = new Admissions(ledger, Customers.PRICES, new TenantDirectory(TenantDirectory.Snapshot.EMPTY),
                leases);
        this.unkept = new UnkeptSettlements(spool);
        if (spool.recovery().interrupted() > 0) {
            simulation.run().sometimes(Sometimes.AN_ATTEMPT_IS_RECOVERED_AS_INTERRUPTED);
        }
        if (spool.badBlocks() > 0) {
            simulation.run().sometimes(Sometimes.A_DAMAGED_RECORD_IS_PASSED_OVER);
        }
    }

    /// Each act in any part of the tenant's counters, as from any thread; in every other life.
    private Lanes lanes() {
        return world.apart().nextBoolean()
                ? Lanes.ONE
                : Lanes.always(world.apart()::nextInt, 1 << world.apart().nextInt(4));
    }

    /// As `Store` answers them.
    private final class Rules implements RecoveryRules {
        @Override
        public UsageEvent rated(UsageEvent event) {
            if (event.cost() != null || event.quantities().isEmpty()) {
                return event;
            }
            return switch (Customers.PRICES.rate(null, Customers.MODEL, event.quantities(), event.time())) {
                case Rating.Rated(Money cost) -> event.withCost(cost);
                case Rating.Unpriced _ -> event;
            };
        }

        @Override
        public List<UsageEvent> charge(Charge charge) {
            return simulation.database().charge(charge);
        }
    }

    /// Counts what was used before, then takes calls.
    void begin() throws IOException {
        simulation.database().started(node.name, spool.epoch());
        restoreCounters();
        if (leases != null) {
            takeOverLeases(leases);
        }
        background(0, this::work);
        background(0, this::ship);
        background(World.MINUTE, this::sweep);
    }

    /// From one look at the database, and from the spool what came after it.
    private void restoreCounters() throws IOException {
        var tables = simulation.database().tables();
        var rows = new ArrayList<PastUsage>();
        tables.events.forEach((id, stored) -> {
            if (!simulation.isShared() || id.node().equals(node.name)) {
                add(rows, stored.event());
            }
        });
        for (Spool.Epoch epoch : spool.epochs()) {
            var superseded = tables.chargedAfter(epoch.node(), epoch.epoch());
            try (var reader = spool.read(epoch.epoch(), tables.watermark(epoch.node(), epoch.epoch()))) {
                for (var kept : reader.read(Integer.MAX_VALUE)) {
                    if (superseded.contains(Truth.Name.of(kept.event()))) {
                        continue;
                    }
                    simulation.run().sometimes(Sometimes.COUNTERS_COME_FROM_THE_SPOOL);
                    add(rows, kept.event());
                }
            }
        }
        admissions.restore(simulation.customers().directory(), rows, node.clock.now(), 1);
        if (world.chance(0.3)) {
            admissions.restore(simulation.customers().directory(), rows, node.clock.now(), 2);
        }
    }

    /// As `NodeLeases` does: until the database answers, nothing is admitted.
    private void takeOverLeases(Leases mine) {
        try {
            mine.takeOver(simulation.customers().directory(), List.of(), spool.recovery().badBlocks() == 0);
            ready = true;
            background(0, () -> keepLeases(mine));
        } catch (LeaseException away) {
            background(World.SECOND, () -> takeOverLeases(mine));
        }
    }

    private void keepLeases(Leases mine) {
        stepLeases(mine);
        background(World.SECOND, () -> keepLeases(mine));
    }

    /// The one thread that keeps leases: it may stand in the middle of an exchange.
    private void stepLeases(Leases mine) {
        if (stepping) {
            return;
        }
        stepping = true;
        do {
            mine.step();
        } while (mine.isWaitedFor());
        stepping = false;
    }

    /// Goes on with an attempt that is short of a lease.
    void ask(Admission.AskFirst first, Consumer<Admission> then) {
        simulation.run().sometimes(Sometimes.MORE_IS_ASKED_FOR);
        admissions.ask(first, decided -> task(0, () -> then.accept(decided)));
    }

    @Override
    public void hurry() {
        Leases mine = leases;
        if (mine != null) {
            background(World.MILLI, () -> stepLeases(mine));
        }
    }

    @Override
    public void complain(String what) {
        simulation.run().tell(world, node.name + ": " + what);
    }

    /// Whether calls are taken.
    boolean isReady() {
        return ready || leases == null;
    }

    Holding holding(Identity.Known caller, Limit limit, String value, Instant moment) {
        return ledger.holding(caller.tenant().id(), limit, value, limit.window().span(moment, limit.zone()));
    }

    private static void add(List<PastUsage> rows, UsageEvent event) {
        var tenant = event.tenant();
        if (tenant != null && event.outcome().isAttempt()) {
            rows.add(new PastUsage(tenant, event.key(), event.user(), event.route(), event.modelAsked(),
                    event.attribution().run(), event.attribution().tags(), event.time(), event.quantities(),
                    event.cost()));
        }
    }

    boolean isAlive() {
        return alive;
    }

    void end() {
        alive = false;
    }

    /// Runs a step of this process, unless it is dead by then; a process that stands still does it when it goes on.
    void task(long delay, Runnable step) {
        world.after(delay, () -> {
            if (!alive) {
                return;
            }
            if (world.nanos() < node.pausedUntil()) {
                task(node.pausedUntil() - world.nanos(), step);
                return;
            }
            try {
                step.run();
            } catch (TornDisk.Killed dead) {
                node.buryTorn();
            }
        });
    }

    private void background(long delay, Runnable step) {
        task(delay, () -> {
            if (node.isBlocked()) {
                background(10 * World.MILLI, step);
            } else {
                step.run();
            }
        });
    }

    private void work() {
        boolean more = spool.work();
        unkept.look();
        if (spool.unsyncedBytes() > 0) {
            syncSoon();
        }
        background(more ? 0 : WORK_EVERY, this::work);
    }

    private void ship() {
        long pause = shipper.step();
        background(Math.max(pause, shipper.lag() == 0 ? SHIP_EVERY : SHIP_EVERY / 10), this::ship);
    }

    private void sweep() {
        ledger.sweep(node.clock.now(), node.clock.nanoTime());
        background(World.MINUTE, this::sweep);
    }

    /// As the runner of production, but only where there is something to sync.
    void syncSoon() {
        if (!syncing) {
            syncing = true;
            background(simulation.setting().syncIntervalNanos(), this::sync);
        }
    }

    private void sync() {
        int before = node.unsafeRecords();
        spool.sync();
        if (spool.suspectSegments() > suspects) {
            suspects = spool.suspectSegments();
            simulation.run().sometimes(Sometimes.A_SEGMENT_IS_SUSPECT);
        }
        if (spool.unsyncedBytes() == 0) {
            node.synced(before);
            syncing = false;
        } else {
            background(Math.max(World.MILLI, simulation.setting().syncIntervalNanos()), this::sync);
        }
    }

    /// Whether no call runs and everything is stored.
    boolean isQuiet() {
        return spool.inFlight() == 0 && shipper.lag() == 0;
    }

    String state() {
        return spool.inFlight() + " in flight, " + shipper.lag() + " not stored; shipper: " + shipper.lastError()
                + "; spool: "
                + spool.lastError();
    }
}
