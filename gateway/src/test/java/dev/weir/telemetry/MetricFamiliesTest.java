package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weir.admission.RefusalCode;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.spool.Batch;
import dev.weir.spool.UsageStore;
import dev.weir.stream.Sink;
import dev.weir.stream.StreamConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The families that are exposed, declared and documented are the same, and Prometheus' own linter accepts them.
class MetricFamiliesTest {
    private final Metrics metrics = new Metrics("test");

    @BeforeEach
    void touchEveryFamily() {
        metrics.attemptEnded(Events.ordinary().clientRetries(1).upstreamStatus(429).build());
        metrics.attemptEnded(Events.ordinary()
                .attempt(2)
                .flag(Flags.Flag.UNPRICED)
                .flag(Flags.Flag.BOUND_VIOLATED)
                .build());
        metrics.attemptEnded(Events.ordinary().outcome(Outcome.BLOCKED, "cap_exceeded").build());
        metrics.refused(RefusalCode.ROUTE_UNKNOWN, "");
        metrics.headRefused("bare_cr");
        metrics.loopLag(1_000_000);
        metrics.connectionRefused("total");
        metrics.watchConnections(() -> 7);
        metrics.watchCallsInFlight(() -> 3);
        metrics.watchReservations(() -> 4, () -> 1, () -> 9);
        metrics.watchSpool(new SpoolWatch(() -> 1, () -> 2, () -> 3, () -> 4, () -> 5, () -> 0, () -> 7, () -> 8,
                () -> 9));
        metrics.watchGaps(() -> 10, () -> 11);
        metrics.watchAlerts(() -> 1, () -> 2, () -> 3, () -> 4, () -> 5);
        metrics.watchTwin(() -> false);
        metrics.watchLeases(() -> 12, () -> 13, () -> true);
        metrics.watchShipper(() -> 5, () -> 6, () -> 7);
        metrics.watchSink(
                new Sink(new StreamConfig("127.0.0.1:9092", "usage", 1, 1, "sinks", Map.of()), new Nowhere()));
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void exposedFamiliesAreTheDeclaredOnes() {
        var declared = new TreeMap<String, String>();
        for (Family family : Family.values()) {
            declared.put(family.exposed(), family.kind().name().toLowerCase(Locale.ROOT));
        }
        var exposed = new TreeMap<String, String>();
        ownLines().stream().filter(line -> line.startsWith("# TYPE ")).map(line -> line.split(" ")).forEach(words -> {
            // the library adds the largest recent value of each histogram
            if (!words[2].endsWith("_seconds_max")) {
                exposed.put(words[2], words[3]);
            }
        });
        assertThat(exposed).isEqualTo(declared);
    }

    @Test
    void documentedFamiliesAreTheDeclaredOnes() throws IOException {
        var table = Arrays.stream(Family.values()).map(MetricFamiliesTest::row).collect(Collectors.joining("\n"));
        var document = Files.readString(Path.of("../docs/metrics.md"));
        assertThat(document).as("docs/metrics.md should hold this table:%n%s%n", table).contains(table);
        assertThat(document.lines().filter(line -> line.matches("\\| `weir_\\w+` .*"))).hasSize(Family.values().length);
    }

    @Test
    void promtoolFindsNothingToComplainAbout() throws Exception {
        assumeTrue(isInstalled("promtool"), "SKIPPED: promtool is not installed (Debian package prometheus)");
        var process = new ProcessBuilder("promtool", "check", "metrics").redirectErrorStream(true).start();
        try (var stdin = process.getOutputStream()) {
            stdin.write((String.join("\n", ownLines()) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(output).isEmpty();
        assertThat(process.exitValue()).isZero();
    }

    /// A sink that does not run asks it nothing.
    private static final class Nowhere implements UsageStore {
        @Override
        public long store(Batch batch) {
            return 0;
        }

        @Override
        public long watermark(String node, long epoch) {
            return 0;
        }
    }

    private List<String> ownLines() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("weir_") || line.startsWith("# HELP weir_")
                        || line.startsWith("# TYPE weir_"))
                .toList();
    }

    private static String row(Family family) {
        var labels = family.labels().stream().map(label -> "`" + label + "`").collect(Collectors.joining(", "));
        return "| `" + family.exposed() + "` | " + family.kind().name().toLowerCase(Locale.ROOT) + " | " + labels
                + " | " + family.help() + " |";
    }

    private static boolean isInstalled(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
