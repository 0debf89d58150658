package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.disk.FileDisk;
import dev.weir.port.Clock;
import dev.weir.postgres.Database;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.EmbeddedPostgres;
import dev.weir.postgres.Postgres;
import dev.weir.rating.PriceBook;
import dev.weir.spool.Shipper;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import dev.weir.spool.UsageStore;
import dev.weir.stream.TopicWriter;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything that remembers, running: PostgreSQL (embedded or outside), the spool, the shipper between them.
///
/// [#close()] stops in the other order: what is kept is shipped within a bound, the spool is synced, the server stopped.
final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);
    private static final Duration WORK_PAUSE = Duration.ofMillis(5);
    private static final Duration SHIP_AT_STOP = Duration.ofSeconds(15);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(500);
    private static final Duration PRESSURE_LOOK = Duration.ofSeconds(1);
    private static final Duration TWIN_LOOK = Duration.ofSeconds(10);

    private final Running running = new Running();
    private final Postgres postgres;
    private final Spool spool;
    private final Shipper shipper;
    private final PressureWatch pressure;
    private volatile long twin;

    private Store(GatewayConfig config, DataFolder folder, Vertx vertx, Ports ports, PriceBook prices)
            throws IOException, InterruptedException {
        Clock clock = ports.clock();
        try {
            Database database = database(config, folder);
            postgres = Postgres.open(vertx, database, NodeLeases.terms(config));
            running.add("database connections", postgres);
            postgres.store().preparePartitions(LocalDate.ofInstant(clock.now(), ZoneOffset.UTC));
            spool = Spool.open(spoolConfig(config), ports.disks().open(config.spoolFolder()), clock, ports.random(),
                    postgres.epochs(), new InterruptedAttempts(postgres, prices));
            running.add("spool", spool);
            pressure = new PressureWatch(spool::pressure, spool::usedBytes, spool.quotaBytes());
            repeat(PRESSURE_LOOK, "weir-spool-pressure", pressure::look);
            repeat(config.spool().sync().isZero() ? WORK_PAUSE : config.spool().sync(), "weir-spool-sync",
                    spool::sync);
            repeat(WORK_PAUSE, "weir-spool-work", () -> {
                while (spool.work()) {
                    Thread.onSpinWait();
                }
            });
            shipper = new Shipper(spool, way(config), clock, ports.random());
            repeat(Duration.ofHours(1), "weir-partitions",
                    () -> postgres.store().preparePartitions(LocalDate.ofInstant(clock.now(), ZoneOffset.UTC)));
        } catch (IOException | InterruptedException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    /// Puts on record that this start may keep events from now on: not before has its folder anything to lose.
    private void tellStarted() throws InterruptedException {
        while (!isStartedTold()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped while the start was being put on record");
            }
            LockSupport.parkNanos(RETRY_PAUSE.toNanos());
        }
    }

    private boolean isStartedTold() {
        try {
            postgres.epochs().started(spool.nodeId(), spool.epoch());
            return true;
        } catch (DatabaseException away) {
            LOG.warn("this start is not on record yet, trying again: {}", away.getMessage());
            return false;
        }
    }

    /// Whether another process has begun under this node's name. It has epochs of its own, so nothing is mixed up or lost; but
    /// both ship and both count, and an operator meant them to be two.
    private void lookForTwin() {
        long latest = postgres.epochs().latest(spool.nodeId(), spool.epoch());
        if (latest > spool.epoch() && latest != twin) {
            LOG.error(
                    "another process runs under the name '{}': it began epoch {}, this one is in epoch {}. Events of both"
                            + " are kept apart and none is lost, but give one of them another node.id and a folder of its own.",
                    spool.nodeId(), latest, spool.epoch());
        }
        twin = latest > spool.epoch() ? latest : 0;
    }

    /// What somebody should look at, empty while less than 70 % of the quota is used.
    Optional<String> pressureWarning() {
        return pressure.warning();
    }

    /// The epoch of another process that has begun under this node's name, 0 where there is none.
    long twin() {
        return twin;
    }

    /// Starts all but the shipper: what former starts left in the spool can be read until [#startShipping].
    ///
    /// @throws StartFailure or another exception whose message says what to do
    static Store open(GatewayConfig config, DataFolder folder, Vertx vertx, Ports ports, PriceBook prices)
            throws IOException, InterruptedException {
        var store = new Store(config, folder, vertx, ports, prices);
        try {
            store.tellStarted();
            store.repeat(TWIN_LOOK, "weir-twin", store::lookForTwin);
            return store;
        } catch (InterruptedException | RuntimeException stopped) {
            store.close();
            throw stopped;
        }
    }

    /// Ships what is kept and what will be. Once.
    void startShipping() {
        Thread shipping = Thread.ofVirtual().name("weir-shipper").start(shipper);
        running.add("shipper", () -> stopShipping(shipping));
    }

    Postgres postgres() {
        return postgres;
    }

    Spool spool() {
        return spool;
    }

    Shipper shipper() {
        return shipper;
    }

    private void repeat(Duration pause, String name, Runnable task) {
        running.add(name, Runner.every(pause, name, task));
    }

    private UsageStore way(GatewayConfig config) {
        return switch (config.pipeline()) {
            case DIRECT -> postgres.store();
            case KAFKA -> running.add("topic writer", new TopicWriter(Streams.of(config), postgres.store()));
        };
    }

    private Database database(GatewayConfig config, DataFolder folder) throws IOException, InterruptedException {
        var configured = config.database();
        if (configured.url().isPresent()) {
            return outside(configured);
        }
        EmbeddedPostgres server = EmbeddedPostgres.start(folder.path(), configured.embeddedPort());
        running.add("embedded PostgreSQL", server);
        return server.database();
    }

    /// An outside database: who enters it stands in the URL, or beside it in `database.user` and `database.password`.
    static Database outside(GatewayConfig.Database configured) {
        String url = configured.url().orElseThrow();
        int host = url.indexOf("://") + 3;
        if (url.indexOf('@') >= 0 || host < 3 || configured.password().isEmpty()) {
            return Database.ofUrl(url);
        }
        String login = encoded(configured.user()) + ":" + encoded(configured.password().get().reveal());
        return Database.ofUrl(url.substring(0, host) + login + "@" + url.substring(host));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static SpoolConfig spoolConfig(GatewayConfig config) {
        var spool = config.spool();
        return SpoolConfig.of(config.node().id().orElse(""), FileDisk.bootId())
                .withSegmentBytes(Math.toIntExact(spool.segment().bytes()))
                .withQuotaBytes(spool.quota().bytes())
                .withSyncInterval(spool.sync())
                .withRetention(spool.retention());
    }

    private void stopShipping(Thread shipping) throws InterruptedException {
        shipper.stop(SHIP_AT_STOP);
        shipping.join();
        if (shipper.lag() > 0) {
            LOG.warn("{} events are kept in the spool and not yet known to be stored; the next start goes on with them",
                    shipper.lag());
        }
    }

    @Override
    public void close() {
        running.close();
    }
}
