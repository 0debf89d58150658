package dev.weir;

import dev.weir.admission.Admissions;
import dev.weir.config.GatewayConfig;
import dev.weir.config.UpstreamUrl;
import dev.weir.control.AdminActionsResource;
import dev.weir.control.AdminKey;
import dev.weir.control.AlertsResource;
import dev.weir.control.AuditResource;
import dev.weir.control.CapacityResource;
import dev.weir.control.BudgetsResource;
import dev.weir.control.ControlOptions;
import dev.weir.control.ControlPlane;
import dev.weir.control.CostsResource;
import dev.weir.control.EventsResource;
import dev.weir.control.GapsResource;
import dev.weir.control.HealthCheck;
import dev.weir.control.HealthResource;
import dev.weir.control.KeysResource;
import dev.weir.control.LeasesResource;
import dev.weir.control.LimitsResource;
import dev.weir.control.MetricsResource;
import dev.weir.control.PlansResource;
import dev.weir.control.PricesResource;
import dev.weir.control.QuotaResource;
import dev.weir.control.RunningAudit;
import dev.weir.control.StoredRules;
import dev.weir.control.StoredBudgets;
import dev.weir.control.StoredTenants;
import dev.weir.control.StoredUsage;
import dev.weir.control.TenantsResource;
import dev.weir.deferred.Awaited;
import dev.weir.deferred.DeferredUsage;
import dev.weir.deferred.UnkeptSettlements;
import dev.weir.exchange.DataPlane;
import dev.weir.exchange.ExchangeLimits;
import dev.weir.exchange.ExchangeParts;
import dev.weir.exchange.HeadLimits;
import dev.weir.exchange.StrictHead;
import dev.weir.jobs.PlanConversion;
import dev.weir.jobs.AlertWatch;
import dev.weir.jobs.Deliveries;
import dev.weir.ledger.Lanes;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Standing;
import dev.weir.meter.Tokenizers;
import dev.weir.port.Clock;
import dev.weir.port.Random;
import dev.weir.postgres.Reached;
import dev.weir.postgres.SecretBox;
import dev.weir.rating.PriceBook;
import dev.weir.sandbox.Sandbox;
import dev.weir.spool.Pressure;
import dev.weir.telemetry.LoopLag;
import dev.weir.telemetry.Metrics;
import dev.weir.telemetry.SpoolWatch;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running Weir: every part, built and wired by hand in the order in which they need each other.
///
/// A start returns when both planes listen. [#close()] drains: no new calls, running ones finish within `deadlines.drain`,
/// everything kept is shipped, everything started is stopped.
final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final long START_SECONDS_MAX = 60;
    /// For one part; what does not stop within it ends with the process.
    private static final long STOP_SECONDS_MAX = 10;
    private static final Duration DIRECTORY_LOOK = Duration.ofSeconds(1);
    private static final Duration PLAN_LOOK = Duration.ofSeconds(1);
    private static final Duration UNKEPT_LOOK = Duration.ofSeconds(1);
    private static final Duration ALERT_LOOK = Duration.ofSeconds(1);
    private static final Duration LEDGER_SWEEP = Duration.ofMinutes(1);

    private final GatewayConfig config;
    private final DataFolder folder;
    private final Secrets secrets;
    private final Clock clock;
    private final Random random;
    private final PriceBook prices;
    private final Metrics metrics = new Metrics(Version.text());
    private final Lending lending;
    private final Ledger ledger;
    private final TenantDirectory directory = new TenantDirectory(TenantDirectory.Snapshot.EMPTY);
    private final KeyHasher hasher;
    private final NodeLeases leases;
    private final Admissions admissions;
    private final DeferredUsage deferred = new DeferredUsage();
    private final UnkeptSettlements unkept;
    private final StrictHead head;
    private final Vertx vertx;
    private final Store store;
    private final DirectorySync directorySync;
    private final DemoTenants demoTenants;
    private final Sandbox sandbox;
    private final List<DataPlane> dataPlanes = new ArrayList<>();
    private final SecretBox box;
    private final Deliveries deliveries;
    private final ControlPlane control;
    private final Running running = new Running();
    private List<Reached> endedMarks = List.of();

    private Gateway(GatewayConfig config, Ports ports) throws Exception {
        this.config = config;
        clock = ports.clock();
        random = ports.random();
        folder = DataFolder.open(config.data());
        secrets = Secrets.of(config, folder);
        hasher = new KeyHasher(secrets.pepperBytes());
        box = new SecretBox(secrets.pepperBytes());
        prices = PriceBooks.of(config);
        lending = new Lending(clock, config.budget().outageBound().ppm());
        ledger = new Ledger(lending, Lanes.of(() -> (int) Thread.currentThread().threadId(),
                Runtime.getRuntime().availableProcessors()));
        head = new StrictHead(headLimits(), refusal -> metrics.headRefused(refusal.code()));
        vertx = EventLoops.vertx(config, head);
        try {
            running.add("event loops", () -> awaitStop(vertx.close()));
            store = running.add("store", Store.open(config, folder, vertx, ports, prices));
            checkPepper();
            leases = running.add("leases", new NodeLeases(config, store, ledger, lending, clock));
            admissions = new Admissions(ledger, prices, directory, leases.leases());
            unkept = new UnkeptSettlements(store.spool());
            var tenants = new StoredTenants(store.postgres());
            directorySync = new DirectorySync(store.postgres().directory(), directory, clock);
            directorySync.refresh();
            demoTenants = new DemoTenants(config, folder, tenants, hasher, random);
            demoTenants.make();
            directorySync.refresh();
            restore();
            directorySync
                    .countPastBy(new NewLimits(store.postgres(), store.spool(), admissions, ledger, clock));
            store.startShipping();
            sandbox = await(Sandbox.start(vertx));
            head.allowWebSockets(sandbox.port(), target -> true);
            running.add("sandbox", () -> awaitStop(sandbox.close()));
            openDataPlane();
            deliveries = running.add("alerts", new Deliveries(store.postgres().alerts(), box,
                    new WebhookClient(vertx, config.alerts().allowPrivate(), Version.text()), clock, random));
            control = await(openControlPlane(tenants));
            running.add("control plane", () -> awaitStop(control.close()));
            startJobs();
            running.add("running calls", this::drain);
        } catch (Exception failed) {
            running.close();
            throw failed;
        }
    }

    /// Starts everything.
    ///
    /// @throws StartFailure or another exception whose message says what to do; nothing is left running then
    static Gateway start(GatewayConfig config) throws Exception {
        return start(config, Ports.real());
    }

    /// The same on another clock, randomness or disk.
    static Gateway start(GatewayConfig config, Ports ports) throws Exception {
        return new Gateway(config, ports);
    }

    int dataPort() {
        return dataPlanes.getFirst().port();
    }

    int controlPort() {
        return control.port();
    }

    GatewayConfig config() {
        return config;
    }

    DataFolder folder() {
        return folder;
    }

    DemoTenants demoTenants() {
        return demoTenants;
    }

    Ledger ledger() {
        return ledger;
    }

    /// Brings changes of tenants and keys into force on this node.
    void refreshDirectory() {
        directorySync.refresh();
    }

    /// Nodes with different peppers know none of each other's keys, and nothing else would say so.
    private void checkPepper() {
        if (!store.postgres().installation().hasPepper(hasher.mark())) {
            LOG.error(
                    "the keys in this database are hashed with another pepper than this node's: tenants' keys that were made"
                            + " elsewhere are unknown here, and those made here elsewhere. Give all nodes of the database one"
                            + " keys.pepper; where the first one made its own, it is in pepper.key in its data folder.");
        }
    }

    private HeadLimits headLimits() {
        var limits = config.limits();
        return new HeadLimits(Math.toIntExact(limits.requestLine().bytes()), Math.toIntExact(limits.head().bytes()),
                limits.headerFields(), HeadLimits.DEFAULT.chunkLineMax(), config.deadlines().head(),
                config.deadlines().keepAlive());
    }

    /// Before the first admission, and before the shipper moves what the two are read from.
    private void restore() throws Exception {
        var past = Past.of(store.postgres(), store.spool(), clock.now());
        past.restoreCounters(admissions, directory.snapshot());
        past.restoreDeferred(deferred);
        leases.takeOver(past, directory.snapshot());
        endedMarks = past.endedMarks(directory.snapshot());
    }

    private void forgetDeferred() {
        for (Awaited expired : deferred.takeExpired(clock.now())) {
            if (expired.admitted() != null) {
                admissions.release(expired.admitted());
            }
        }
    }

    private void openDataPlane() throws Exception {
        var deadlines = config.deadlines();
        var limits = new ExchangeLimits(deadlines.bodyFirstByte(), deadlines.bodyRateAfter(),
                deadlines.bodyRate().bytes(),
                deadlines.writeStall(), config.limits().heldBytesTotal().bytes(), deadlines.keepAlive(),
                config.limits().connections(), config.limits().connectionsPerAddress(),
                config.limits().callsPerTenant(), config.keys().staleAfter());
        var tokenizers = new Tokenizers();
        Thread.ofVirtual().name("weir-warm").start(tokenizers::warm);
        var parts = new ExchangeParts(clock, directory, hasher, admissions, store.spool(), unkept, deferred,
                tokenizers, new CallMetrics(metrics), limits);
        metrics.watchConnections(parts::openConnections);
        int loops = EventLoops.count(config);
        var sandboxUrl = UpstreamUrl.parse(sandbox.url());
        for (int i = 0; i < loops; i++) {
            var plane = new DataPlane(config, parts, head, sandboxUrl, loops,
                    () -> LoopLag.measureHere(vertx, metrics));
            dataPlanes.add(plane);
            await(vertx.deployVerticle(plane, new DeploymentOptions()));
        }
    }

    private Future<ControlPlane> openControlPlane(StoredTenants tenants) {
        var usage = new StoredUsage(store.postgres());
        var rules = new StoredRules(store.postgres());
        BiFunction<TenantId, Limit, Standing> standings = (tenant, limit) -> ledger.standing(tenant, limit,
                tenant.value(), clock.now());
        var budgets = new StoredBudgets(store.postgres(), ledger, box, deliveries::deliverNow, Deliveries.CLAIM,
                store.spool().nodeId(), clock, random);
        return ControlPlane.start(vertx, ControlOptions.of(config), AdminKey.of(secrets.admin().reveal()), List.of(
                new TenantsResource(tenants, rules, directorySync::refresh),
                new PlansResource(rules, directorySync::refresh),
                new LimitsResource(tenants, rules, directorySync::refresh),
                new QuotaResource(tenants, rules, usage, standings, clock, directorySync::refresh),
                new CapacityResource(tenants, rules, standings, clock, directorySync::refresh),
                new AdminActionsResource(rules),
                new KeysResource(tenants, hasher, random, directorySync::refresh),
                new BudgetsResource(tenants, budgets, config.alerts().allowPrivate(), random, directorySync::refresh),
                new AlertsResource(tenants, budgets), new EventsResource(usage),
                new CostsResource(tenants, usage, clock),
                new PricesResource(usage, admissions::prices, clock),
                new GapsResource(store.postgres().gaps()::list),
                new LeasesResource(store.postgres().leaseRows()::list, store.postgres().leases()::forfeit),
                new AuditResource(new RunningAudit(store.postgres(), store.spool(), store.shipper(), ledger, directory,
                        clock, this::callsInFlight), clock),
                new HealthResource(List.of(new HealthCheck("postgresql", this::databaseComplaint),
                        new HealthCheck("spool", this::spoolComplaint, store::pressureWarning))),
                new MetricsResource(metrics::scrape)));
    }

    private Optional<String> databaseComplaint() {
        try {
            store.postgres().directory().version();
            return Optional.empty();
        } catch (RuntimeException unreachable) {
            return Optional.of("PostgreSQL does not answer; calls go on and their events wait in the spool");
        }
    }

    private Optional<String> spoolComplaint() {
        return store.spool().pressure() == Pressure.REFUSE
                ? Optional.of("the spool is full or cannot be written: " + store.spool().lastError())
                : Optional.empty();
    }

    private void startJobs() {
        var spool = store.spool();
        var shipper = store.shipper();
        metrics.watchSpool(new SpoolWatch(spool::depthRecords, spool::usedBytes, shipper::lagNanos, shipper::lagNanos,
                spool::quotaBytes, () -> spool.pressure().ordinal(), spool::suspectSegments, spool::badBlocks,
                spool::unsyncedNanos));
        metrics.watchGaps(store.postgres().gapLog()::gaps, store.postgres().gapLog()::events);
        metrics.watchLeases(leases.leases()::exchanges, leases.leases()::failedExchanges, lending::isValid);
        metrics.watchTwin(() -> store.twin() > 0);
        metrics.watchShipper(shipper::storedEvents, shipper::failedSteps, shipper::sentAgain);
        metrics.watchCallsInFlight(this::callsInFlight);
        metrics.watchReservations(ledger::openReservations, deferred::reserving, () -> ledger.reserved().size());
        var watch = new AlertWatch(ledger::runs, directory::snapshot, endedMarks, store.postgres().alerts()::fire,
                spool.nodeId(), clock, random);
        metrics.watchAlerts(watch::fired, deliveries::delivered, deliveries::failed, deliveries::givenUp,
                deliveries::dead);
        repeat(ALERT_LOOK, "weir-alerts", watch::look);
        repeat(ALERT_LOOK, "weir-alert-deliveries", deliveries::round);
        repeat(DIRECTORY_LOOK, "weir-directory", directorySync::refreshIfNewer);
        var conversion = new PlanConversion(directory::snapshot, ledger, store.postgres().tenants()::convert, clock,
                directorySync::refresh);
        repeat(PLAN_LOOK, "weir-plan-conversion", conversion::look);
        repeat(UNKEPT_LOOK, "weir-unkept-settlements", unkept::look);
        repeat(LEDGER_SWEEP, "weir-ledger-sweep", () -> ledger.sweep(clock.now(), clock.nanoTime()));
        repeat(LEDGER_SWEEP, "weir-deferred-sweep", this::forgetDeferred);
        repeat(LEDGER_SWEEP, "weir-leases-ended", store.postgres().leases()::forgetEnded);
    }

    private int callsInFlight() {
        return dataPlanes.stream().mapToInt(DataPlane::running).sum();
    }

    private void repeat(Duration pause, String name, Runnable task) {
        running.add(name, Runner.every(pause, name, task));
    }

    /// No new calls; the running ones finish within the drain limit; then all stops.
    @Override
    public void close() {
        running.close();
    }

    private void drain() throws Exception {
        long millis = config.deadlines().drain().toMillis();
        Future.join(dataPlanes.stream().map(plane -> plane.drain(millis)).toList())
                .await(millis + TimeUnit.SECONDS.toMillis(STOP_SECONDS_MAX), TimeUnit.MILLISECONDS);
        unkept.look();
        int leaked = ledger.openReservations() - deferred.reserving() - unkept.reserving();
        if (leaked != 0) {
            LOG.error("all calls have ended, and {} of their reservations have not: a fault of Weir's", leaked);
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return await(future, START_SECONDS_MAX);
    }

    private static void awaitStop(Future<Void> future) throws Exception {
        await(future, STOP_SECONDS_MAX);
    }

    private static <T> T await(Future<T> future, long secondsMost) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(secondsMost, TimeUnit.SECONDS);
    }
}
