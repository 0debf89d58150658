package dev.weir;

import dev.weir.config.GatewayConfig;
import java.util.function.Consumer;

/// One run in the foreground: start, say how to use it, wait for the signal to stop, stop.
final class GatewayRun {
    private GatewayRun() {}

    /// @param whenReady is handed the running gateway
    /// @return the exit code
    static int run(GatewayConfig config, Consumer<Gateway> whenReady) throws Exception {
        var signal = new StopSignal();
        System.out.println(
                "weir: starting" + (config.database().isEmbedded() ? " (with an embedded PostgreSQL)" : "") + " …");
        try (var gateway = Gateway.start(config)) {
            Banner.print(gateway, System.out);
            whenReady.accept(gateway);
            signal.await();
            System.out.println("weir: stopping; running calls may finish. Ctrl-C again ends it at once.");
        }
        System.out.println("weir: stopped");
        return Main.DONE;
    }
}
