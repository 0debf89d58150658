package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.control.AdminKey;
import dev.weir.control.ControlOptions;
import dev.weir.control.HealthCheck;
import dev.weir.control.HealthResource;
import dev.weir.control.MetricsResource;
import dev.weir.control.Probes;
import dev.weir.postgres.Postgres;
import dev.weir.stream.Sink;
import dev.weir.stream.StreamConfig;
import dev.weir.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running sink: the database, the member of the consumer group, health and metrics.
///
/// [#close()] finishes the batch being stored, commits its offsets, leaves the group, and stops the rest.
final class SinkProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SinkProcess.class);
    private static final long SECONDS_MAX = 30;
    private static final Duration TELL = Duration.ofSeconds(10);

    private final Running running = new Running();
    private final Postgres postgres;
    private final Sink sink;
    private final Metrics metrics = new Metrics(Version.text());
    private final String url;
    private long told;

    private SinkProcess(GatewayConfig config) throws Exception {
        StreamConfig stream = Streams.of(config);
        requireOutside(config);
        var clock = new SystemClock();
        Vertx vertx = Vertx.vertx();
        try {
            running.add("event loops", () -> await(vertx.close()));
            postgres = running.add("database connections", Postgres.open(vertx, Store.outside(config.database())));
            running.add("partitions", Runner.every(Duration.ofHours(1), "weir-partitions",
                    () -> postgres.store().preparePartitions(LocalDate.ofInstant(clock.now(), ZoneOffset.UTC))));
            sink = new Sink(stream, postgres.store());
            metrics.watchSink(sink);
            Probes probes = serve(config, vertx);
            running.add("probes", () -> await(probes.close()));
            url = (config.control().tls().isPresent() ? "https://" : "http://") + config.listen().control().host() + ":"
                    + probes.port();
            Thread storing = Thread.ofPlatform()
                    .name("weir-sink")
                    .uncaughtExceptionHandler((thread, cause) -> died(cause))
                    .start(sink);
            running.add("sink", () -> {
                sink.stop();
                storing.join();
            });
            running.add("progress", Runner.every(TELL, "weir-progress", this::tell));
        } catch (Exception failed) {
            running.close();
            throw failed;
        }
    }

    /// Returns when it is ready; brokers that do not answer are waited for.
    ///
    /// @throws StartFailure or another exception whose message says what to do; nothing is left running then
    static SinkProcess start(GatewayConfig config) throws Exception {
        return new SinkProcess(config);
    }

    /// Where health and metrics are.
    String url() {
        return url;
    }

    private static void requireOutside(GatewayConfig config) {
        if (config.database().isEmbedded()) {
            throw new StartFailure(
                    "a sink stores into the database that all nodes share, and database.url is missing. For"
                            + " the embedded PostgreSQL of a Weir that runs on this machine, give that one a fixed"
                            + " database.embedded-port, and start the sink with database.url"
                            + " postgresql://127.0.0.1:PORT/postgres, database.user weir and database.password"
                            + " ${file:DATA/postgres/password}.");
        }
    }

    /// Whoever watches the process may start it again; the other sinks take over meanwhile.
    private static void died(Throwable cause) {
        LOG.error("the sink died", cause);
        Runtime.getRuntime().halt(Main.FAILED);
    }

    private Probes serve(GatewayConfig config, Vertx vertx) throws Exception {
        var secrets = Secrets.of(config, DataFolder.open(config.data()));
        var health = new HealthResource(List.of(new HealthCheck("postgresql", this::databaseComplaint),
                new HealthCheck("kafka", this::kafkaComplaint)));
        try {
            return await(Probes.start(vertx, ControlOptions.of(config), AdminKey.of(secrets.admin().reveal()), health,
                    new MetricsResource(metrics::scrape)));
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof BindException taken) {
                throw new StartFailure("the address " + config.listen().control() + " is taken: "
                        + taken.getMessage() + ". Name another with --control HOST:PORT.", failed);
            }
            throw failed;
        }
    }

    private Optional<String> databaseComplaint() {
        try {
            postgres.directory().version();
            return Optional.empty();
        } catch (RuntimeException unreachable) {
            return Optional.of("PostgreSQL does not answer; events wait in the topic and in the spools");
        }
    }

    private Optional<String> kafkaComplaint() {
        if (!sink.isConnected()) {
            return Optional.of("no broker is connected; events wait in the topic and in the spools");
        }
        return Optional.ofNullable(sink.lastError());
    }

    private void tell() {
        long stored = sink.storedEvents();
        if (stored != told) {
            LOG.info("stored {} events, {} a second; {} records behind in {} partitions", stored,
                    (stored - told) / TELL.toSeconds(), sink.behind(), sink.partitions());
        }
        told = stored;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(SECONDS_MAX, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        running.close();
        metrics.close();
    }
}
