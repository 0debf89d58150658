package dev.weir;

import dev.weir.config.ConfigResult;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `weir config check` and `weir config show`.
@Command(name = "config", description = "Check the configuration, or show what holds.", mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do with the configuration: check or show.");
    }

    @Command(name = "check", description = "Print every problem and warning; start nothing.",
            mixinStandardHelpOptions = true)
    int check(@Mixin ConfigOptions options) {
        Optional<ConfigResult.Loaded> loaded = options.load();
        loaded.ifPresent(result -> out().println("The configuration is good: " + result.config().routes().size()
                + " routes, data plane " + result.config().listen().data() + ", control plane "
                + result.config().listen().control() + "."));
        return loaded.isPresent() ? Main.DONE : Main.MISUSED;
    }

    @Command(name = "show", description = "Print every key with the value that holds, secrets masked.",
            mixinStandardHelpOptions = true)
    int show(@Mixin ConfigOptions options) {
        Optional<ConfigResult.Loaded> loaded = options.load();
        loaded.ifPresent(result -> out().print(result.effective()));
        out().flush();
        return loaded.isPresent() ? Main.DONE : Main.MISUSED;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
