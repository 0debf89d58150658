package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.disk.FileDisk;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.port.Clock;
import dev.weir.postgres.Database;
import dev.weir.postgres.EmbeddedPostgres;
import dev.weir.postgres.Postgres;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Rating;
import dev.weir.rating.Sku;
import dev.weir.spool.Shipper;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything that remembers, running: PostgreSQL (embedded or outside), the spool, the shipper between them.
///
/// [#close()] stops in the other order: what is kept is shipped within a bound, the spool is synced, the server stopped.
final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);
    private static final Duration WORK_PAUSE = Duration.ofMillis(5);
    private static final Duration SHIP_AT_STOP = Duration.ofSeconds(15);

    private final Running running = new Running();
    private final Postgres postgres;
    private final Spool spool;
    private final Shipper shipper;

    private Store(GatewayConfig config, DataFolder folder, Vertx vertx, Ports ports, PriceBook prices)
            throws IOException, InterruptedException {
        Clock clock = ports.clock();
        try {
            Database database = database(config, folder);
            postgres = Postgres.open(vertx, database);
            running.add("database connections", postgres);
            postgres.store().preparePartitions(LocalDate.ofInstant(clock.now(), ZoneOffset.UTC));
            spool = Spool.open(spoolConfig(config), ports.disks().open(config.spoolFolder()), clock, ports.random(),
                    event -> rated(event, prices));
            running.add("spool", spool);
            repeat(config.spool().sync().isZero() ? WORK_PAUSE : config.spool().sync(), "weir-spool-sync",
                    spool::sync);
            repeat(WORK_PAUSE, "weir-spool-work", () -> {
                while (spool.work()) {
                    Thread.onSpinWait();
                }
            });
            shipper = new Shipper(spool, postgres.store(), clock, ports.random());
            Thread shipping = Thread.ofVirtual().name("weir-shipper").start(shipper);
            running.add("shipper", () -> stopShipping(shipping));
            repeat(Duration.ofHours(1), "weir-partitions",
                    () -> postgres.store().preparePartitions(LocalDate.ofInstant(clock.now(), ZoneOffset.UTC)));
        } catch (IOException | InterruptedException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    /// Starts all of it and ships what former starts left.
    ///
    /// @throws StartFailure or another exception whose message says what to do
    static Store open(GatewayConfig config, DataFolder folder, Vertx vertx, Ports ports, PriceBook prices)
            throws IOException, InterruptedException {
        var store = new Store(config, folder, vertx, ports, prices);
        try {
            store.shipBacklog();
            return store;
        } catch (InterruptedException stopped) {
            store.close();
            throw stopped;
        }
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
    private static Database outside(GatewayConfig.Database configured) {
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

    /// An interrupted attempt costs what the list says of the quantities it is charged with.
    private static UsageEvent rated(UsageEvent event, PriceBook prices) {
        String model = event.model();
        if (event.cost() != null || model == null || event.quantities().isEmpty()) {
            return event;
        }
        String tenant = event.tenant() == null ? null : event.tenant().value();
        var sku = new Sku(event.provider(), model, event.region(), event.serviceTier());
        return switch (prices.rate(tenant, sku, event.quantities(), event.time())) {
            case Rating.Rated(Money cost) -> event.withCost(cost);
            case Rating.Unpriced _ -> event;
        };
    }

    /// Counters are rebuilt from PostgreSQL, so what a former start kept must be there before the first call is admitted.
    private void shipBacklog() throws InterruptedException {
        long told = System.nanoTime();
        while (shipper.lag() > 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped while the spool was being stored");
            }
            if (System.nanoTime() - told > Duration.ofSeconds(2).toNanos()) {
                told = System.nanoTime();
                LOG.info("storing what the last start left in the spool: {} events to go{}", shipper.lag(),
                        lastError());
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    private String lastError() {
        @Nullable
        String error = shipper.lastError();
        return error == null ? "" : " (last try: " + error + ")";
    }

    private void stopShipping(Thread shipping) throws InterruptedException {
        shipper.stop(SHIP_AT_STOP);
        shipping.join();
        if (shipper.lag() > 0) {
            LOG.warn("{} events are kept in the spool and not yet stored; the next start stores them", shipper.lag());
        }
    }

    @Override
    public void close() {
        running.close();
    }
}
