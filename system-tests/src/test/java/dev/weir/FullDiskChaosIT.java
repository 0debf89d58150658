package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ChaosTraffic.Payer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A spool on a file system that is really full: calls are refused with 503 `spool_unavailable` and never lost, and go on
/// without a restart when there is room again, whoever made it (G3.4, G5.2, G16).
class FullDiskChaosIT {
    private static final int CLIENTS = 8;
    /// Bytes of attribution on each call, so that a few hundred calls fill it.
    private static final int TAG_BYTES = 1_500;
    private static final String SPOOL_MIB = "8";
    private static final String MOUNT = "mount -t tmpfs -o size=" + SPOOL_MIB + "m tmpfs \"$0\""
            + " && head -c 3000000 /dev/zero >\"$0/filler\" && exec \"$@\"";

    @TempDir
    private Path folder;

    @Test
    void aFullDiskRefusesAndGoesOnWhenThereIsRoomAgain() throws Exception {
        long begun = System.nanoTime();
        long rounds = Chaos.number("full-disks", 1);
        Path spool = Files.createDirectories(folder.resolve("var/spool")).toAbsolutePath();
        var server = ChaosServer.shared();
        try (var chaos = new Chaos(server.newDatabase(), TAG_BYTES);
                var weir = WeirProcess.start(folder, chaos.config(), onASmallDisk(spool))) {
            List<Payer> payers = chaos.payers(weir, "acme", "pro", "trial0", "trial", "free0", "free");
            Path filler = Path.of("/proc/" + weir.pid() + "/root" + spool).resolve("filler");
            try (var clients = chaos.traffic()
                    .start(CLIENTS, Integer.MAX_VALUE, "f", payers, () -> weir.url(""),
                            weir::isAlive)) {
                for (long round = 0; round < rounds; round++) {
                    server.stop();
                    awaitRefusals(chaos, clients, weir);
                    if (round == 0) {
                        Files.delete(filler);
                        clients.awaitAnswers(50);
                        Chaos.say("full disk: room made by hand, and it went on");
                        awaitRefusals(chaos, clients, weir);
                    }
                    server.start();
                    clients.awaitAnswers(200);
                    Chaos.say("full disk: room made by storing, and it went on, %d calls so far",
                            chaos.traffic().calls());
                }
            }
            assertThat(weir.stop()).as(weir.log()).isZero();
            long refused = chaos.traffic().refused("spool_unavailable");
            ChaosFigures.tell("full disk", begun, chaos.check("", "seed " + Chaos.seed(), weir.log()), (rounds + 1)
                    + " times full, " + refused + " calls refused by it");
        }
    }

    private static void awaitRefusals(Chaos chaos, ChaosTraffic.Clients clients, WeirProcess weir) {
        long until = chaos.traffic().refused("spool_unavailable") + 20;
        while (chaos.traffic().refused("spool_unavailable") < until) {
            clients.awaitMore(20, () -> !weir.isAlive());
            assertThat(weir.isAlive()).isTrue();
        }
    }

    /// In a mount namespace of its own, which a user without rights gets inside a user namespace.
    private static WeirProcess.Program onASmallDisk(Path spool) throws IOException, InterruptedException {
        boolean root = Integer.valueOf(0)
                .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid",
                        LinkOption.NOFOLLOW_LINKS));
        List<String> before = new ArrayList<>(List.of("unshare", root ? "-m" : "-Urm", "sh", "-c"));
        Assumptions.assumeTrue(works(before, spool),
                "SKIPPED: unshare and mount -t tmpfs are not permitted here, so no full disk was tried");
        before.addAll(List.of(MOUNT, spool.toString()));
        return new WeirProcess.Program("dev.weir.Main", KillChaosIT.QUICK.jvm(), before);
    }

    private static boolean works(List<String> before, Path spool) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(MOUNT, spool.toString(), "true"));
        Process tried = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return tried.waitFor(10, TimeUnit.SECONDS) && tried.exitValue() == 0;
    }
}
