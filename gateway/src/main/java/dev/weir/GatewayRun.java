package dev.weir;

import dev.weir.config.ConfigResult;
import dev.weir.config.GatewayConfig;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One run in the foreground: start, say how to use it, wait for the signal to stop, stop.
///
/// A signal that comes while it starts ends the start: what was started until then is stopped, and the exit code is 0.
final class GatewayRun {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayRun.class);

    private GatewayRun() {}

    /// Runs with what the options name.
    ///
    /// @param whenReady is handed the running gateway
    /// @return the exit code
    static int run(ConfigOptions options, Consumer<Gateway> whenReady) throws Exception {
        return run(options, Ports.real(), whenReady);
    }

    /// The same on another clock, randomness or disk.
    static int run(ConfigOptions options, Ports ports, Consumer<Gateway> whenReady) throws Exception {
        Optional<ConfigResult.Loaded> loaded = options.load();
        if (loaded.isEmpty()) {
            return Main.MISUSED;
        }
        GatewayConfig config = loaded.get().config();
        LogLevel.apply(config.log());
        run(config, ports, whenReady);
        return Main.DONE;
    }

    private static void run(GatewayConfig config, Ports ports, Consumer<Gateway> whenReady) throws Exception {
        var signal = StopSignal.ofProcess();
        System.out.println(
                "weir: starting" + (config.database().isEmbedded() ? " (with an embedded PostgreSQL)" : "") + " …");
        Optional<Gateway> started = start(config, ports, signal);
        if (started.isEmpty()) {
            System.out.println("weir: stopped before it was ready");
            return;
        }
        try (var gateway = started.get()) {
            Banner.print(gateway, System.out);
            whenReady.accept(gateway);
            signal.await();
            System.out.println("weir: stopping; running calls may finish. Ctrl-C again ends it at once.");
        }
        System.out.println("weir: stopped");
    }

    /// @return empty where the signal came first
    private static Optional<Gateway> start(GatewayConfig config, Ports ports, StopSignal signal) throws Exception {
        try {
            return Optional.of(signal.interrupting(() -> Gateway.start(config, ports)));
        } catch (Exception failed) {
            if (!signal.isAsked()) {
                throw failed;
            }
            LOG.debug("The start was broken off", failed);
            return Optional.empty();
        }
    }
}
