package dev.weir.simulator;

import dev.weir.ledger.Holding;
import dev.weir.ledger.Ledgers;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Identity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One run: ten minutes of calls and faults, then at most five in which everything must become quiet and be right.
final class Simulation {
    /// In runs of these seeds and higher ones nodes share their customers' caps, and spend from leases.
    static final long SHARED_FROM = 1_000_000_000;

    private final World world;
    private final Run run;
    private final Setting setting;
    private final Customers customers;
    private final Truth truth = new Truth();
    private final ModelDatabase database;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Backup> backups = new ArrayList<>();
    private final Map<String, Window.Span> spans = new HashMap<>();
    private final boolean shared;
    private boolean faultsOver;
    private boolean databaseRestored;
    private int calls;

    private record Backup(long at, ModelDatabase.Tables tables) {}

    /// What a run was.
    ///
    /// @param digest equal for two runs of one seed
    record Report(long digest, Set<Sometimes> reached, Map<Fault, Integer> faults, int calls, int events) {}

    private Simulation(long seed) {
        world = new World(seed);
        run = new Run(seed);
        shared = seed >= SHARED_FROM;
        setting = Setting.of(world, shared);
        customers = new Customers(setting.nodes(), shared);
        database = new ModelDatabase(world, setting.begun(), run);
        for (int i = 0; i < setting.nodes(); i++) {
            nodes.add(new Node(i, this));
        }
    }

    /// @throws Run.Broken where a promise was; its message says which, and how to repeat it
    static Report run(long seed) {
        var simulation = new Simulation(seed);
        try {
            return simulation.play();
        } catch (RuntimeException unforeseen) {
            var broken = simulation.run.broken(unforeseen.toString());
            broken.initCause(unforeseen);
            throw broken;
        }
    }

    private Report play() {
        nodes.forEach(Node::start);
        nodes.forEach(this::callSoon);
        for (int i = 0; i < setting.faults(); i++) {
            world.after(world.between(0, Setting.LENGTH), this::strike);
        }
        for (long at = World.MINUTE; at < Setting.LENGTH; at += World.MINUTE) {
            world.after(at, () -> {
                backups.add(new Backup(world.nanos(), database.backup()));
                nodes.forEach(Node::copyFolder);
            });
        }
        if (setting.drought()) {
            world.after(World.MINUTE, () -> database.down(6 * World.MINUTE));
        }
        world.runUntil(Setting.LENGTH);
        becomeQuiet();
        truth.check(database.tables(), run);
        checkCounters();
        checkCapsOfEvents();
        checkCapsOfTruth();
        return new Report(world.digest(), run.reached(), run.faults(), calls, database.tables().events.size());
    }

    /// Whether nodes share caps.
    boolean isShared() {
        return shared;
    }

    World world() {
        return world;
    }

    Run run() {
        return run;
    }

    Setting setting() {
        return setting;
    }

    Customers customers() {
        return customers;
    }

    Truth truth() {
        return truth;
    }

    ModelDatabase database() {
        return database;
    }

    private void callSoon(Node node) {
        long pause = World.MINUTE / setting.callsPerMinute();
        world.after(world.between(0, 2 * pause), () -> {
            if (!faultsOver) {
                call(node);
                callSoon(node);
            }
        });
    }

    /// Nobody answers where no process lives; the client tries no further.
    private void call(Node node) {
        var life = node.life();
        if (life != null && life.isReady()) {
            var callers = customers.ofNode(node.number);
            var caller = callers.get(world.random().nextInt(callers.size()));
            life.task(0, () -> new Call(life, this, caller, "call-" + ++calls).attempt());
        }
    }

    private void strike() {
        var all = Fault.values();
        var fault = all[world.random().nextInt(all.length)];
        var node = nodes.get(world.random().nextInt(nodes.size()));
        if (strike(fault, node)) {
            run.tell(world, fault + " " + node.name);
            run.happened(fault);
        }
    }

    /// @return whether it could happen
    private boolean strike(Fault fault, Node node) {
        switch (fault) {
            case KILL -> node.kill();
            case KILL_AT_OPERATION, POWER_CUT_AT_OPERATION, EIO_ONCE ->
                node.atOperation(fault, 1 + world.random().nextInt(40));
            case KILL_IN_STORE -> node.atStore();
            case POWER_CUT -> node.cutPower();
            case EIO_FOR_A_WHILE -> node.fail(world.between(World.SECOND, 30 * World.SECOND));
            case DISK_FULL -> node.fill(world.between(World.SECOND, World.MINUTE));
            case DISK_STALL -> {
                if (setting.syncIntervalNanos() == 0) {
                    return false;
                }
                node.stall(world.between(World.SECOND / 2, 30 * World.SECOND));
            }
            case ROT -> {
                if (!world.chance(0.2)) {
                    return false;
                }
                node.rot();
            }
            case FOLDER_RESTORED -> {
                return world.chance(0.15) && node.restoreFolder();
            }
            case DATABASE_DOWN -> database.down(world.between(World.SECOND, world.chance(0.1)
                    ? 8 * World.MINUTE
                    : 2 * World.MINUTE));
            case DATABASE_HUNG -> database.hung(world.between(World.SECOND, World.MINUTE));
            case DATABASE_SLOW -> database.slow(world.between(World.SECOND, World.MINUTE));
            case COMMIT_UNKNOWN -> database.loseAnswers(1 + world.random().nextInt(4));
            case DATABASE_RESTORED -> {
                return restoreDatabase();
            }
            case CLOCK_JUMP -> jump(node);
            case CLOCK_DRIFT -> node.clock.drift(world.between(-500, 500));
            case PROCESS_PAUSE -> node.pause(world.between(World.SECOND, World.MINUTE));
        }
        return true;
    }

