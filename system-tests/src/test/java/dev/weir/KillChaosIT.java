package dev.weir;

import dev.weir.ChaosTraffic.Payer;
import dev.weir.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` under load, again and again on the same folder: during calls, while answers stream, during the start. Nothing
/// that anybody saw is lost, nothing is there twice, and no cap is passed (G1.2, G1.3, G2.5, G3.1, G3.2, G4.1).
class KillChaosIT {
    private static final int CLIENTS = 10;
    private static final int ROUNDS_TO_A_CHECK = 20;
    /// One start in so many is killed before it takes traffic.
    private static final int STARTS_TO_A_KILLED_ONE = 4;
    private static final long START_NANOS = TimeUnit.MILLISECONDS.toNanos(2_500);
    static final WeirProcess.Program QUICK = new WeirProcess.Program("dev.weir.Main",
            List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), List.of());

    @TempDir
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(Chaos.seed());
    private final List<Payer> payers = new ArrayList<>();
    private int killedStarts;

    @Test
    void nothingIsLostAndNothingDoubledThroughKills() throws Exception {
        long kills = Chaos.number("kills", 3);
        long begun = System.nanoTime();
        var server = ChaosServer.shared();
        try (var chaos = new Chaos(server.newDatabase(), 0)) {
            for (int round = 1; round <= kills; round++) {
                killDuringStart(chaos);
                killUnderLoad(chaos, "k" + round + "k", round);
                if (round % ROUNDS_TO_A_CHECK == 0 || round == kills) {
                    stopInOrder(chaos);
                    chaos.check("", "kill " + round + " of seed " + Chaos.seed());
                    Chaos.say("kill -9: %d of %d rounds, %d calls so far, all ledgers agree", round, kills,
                            chaos.traffic().calls());
                }
            }
            ChaosFigures.tell("kill -9", begun, chaos.check("", "seed " + Chaos.seed()),
                    (kills + killedStarts) + " kills, "
                            + killedStarts + " of them during a start");
        }
    }

    /// With the database in the folder, which dies with Weir and recovers from its own log.
    @Test
    void nothingIsLostThroughKillsThatTakeTheEmbeddedDatabaseAlong() throws Exception {
        long kills = Chaos.number("embedded-kills", 1);
        long begun = System.nanoTime();
        var embedded = new Embedded(folder.resolve("var"), WeirProcess.freePort());
        try (var chaos = new Chaos(embedded, 0)) {
            for (int round = 1; round <= kills; round++) {
                killUnderLoad(chaos, "m" + round + "m", round);
            }
            stopInOrder(chaos);
            try (var server = EmbeddedPostgres.start(folder.resolve("var"), embedded.port)) {
                assert server.pid() > 0;
                ChaosFigures.tell("kill -9 with embedded PostgreSQL", begun, chaos.check("", "seed " + Chaos.seed()),
                        kills + " kills");
            }
        }
    }

    private record Embedded(Path data, int port) implements Chaos.Database {
        @Override
        public String config() {
            return "database: {embedded-port: " + port + "}\n";
        }

        @Override
        public Connection connect() throws SQLException {
            try {
                return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "weir",
                        Files.readString(data.resolve("postgres/password")).strip());
            } catch (IOException unreadable) {
                throw new SQLException(unreadable);
            }
        }
    }

    private void killDuringStart(Chaos chaos) throws IOException, InterruptedException {
        if (random.nextInt(STARTS_TO_A_KILLED_ONE) > 0) {
            return;
        }
        try (var weir = WeirProcess.launch(folder, chaos.config(), QUICK)) {
            LockSupport.parkNanos(random.nextLong(START_NANOS));
            weir.kill();
            killedStarts++;
        }
    }

    private void killUnderLoad(Chaos chaos, String prefix, int round) throws Exception {
        try (var weir = WeirProcess.start(folder, chaos.config(), QUICK)) {
            renewPayers(chaos, weir, round);
            try (var clients = chaos.traffic()
                    .start(CLIENTS, Integer.MAX_VALUE, prefix, payers,
                            () -> weir.url(""), weir::isAlive)) {
                clients.awaitMore(40 + random.nextInt(260), () -> false);
                LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(20)));
                weir.kill();
            }
        }
    }

    /// A tenant without a cap for all rounds, one on trial for some, and a free one that is soon at its cap for each.
    private void renewPayers(Chaos chaos, WeirProcess weir, int round) throws IOException, InterruptedException {
        if (payers.isEmpty()) {
            payers.addAll(chaos.payers(weir, "acme", "pro", "trial0", "trial", "free0", "free"));
        }
        if (round % 10 == 0) {
            payers.set(1, chaos.payers(weir, "trial" + round, "trial").getFirst());
        }
        payers.set(2, chaos.payers(weir, "free" + round, "free").getFirst());
    }

    private void stopInOrder(Chaos chaos) throws IOException, InterruptedException {
        try (var weir = WeirProcess.start(folder, chaos.config(), QUICK)) {
            if (weir.stop() != 0) {
                throw new AssertionError("an orderly stop did not exit with 0: " + weir.log());
            }
        }
    }
}
