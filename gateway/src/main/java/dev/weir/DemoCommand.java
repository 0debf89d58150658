package dev.weir;

import dev.weir.config.ConfigResult;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `weir demo`.
@Command(name = "demo", description = "Start like `run`, and send a minute of mixed traffic to the sandbox route.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Override
    public Integer call() throws Exception {
        Optional<ConfigResult.Loaded> loaded = options.load();
        if (loaded.isEmpty()) {
            return Main.MISUSED;
        }
        LogLevel.apply(loaded.get().config().log());
        return GatewayRun.run(loaded.get().config(), DemoTraffic::start);
    }
}
