package dev.weir;

import dev.weir.config.ConfigResult;
import dev.weir.config.GatewayConfig;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `weir sink`.
@Command(name = "sink", description = {"Store in PostgreSQL what Weirs with `pipeline: kafka` put into the topic.",
    "Start as many as there are partitions; each takes its share, and when one stops, the others take over. Needs"
            + " database.url and kafka.bootstrap; serves /metrics and /health on the address of --control."},
        mixinStandardHelpOptions = true)
final class SinkCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(SinkCommand.class);

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Override
    public Integer call() throws Exception {
        Optional<ConfigResult.Loaded> loaded = options.load();
        if (loaded.isEmpty()) {
            return Main.MISUSED;
        }
        GatewayConfig config = loaded.get().config();
        LogLevel.apply(config.log());
        var signal = StopSignal.ofProcess();
        System.out.println("weir: starting a sink …");
        Optional<SinkProcess> started = start(config, signal);
        if (started.isEmpty()) {
            System.out.println("weir: stopped before it was ready");
            return Main.DONE;
        }
        try (var sink = started.get()) {
            System.out.println("weir: the sink is ready; metrics: curl -s " + sink.url() + "/metrics");
            signal.await();
            System.out.println("weir: stopping; the batch at hand is finished. Ctrl-C again ends it at once.");
        }
        System.out.println("weir: stopped");
        return Main.DONE;
    }

    private static Optional<SinkProcess> start(GatewayConfig config, StopSignal signal) throws Exception {
        try {
            return Optional.of(signal.interrupting(() -> SinkProcess.start(config)));
        } catch (Exception failed) {
            if (!signal.isAsked()) {
                throw failed;
            }
            LOG.debug("The start was broken off", failed);
            return Optional.empty();
        }
    }
}
