package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ChaosTraffic.Payer;
import dev.weir.DiskFault.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One fault of the disk at its n-th operation, for every n and every kind, each in a start of its own on a folder of its own:
/// Weir goes on, or refuses, or dies; and the next start on a healthy disk has all that anybody saw, once (G3.1, G3.4).
class DiskChaosIT {
    private static final int CLIENTS = 8;
    private static final int CALLS_AFTER = 50;
    /// Several records are synced at once where the machine is slow.
    private static final int CALLS_TO_AN_OPERATION = 6;
    /// Bytes of attribution on each call, so that a segment is full after some hundred calls and sealing is among the operations.
    private static final int TAG_BYTES = 1_500;
    private static final int ROUNDS_TO_A_CHECK = 25;
    private static final int LOG_LINES_SHOWN = 20;
    private static final Predicate<String> TELLING = Pattern.compile("^chaos:|^weir:| WARN | ERROR ").asPredicate();
    private static final int ROUNDS_TO_A_FREE_TENANT = 5;
    private static final int ROUNDS_TO_A_TRIAL = 100;

    @TempDir
    private Path folder;

    private final List<Payer> payers = new ArrayList<>();
    private final Map<Kind, Integer> fired = new EnumMap<>(Kind.class);
    private int untouched;
    private int refusedToStart;

    @Test
    void noFaultOfTheDiskLosesOrDoublesAnything() throws Exception {
        long begun = System.nanoTime();
        List<DiskFault> faults = faults();
        var server = ChaosServer.shared();
        try (var chaos = new Chaos(server.newDatabase(), TAG_BYTES)) {
            makePayers(chaos, faults.size());
            for (int round = 0; round < faults.size(); round++) {
                endure(chaos, faults.get(round), round);
                if ((round + 1) % ROUNDS_TO_A_CHECK == 0) {
                    Chaos.say("disk faults: %d of %d done, %s", round + 1, faults.size(), fired);
                }
            }
            var all = chaos.check("", "all rounds together");
            ChaosFigures.tell("disk faults", begun, all, faults.size() + " faults armed " + fired + ", " + untouched
                    + " never due, " + refusedToStart + " kept it from starting");
        }
        assertThat(fired.values().stream().mapToInt(Integer::intValue).sum()).as("faults that came").isPositive();
    }

    /// Every kind at 1, 1 + step, … up to the last; and the two of mapped memory, which are oftener, at a few of those.
    private static List<DiskFault> faults() {
        String only = System.getProperty("weir.chaos.fault", "");
        if (!only.isEmpty()) {
            return Stream.of(only.split(",")).map(DiskFault::parse).toList();
        }
        long last = Chaos.number("faults", 120);
        long step = Chaos.number("step", 60);
        List<DiskFault> faults = new ArrayList<>();
        var random = new SplittableRandom(Chaos.seed());
        for (long at = Chaos.number("from", 1); at <= last; at += step) {
            faults.add(new DiskFault(random.nextBoolean() ? Kind.EIO : Kind.EIO_FOR_EVER, at));
            faults.add(new DiskFault(Kind.ENOSPC, at));
            faults.add(new DiskFault(random.nextBoolean() ? Kind.KILL_BEFORE : Kind.KILL_AFTER, at));
            if (at % 5 == 1) {
                faults.add(new DiskFault(random.nextBoolean() ? Kind.TORN : Kind.FAULT, at));
            }
        }
        return faults;
    }

    private void makePayers(Chaos chaos, int rounds) throws Exception {
        List<String> tenants = new ArrayList<>(List.of("acme", "pro"));
        for (int n = 0; n <= rounds / ROUNDS_TO_A_TRIAL; n++) {
            tenants.addAll(List.of("trial" + n, "trial"));
        }
        for (int n = 0; n <= rounds / ROUNDS_TO_A_FREE_TENANT; n++) {
            tenants.addAll(List.of("free" + n, "free"));
        }
        try (var gateway = chaos.here(folder.resolve("tenants"))) {
            payers.addAll(chaos.payers(gateway, tenants.toArray(String[]::new)));
        }
    }

    private List<Payer> payers(int round) {
        String trial = "trial" + round / ROUNDS_TO_A_TRIAL;
        String free = "free" + round / ROUNDS_TO_A_FREE_TENANT;
        return payers.stream()
                .filter(payer -> payer.plan().equals("pro") || payer.tenant().equals(trial)
                        || payer.tenant().equals(free))
                .toList();
    }

    private void endure(Chaos chaos, DiskFault fault, int round) throws Exception {
        Path home = folder.resolve("round" + round);
        String prefix = "d" + round + "d";
        String where = "-Dweir.chaos.fault=" + fault + ", round " + round + " of seed " + Chaos.seed();
        try (var weir = WeirProcess.launch(home, chaos.config(), faulty(fault))) {
            if (weir.awaitReady()) {
                load(chaos, weir, prefix, payers(round), fault);
            } else {
                refusedToStart++;
            }
            end(weir, fault);
            note(fault, weir.log());
            recover(chaos, home, prefix, where, weir.log());
        }
        delete(home);
    }

    private static WeirProcess.Program faulty(DiskFault fault) {
        return new WeirProcess.Program("dev.weir.FaultyWeir", List.of("-Xmx256m", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-D" + FaultyWeir.DISK + "=" + fault), List.of());
    }

    /// Until the fault has come, and some calls more; a fault that is far away takes more calls.
    private static void load(Chaos chaos, WeirProcess weir, String prefix, List<Payer> payers, DiskFault fault) {
        int callsMax = Math.toIntExact(CALLS_AFTER + CALLS_TO_AN_OPERATION * fault.at());
        try (var clients = chaos.traffic()
                .start(CLIENTS, callsMax, prefix, payers, () -> weir.url(""),
                        weir::isAlive)) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> !weir.isAlive() || clients.isIdle() || isFired(fault, weir.log()));
            clients.awaitMore(CALLS_AFTER, () -> !weir.isAlive());
        }
    }

    private static boolean isFired(DiskFault fault, String log) {
        return log.contains(FaultyDisk.FIRED + fault);
    }

    /// In order where it can be; a process whose disk is gone for good has nothing to wait for.
    private static void end(WeirProcess weir, DiskFault fault) throws InterruptedException {
        if (fault.kind() == Kind.EIO_FOR_EVER || !weir.isAlive()) {
            weir.kill();
        } else {
            weir.stop();
        }
    }

    private void note(DiskFault fault, String log) {
        if (isFired(fault, log)) {
            fired.merge(fault.kind(), 1, Integer::sum);
        } else {
            untouched++;
        }
    }

    private static void recover(Chaos chaos, Path home, String prefix, String where, String log) throws Exception {
        chaos.store(home);
        chaos.check(prefix,
                where + "\n" + log.lines().filter(TELLING).limit(LOG_LINES_SHOWN).collect(Collectors.joining("\n")),
                log);
    }

    private static void delete(Path home) throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
