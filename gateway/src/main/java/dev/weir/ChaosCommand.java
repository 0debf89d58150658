package dev.weir;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `weir chaos` belongs to the launcher, which has Maven and the tests; it is listed here so that help knows all commands.
@Command(name = "chaos", mixinStandardHelpOptions = true,
        description = "Kill, starve and confuse real processes under load, and check every ledger afterwards.",
        footer = {"",
            "Options, each with a value; the defaults are the long run, of some hours:",
            "  --only Kill,Disk,FullDisk,Postgres,Clock   which scenarios",
            "  --kills 200  --embedded-kills 20           deaths of Weir, and of Weir with its PostgreSQL",
            "  --faults 300 --step 1 --from 1             disk faults at operations 1 to 300",
            "  --fault eio@17,torn@60                     just these",
            "  --full-disks 5                             times that a small disk is full",
            "  --outages 3 --outage 60                    how often PostgreSQL is away, and for how many seconds",
            "  --crashes 20 --cuts 100 --commits 500      PostgreSQL's crashes, connections cut while or after it stores",
            "  --seed N                                   the same choices again",
            "It ends with a table, and adds a line for each scenario to system-tests/chaos-results.jsonl."})
final class ChaosCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().getErr().println("weir: the jar has no chaos in it. Run `./weir chaos` in the project.");
        return Main.MISUSED;
    }
}
