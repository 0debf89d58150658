package dev.weir;

import dev.weir.disk.FileDisk;
import dev.weir.port.Clock;
import dev.weir.port.Disk;
import dev.weir.port.Random;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;

/// What a gateway takes from the world beside its sockets, in one place, so that tests can start the same gateway on a clock
/// that jumps and a disk that fails.
///
/// @param clock any thread
/// @param random cryptographically strong
/// @param disks opens the folder of the spool
record Ports(Clock clock, Random random, Disks disks) {
    /// Those of the machine.
    static Ports real() {
        return new Ports(new SystemClock(), new SecureRandom()::nextBytes, FileDisk::open);
    }

    /// How a folder becomes a disk.
    @FunctionalInterface
    interface Disks {
        Disk open(Path folder) throws IOException;
    }
}
