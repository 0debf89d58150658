package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ChaosTraffic.Payer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// PostgreSQL stopped, frozen, crashed, its connections cut while they store and right after they committed, all under load:
/// calls are answered all the time, and afterwards everything is stored once (G4.1, G5.1, G5.2).
class PostgresChaosIT {
    private static final int CLIENTS = 8;
    private static final int ANSWERS_MEANWHILE = 60;

    @TempDir
    private Path folder;

    private String name = "";
    private int outages;
    private int cutStatements;
    private int crashes;

    /// A step that may fail as a whole test may.
    private interface Step {
        void run() throws Exception;
    }

    @Test
    void callsGoOnWhateverBecomesOfPostgresAndEverythingIsStoredOnce() throws Exception {
        long begun = System.nanoTime();
        var server = ChaosServer.shared();
        try (var cutter = new CommitCutter(server.port());
                var chaos = new Chaos(database(server).through(cutter.port()), 0);
                var weir = WeirProcess.start(folder, chaos.config(), KillChaosIT.QUICK)) {
            List<Payer> payers = chaos.payers(weir, "acme", "pro", "trial0", "trial", "free0", "free");
            try (var clients = chaos.traffic()
                    .start(CLIENTS, Integer.MAX_VALUE, "p", payers, () -> weir.url(""),
                            weir::isAlive)) {
                clients.awaitAnswers(ANSWERS_MEANWHILE);
                for (long round = 0; round < Chaos.number("outages", 1); round++) {
                    outage("stopped", chaos, clients, server::stop, server::start);
                    outage("frozen", chaos, clients, server::freeze, server::thaw);
                }
                repeat("crashes", 1, () -> crashes, () -> crashes += server.crash(name) ? 1 : 0);
                awaitStored(chaos);
                repeat("cuts", 4, () -> cutStatements, () -> cutStatements += server.cutStoring(name));
                cutCommits(cutter, chaos);
            }
            assertThat(chaos.traffic().refused("spool_unavailable")).isZero();
            chaos.exhaust("px", payers.getLast(), weir);
            // An orderly stop ships for a while, and leaves the rest to the next start.
            awaitStored(chaos);
            assertThat(weir.stop()).as(weir.log()).isZero();
            ChaosFigures.tell("PostgreSQL", begun, chaos.check("", "seed " + Chaos.seed()), outages
                    + " outages of " + outage().toSeconds() + " s or more, " + crashes + " crashes, " + cutStatements
                    + " statements and " + cutter.cuts() + " commits cut");
        }
    }

    private ChaosServer.Named database(ChaosServer server) throws SQLException {
        ChaosServer.Named database = server.newDatabase();
        name = database.name();
        return database;
    }

    private static Duration outage() {
        return Duration.ofSeconds(Chaos.number("outage", 2));
    }

    private void outage(String what, Chaos chaos, ChaosTraffic.Clients clients, Step begin, Step end)
            throws Exception {
        begin.run();
        try {
            long until = System.nanoTime() + outage().toNanos();
            do {
                clients.awaitAnswers(ANSWERS_MEANWHILE);
            } while (System.nanoTime() < until);
        } finally {
            end.run();
        }
        outages++;
        awaitStored(chaos);
        Chaos.say("PostgreSQL: %s and back, %d calls so far", what, chaos.traffic().calls());
    }

    /// Returns when what was answered until now is stored.
    private static void awaitStored(Chaos chaos) {
        long answered = chaos.traffic().answered();
        Awaitility.await()
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions()
                .until(() -> chaos.storedEvents() >= answered);
    }

    private static void repeat(String name, long ofShortRun, IntSupplier done, Step step)
            throws Exception {
        long wanted = Chaos.number(name, ofShortRun);
        long until = System.nanoTime() + Duration.ofMinutes(5).toNanos();
        while (done.getAsInt() < wanted && System.nanoTime() < until) {
            try {
                step.run();
            } catch (SQLException itselfCut) {
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        }
        assertThat(done.getAsInt()).as(name).isPositive();
    }

    private static void cutCommits(CommitCutter cutter, Chaos chaos) {
        int wanted = Math.toIntExact(Chaos.number("commits", 12));
        cutter.cut(wanted);
        Awaitility.await()
                .atMost(Duration.ofMinutes(10))
                .pollInterval(Duration.ofMillis(20))
                .until(cutter::isDone);
        awaitStored(chaos);
    }
}
