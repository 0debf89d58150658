package dev.weir;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `weir run`.
@Command(name = "run", description = "Start the gateway, its control plane and, unless one is configured, PostgreSQL.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Override
    public Integer call() throws Exception {
        return GatewayRun.run(options, ready -> {});
    }
}