    private void jump(Node node) {
        long[] seconds = {-3_600, -70, -2, 2, 70, 3_600, 25 * 3_600};
        long by = seconds[world.random().nextInt(seconds.length)];
        if (by < 0) {
            run.sometimes(Sometimes.A_CLOCK_GOES_BACK_OVER_A_WINDOW);
        }
        node.jump(Duration.ofSeconds(by));
    }

    /// What the backup does not have comes again from the segments, as far as they are retained.
    private boolean restoreDatabase() {
        // What was lent since the backup, no database knows: a promise of the operator's manual, not of this run.
        if (backups.isEmpty() || shared) {
            return false;
        }
        var backup = backups.get(world.random().nextInt(backups.size()));
        // A database and a folder that both forget lose what neither has.
        if (nodes.stream().anyMatch(Node::wasFolderRestored)) {
            return false;
        }
        // How old a segment is that a former process sealed, only the wall clock says.
        boolean retained = setting.retention().toNanos() > Setting.LENGTH + Setting.QUIET_WITHIN
                && nodes.stream().noneMatch(Node::clockWentFar);
        if (!retained) {
            return false;
        }
        databaseRestored = true;
        // What was backed up later is of a past that did not happen.
        backups.removeIf(other -> other.at > backup.at);
        database.restore(backup.tables);
        if (world.chance(0.5)) {
            database.down(world.between(World.SECOND, 10 * World.SECOND));
        }
        run.sometimes(Sometimes.A_RESTORED_DATABASE_IS_REFILLED);
        return true;
    }

    boolean wasDatabaseRestored() {
        return databaseRestored;
    }

    /// Bits of a node's segments flipped: what is not stored yet may be gone.
    void rotted(Node node) {
        truth.numbersMayBeMissing();
        node.settlementsMayBeLost();
        truth.mayHaveLost(node.number);
    }

    private void becomeQuiet() {
        faultsOver = true;
        database.heal();
        nodes.forEach(Node::heal);
        long end = world.nanos() + Setting.QUIET_WITHIN;
        // That a database was restored is noticed within a minute.
        world.runUntil(world.nanos() + 70 * World.SECOND);
        while (!isQuiet()) {
            run.check(world.nanos() < end, "not quiet after five minutes without faults: %s", state());
            world.runUntil(world.nanos() + World.SECOND);
        }
    }

    private boolean isQuiet() {
        return nodes.stream().map(Node::life).allMatch(life -> life != null && life.isQuiet());
    }

    private String state() {
        var text = new StringBuilder();
        for (Node node : nodes) {
            var life = node.life();
            text.append(node.name).append(": ").append(life == null ? "dead" : life.state()).append(". ");
        }
        return text.toString();
    }

    /// I4: no cap is exceeded at any step.
    void checkCaps(Life life, Identity.Known caller, Instant moment) {
        for (Limit limit : caller.limits()) {
            if (limit.blocks() && isExact(limit, life.node)) {
                for (String value : values(limit, caller)) {
                    Holding holding = life.holding(caller, limit, value, moment);
                    run.check(holding.settled() + holding.reserved() <= (shared ? holding.lent() : limit.amount())
                            + outageBound(limit),
                            "I4: %s of %s: settled %d + reserved %d > %d, lent %d", limit.id(), value,
                            holding.settled(), holding.reserved(), limit.amount(), holding.lent());
                    if (shared) {
                        database.leases().check(run, life.node.name, holding, outageBound(limit));
                    }
                    var before = spans.put(caller.tenant().id() + limit.id() + value, holding.span());
                    if (before != null && !before.equals(holding.span())) {
                        run.sometimes(Sometimes.A_WINDOW_BEGINS_ANEW);
                    }
                }
            }
        }
    }

    /// How far a limit on cost may be overdrawn while the database is away.
    private long outageBound(Limit limit) {
        boolean cost = limit.measure() instanceof Measure.Counted(Meter meter) && meter == Meter.COST;
        return shared && cost ? setting.nodes() * (limit.amount() / 100) : 0;
    }

    /// Where a clock went back, calls of a window that had passed are charged to a later one, and after a restart nobody knows;
    /// where a power cut or a rotten disk took settlements, their attempts are charged as reserved.
    private boolean isExact(Limit limit, Node node) {
        return (shared ? nodes : List.of(node)).stream()
                .allMatch(one -> !one.settlementsLost()
                        && (limit.window() == Window.TOTAL || !one.clockWentBack()));
    }

