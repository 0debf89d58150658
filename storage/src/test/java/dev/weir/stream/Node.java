package dev.weir.stream;

import dev.weir.disk.FileDisk;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal.Append;
import dev.weir.port.Clock;
import dev.weir.spool.Shipper;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import dev.weir.spool.UsageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/// A node's spool on the disk and its shipper, running.
final class Node implements AutoCloseable {
    private final Spool spool;
    private final Shipper shipper;
    private final Thread shipping;

    Node(Path folder, String name, UsageStore store) throws IOException {
        spool = Spool.open(SpoolConfig.of(name, "boot"), FileDisk.open(folder), new QuickClock(), random(),
                event -> event);
        shipper = new Shipper(spool, store, new QuickClock(), random());
        shipping = Thread.ofVirtual().start(shipper);
    }

    private static dev.weir.port.Random random() {
        return bytes -> RandomGenerator.getDefault().nextBytes(bytes);
    }

    void keep(UsageEvent event) {
        if (spool.book(event) instanceof Append.NotKept(String why)) {
            throw new IllegalStateException(why);
        }
        spool.sync();
    }

    /// Events not yet in the database, as far as this node knows.
    long lag() {
        return shipper.lag();
    }

    Shipper shipper() {
        return shipper;
    }

    @Override
    public void close() throws Exception {
        shipper.stop(Duration.ZERO);
        shipping.join();
        spool.close();
    }

    /// Runs thirty times as fast, so that a minute of patience is two seconds.
    static final class QuickClock implements Clock {
        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime() * 30;
        }
    }
}
