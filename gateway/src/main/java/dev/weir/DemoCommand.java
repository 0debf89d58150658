package dev.weir;

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
        return GatewayRun.run(options, DemoTraffic::start);
    }
}
