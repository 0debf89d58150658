package dev.weir.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weir.disk.FileDisk;
import dev.weir.port.Clock;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Recovers as much spool as `-Dweir.recovery.mib=1024` says and prints how long that took; without it, not at all.
class RecoverySpeedIT {
    /// Two frames of about 240 bytes each.
    private static final int BYTES_PER_CALL = 480;

    @TempDir
    Path folder;

    @Test
    void aLargeSpoolIsRecoveredWhole() throws Exception {
        int mib = Integer.getInteger("weir.recovery.mib", 0);
        assumeTrue(mib > 0, "SKIPPED: say -Dweir.recovery.mib=1024 to time the recovery of 1 GiB");
        var config = SpoolConfig.of("node-1", "boot");
        long calls = 0;
        try (var spool = Spool.open(config, FileDisk.open(folder), new SystemClock(), new Random(1)::nextBytes,
                e -> e)) {
            for (long until = ((long) mib << 20) / BYTES_PER_CALL; calls < until; calls++) {
                Spools.call(spool, "call-" + calls);
                if (calls % 5_000 == 0) {
                    spool.work();
                    spool.sync();
                }
            }
            Spools.kept(spool.open(Events.opened("in flight")));
        }
        long begun = System.nanoTime();
        try (var spool = Spool.open(config, FileDisk.open(folder), new SystemClock(), new Random(1)::nextBytes,
                e -> e)) {
            System.out.printf("%d MiB, %d records recovered in %d ms%n", mib, spool.recovery().records(),
                    (System.nanoTime() - begun) / 1_000_000);
            assertThat(spool.recovery().records()).isEqualTo(2 * calls + 1);
            assertThat(spool.recovery().interrupted()).isEqualTo(1);
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