    private static List<String> values(Limit limit, Identity.Known caller) {
        return limit.entity().kind() == Entity.Kind.USER ? Customers.USERS : List.of(caller.tenant().id().value());
    }

    /// When nothing runs, nothing is reserved, and what the ledger has settled is the sum of the events.
    private void checkCounters() {
        for (Node node : nodes) {
            var life = node.life();
            if (life == null) {
                throw run.broken(node.name + " does not live");
            }
            String complaint = Ledgers.complaint(life.ledger);
            run.check(complaint.isEmpty(), "%s: %s", node.name, complaint);
            Instant now = node.clock.now();
            for (Identity.Known caller : customers.ofNode(node.number)) {
                for (Limit limit : caller.limits()) {
                    for (String value : values(limit, caller)) {
                        boolean exact = isExact(limit, node) && !truth.isNumbersMayBeMissing();
                        Holding holding = life.holding(caller, limit, value, now);
                        long events = sum(node, caller, limit, value, holding.span());
                        run.check(holding.settled() == events || !exact,
                                "%s of %s in %s: the ledger settled %d, its events say %d", limit.id(), value,
                                holding.span(), holding.settled(), events);
                    }
                }
            }
        }
    }

    /// What the events of every window sum to stays within its cap.
    private void checkCapsOfEvents() {
        for (Node node : nodes) {
            for (Identity.Known caller : customers.ofNode(node.number)) {
                for (Limit limit : caller.limits()) {
                    if (limit.blocks() && limit.measure() instanceof Measure.Counted && isExact(limit, node)) {
                        checkCap(caller, limit);
                    }
                }
            }
        }
    }

    /// Where nodes share caps, no power cut and no lost folder lets more be used than a cap has: what the records cannot account
    /// for stays spent.
    private void checkCapsOfTruth() {
        boolean seen = shared && nodes.stream().noneMatch(Node::recordsLostUnseen);
        for (Identity.Known caller : seen ? customers.ofNode(0) : List.<Identity.Known>of()) {
            for (Limit limit : caller.limits()) {
                boolean inOrder = limit.window() == Window.TOTAL || nodes.stream().noneMatch(Node::clockWentBack);
                if (limit.blocks() && inOrder && limit.measure() instanceof Measure.Counted(Meter meter)
                        && (meter == Meter.TOKENS || meter == Meter.TOKENS_OUT)) {
                    checkTruth(caller, limit, meter == Meter.TOKENS_OUT);
                }
            }
        }
    }

    private void checkTruth(Identity.Known caller, Limit limit, boolean outputOnly) {
        for (String value : values(limit, caller)) {
            String user = limit.entity().kind() == Entity.Kind.USER ? value : null;
            truth.moments().map(moment -> limit.window().span(moment, limit.zone())).distinct().forEach(span -> {
                long used = truth.tokens(caller.tenant().id(), user, span, outputOnly);
                run.check(used <= limit.amount(), "upstreams counted %d of %s of %s in %s, of %d", used, limit.id(),
                        value, span, limit.amount());
            });
        }
    }

    private void checkCap(Identity.Known caller, Limit limit) {
        for (String value : values(limit, caller)) {
            var sums = new HashMap<Window.Span, Long>();
            database.tables().events.values().forEach(stored -> {
                var event = stored.event();
                if (caller.tenant().id().equals(event.tenant()) && (limit.entity().kind() != Entity.Kind.USER
                        || value.equals(event.user()))) {
                    sums.merge(limit.window().span(event.time(), limit.zone()), amount(limit, stored), Long::sum);
                }
            });
            sums.forEach((span, sum) -> run.check(sum <= limit.amount() + outageBound(limit),
                    "%s of %s of %s: %d used in %s, of %d",
                    limit.id(), value, caller.tenant().id(), sum, span, limit.amount()));
        }
    }

    /// What the events of one node say.
    private long sum(Node node, Identity.Known caller, Limit limit, String value, Window.Span span) {
        long sum = 0;
        for (var entry : database.tables().events.entrySet()) {
            var stored = entry.getValue();
            var event = stored.event();
            if (entry.getKey().node().equals(node.name) && caller.tenant().id().equals(event.tenant())
                    && span.holds(event.time())
                    && (limit.entity().kind() != Entity.Kind.USER || value.equals(event.user()))) {
                sum += amount(limit, stored);
            }
        }
        return sum;
    }

    private static long amount(Limit limit, ModelDatabase.@Nullable Stored stored) {
        if (stored == null || !(limit.measure() instanceof Measure.Counted counted)
                || !stored.event().outcome().isAttempt()) {
            return 0;
        }
        var event = stored.event();
        var cost = event.cost();
        return switch (counted.meter()) {
            case TOKENS -> event.quantities().amount(Meter.TOKENS_IN) + event.quantities().amount(Meter.TOKENS_OUT);
            case COST -> cost == null ? 0 : cost.picos();
            default -> event.quantities().amount(counted.meter());
        };
    }
}
