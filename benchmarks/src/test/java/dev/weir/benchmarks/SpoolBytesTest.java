package dev.weir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.weir.disk.FileDisk;
import dev.weir.event.UsageJournal.Append;
import dev.weir.port.Clock;
import dev.weir.port.Disk;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What docs/spool-format.md says that an event takes, held to 20 %.
class SpoolBytesTest {
    private static final int CALLS = 60_000;
    /// So many that an opening is out of the compressor's reach when its settlement comes.
    private static final int IN_FLIGHT = 256;
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    Path folder;

    @Test
    void anEventTakesTheBytesOfTheDocumentAsAppended() throws IOException {
        assertThat(bytesPerEvent(new Unsealing(FileDisk.open(folder)))).isCloseTo(stated("as appended"),
                withinPercentage(20));
    }

    @Test
    void anEventTakesTheBytesOfTheDocumentWhenSealed() throws IOException {
        assertThat(bytesPerEvent(FileDisk.open(folder))).isCloseTo(stated("sealed"), withinPercentage(20));
    }

    private static double bytesPerEvent(Disk disk) throws IOException {
        var config = SpoolConfig.of("node-1", "boot").withSegmentBytes(2 << 20);
        var traffic = new SampleTraffic(NOON);
        try (var spool = Spool.open(config, disk, new StoppedClock(), bytes -> {}, event -> event)) {
            for (int call = 1; call <= CALLS + IN_FLIGHT; call++) {
                if (call <= CALLS) {
                    assertThat(spool.open(traffic.opening(call))).isInstanceOf(Append.Kept.class);
                }
                if (call > IN_FLIGHT) {
                    assertThat(spool.settle(traffic.settlement(call - IN_FLIGHT))).isInstanceOf(Append.Kept.class);
                }
                if (call % 100 == 0) {
                    spool.sync();
                    spool.work();
                }
            }
            while (spool.work()) {
                spool.sync();
            }
            return (double) spool.usedBytes() / CALLS;
        }
    }

    private static double stated(String form) throws IOException {
        var row = Pattern.compile("\\| " + form + " \\| ([\\d,]+) \\|");
        var found = row.matcher(Files.readString(project().resolve("docs/spool-format.md")));
        assertThat(found.find()).as("a row '| %s | bytes |' in docs/spool-format.md", form).isTrue();
        return Double.parseDouble(found.group(1).replace(",", ""));
    }

    private static Path project() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("weir"))) {
            at = java.util.Objects.requireNonNull(at.getParent(), "the tests run inside the project");
        }
        return at;
    }

    private record StoppedClock() implements Clock {
        @Override
        public Instant now() {
            return NOON;
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }
}
