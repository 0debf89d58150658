package dev.weir;

import dev.weir.config.Suggestion;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// The command line. Exit codes: 0 done, 1 failed, 2 asked for something that does not exist or is not configured well; `audit`
/// has one more.
@Command(name = "weir", synopsisSubcommandLabel = "COMMAND", mixinStandardHelpOptions = true,
        versionProvider = Version.class, description = "An inline gateway that meters LLM and connector traffic.",
        subcommands = {
            RunCommand.class, DemoCommand.class, TestCommand.class, ChaosCommand.class, ConfigCommand.class,
            PricesCommand.class, AuditCommand.class, SinkCommand.class, VersionCommand.class, HelpCommand.class},
        footer = {"",
            "Run `./weir help COMMAND` for its options. WEIR_JAVA_OPTS replaces the JVM's options."})
public final class Main implements Runnable {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCommandName("./weir")
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((problem, args) -> misused(problem))
                .setExecutionExceptionHandler((problem, line, parsed) -> failed(problem, line));
    }

    /// Without a command there is nothing to do: the list of commands is the answer.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A command is missing. Most want `./weir run`.");
    }

    private static int misused(ParameterException problem) {
        CommandLine line = problem.getCommandLine();
        PrintWriter err = line.getErr();
        boolean top = line.getParent() == null;
        if (problem instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption()) {
            err.println(noSuchCommand(unmatched, line));
        } else {
            err.println("weir: " + problem.getMessage());
            UnmatchedArgumentException.printSuggestions(problem, err);
        }
        err.println(top
                ? "`./weir help` lists the commands."
                : "`./weir help " + line.getCommandSpec().name() + "` lists its options.");
        return MISUSED;
    }

    private static String noSuchCommand(UnmatchedArgumentException unmatched, CommandLine line) {
        String typed = unmatched.getUnmatched().getFirst();
        String what = line.getSubcommands().isEmpty() ? "argument" : "command";
        return "weir: There is no " + what + " \"" + typed + "\" here."
                + Suggestion.of(typed, line.getSubcommands().keySet());
    }

    private static int failed(Exception problem, CommandLine line) {
        line.getErr().println("weir: " + problem.getMessage());
        org.slf4j.LoggerFactory.getLogger(Main.class).debug("The command failed", problem);
        return FAILED;
    }
}
