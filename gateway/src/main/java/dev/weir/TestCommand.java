package dev.weir;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `weir test` belongs to the launcher, which has Maven; it is listed here so that help knows all commands.
@Command(name = "test", description = "Run all tests: mvn verify under JDK 25.")
final class TestCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().getErr().println("weir: the jar cannot run the tests. Run `./weir test` in the project.");
        return Main.MISUSED;
    }
}
