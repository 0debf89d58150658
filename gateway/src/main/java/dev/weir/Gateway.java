package dev.weir;

import dev.weir.config.GatewayConfig;

/// All parts of one running Weir, built and wired by hand.
final class Gateway {
    private final GatewayConfig config;

    Gateway(GatewayConfig config) {
        this.config = config;
    }

    /// Starts everything, prints how to use it, returns when all has stopped.
    ///
    /// @return the exit code
    int run() throws Exception {
        throw new IllegalStateException("the gateway is not wired yet; it would listen on " + config.listen().data());
    }

    /// [#run], and a minute of mixed traffic to the sandbox route.
    int demo() throws Exception {
        return run();
    }
}
