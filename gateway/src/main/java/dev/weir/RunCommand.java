package dev.weir;

import dev.weir.config.ConfigResult;
import java.util.Optional;
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
        Optional<ConfigResult.Loaded> loaded = options.load();
        if (loaded.isEmpty()) {
            return Main.MISUSED;
        }
        LogLevel.apply(loaded.get().config().log());
        return GatewayRun.run(loaded.get().config(), ready -> {});
    }
}
