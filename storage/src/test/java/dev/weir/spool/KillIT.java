package dev.weir.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.disk.FileDisk;
import dev.weir.event.Outcome;
import dev.weir.event.UsageJournal.Append;
import dev.weir.port.Clock;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real process appends from several threads on a real file system and is killed with SIGKILL in the middle.
class KillIT {
    private static final int ROUNDS = 5;
    private static final SpoolConfig CONFIG = SpoolConfig.of("node-1", FileDisk.bootId()).withSegmentBytes(1 << 20);

    @TempDir
    Path folder;

    @Test
    void killedProcessLosesNothingThatItReportedAsKept() throws Exception {
        var reported = new HashMap<String, String>();
        var opened = new HashSet<String>();
        var random = new Random(20261124);
        for (int round = 0; round < ROUNDS; round++) {
            runAndKill(1_000 + random.nextInt(5_000), reported, opened);
        }
        try (var spool = Spool.open(CONFIG, FileDisk.open(folder), new SystemClock(), new Random(1)::nextBytes,
                event -> event)) {
            var found = new HashMap<String, String>();
            Map<String, Integer> times = new HashMap<>();
            for (KeptEvent kept : Spools.events(spool)) {
                times.merge(kept.event().callId(), 1, Integer::sum);
                if (kept.event().outcome() != Outcome.INTERRUPTED) {
                    found.put(kept.event().callId(), kept.id().toString());
                }
            }
            assertThat(reported).hasSizeGreaterThan(2_000);
            assertThat(found).as("nothing reported as kept is lost or renumbered").containsAllEntriesOf(reported);
            assertThat(times.keySet()).as("every attempt reported as open has its event").containsAll(opened);
            assertThat(times.values()).as("no attempt has two events").allMatch(count -> count == 1);
            assertThat(spool.epoch()).isEqualTo(ROUNDS + 1);
        }
    }

    private void runAndKill(int lines, Map<String, String> reported, Set<String> opened) throws Exception {
        var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "-Xmx128m",
                Appending.class.getName(), folder.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            for (int i = 0; (line = out.readLine()) != null; i++) {
                if (i == lines) {
                    // Not Process.destroyForcibly, which throws away what the pipe still holds.
                    process.toHandle().destroyForcibly();
                }
                note(line, reported, opened);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /// `open CALL` or `kept CALL ID`; the last line may be cut short.
    private static void note(String line, Map<String, String> reported, Set<String> opened) {
        var words = line.split(" ", -1);
        if (words.length == 3 && words[0].equals("open") && words[2].equals(".")) {
            opened.add(words[1]);
        } else if (words.length == 4 && words[0].equals("kept") && words[3].equals(".")) {
            reported.put(words[1], words[2]);
        }
    }

    /// The process that is killed.
    static final class Appending {
        private Appending() {}

        static void main(String[] arguments) throws Exception {
            var spool = Spool.open(CONFIG, FileDisk.open(Path.of(arguments[0])), new SystemClock(),
                    new Random(1)::nextBytes, event -> event);
            background("sync", () -> {
                spool.sync();
                return 10_000_000;
            });
            background("work", () -> spool.work() ? 0 : 2_000_000);
            var out = System.out;
            for (int t = 0; t < 3; t++) {
                var name = spool.epoch() + "-" + t + "-";
                Thread.ofPlatform().start(() -> appendForEver(spool, name, out));
            }
        }

        private static void background(String name, java.util.function.LongSupplier round) {
            Thread.ofPlatform().name(name).daemon().start(() -> {
                while (true) {
                    LockSupport.parkNanos(round.getAsLong());
                }
            });
        }

        private static void appendForEver(Spool spool, String name, PrintStream out) {
            for (long i = 0;; i++) {
                var callId = name + i;
                if (!(spool.open(Events.opened(callId)) instanceof Append.Kept)) {
                    LockSupport.parkNanos(1_000_000);
                    continue;
                }
                out.println("open " + callId + " .");
                if (spool.settle(Events.settled(callId)) instanceof Append.Kept(long seq)) {
                    out.println("kept " + callId + " node-1-" + spool.epoch() + "-" + seq + " .");
                }
            }
        }
    }

    private record SystemClock() implements Clock {
        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }
}
