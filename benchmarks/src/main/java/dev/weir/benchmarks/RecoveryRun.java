package dev.weir.benchmarks;

import dev.weir.disk.FileDisk;
import dev.weir.event.UsageJournal.Append;
import dev.weir.port.Clock;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;

/// Makes a spool folder of a given size, and opens it again as a start does. `benchmarks/recovery.py` runs it: a start is timed
/// in a JVM of its own, because that is what a start is.
///
/// - `fill FOLDER MIB raw|sealed`: 256 calls are in flight at any time, and stay so at the end
/// - `open FOLDER`: prints `records interrupted milliseconds`
public final class RecoveryRun {
    private static final int IN_FLIGHT = 256;
    /// How many calls between two looks at the disk.
    private static final int ROUND = 2_000;

    private RecoveryRun() {}

    public static void main(String[] args) throws IOException {
        var folder = Path.of(args[1]);
        if (args[0].equals("fill")) {
            fill(folder, Long.parseLong(args[2]) << 20, args[3].equals("raw"));
        } else {
            open(folder);
        }
    }

    private static void open(Path folder) throws IOException {
        long begun = System.nanoTime();
        try (var spool = spool(folder, false)) {
            long took = System.nanoTime() - begun;
            System.out.printf("%d %d %d%n", spool.recovery().records(), spool.recovery().interrupted(),
                    took / 1_000_000);
        }
    }

    private static void fill(Path folder, long bytes, boolean raw) throws IOException {
        var traffic = new SampleTraffic(Instant.now());
        var running = new ArrayDeque<Long>();
        try (var spool = spool(folder, raw)) {
            for (long call = 1; call % ROUND != 0 || size(folder) < bytes; call++) {
                kept(spool.open(traffic.opening(call)));
                running.add(call);
                if (running.size() > IN_FLIGHT) {
                    kept(spool.settle(traffic.settlement(running.remove())));
                }
                if (call % ROUND == 0) {
                    spool.sync();
                    spool.work();
                }
            }
        }
    }

    private static Spool spool(Path folder, boolean raw) throws IOException {
        var disk = FileDisk.open(folder);
        return Spool.open(SpoolConfig.of("bench", FileDisk.bootId()), raw ? new Unsealing(disk) : disk,
                new SystemClock(),
                new SecureRandom()::nextBytes, event -> event);
    }

    private static void kept(Append append) {
        if (append instanceof Append.NotKept(String why)) {
            throw new IllegalStateException(why);
        }
    }

    private static long size(Path folder) throws IOException {
        long bytes = 0;
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes;
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
