package dev.weir.spool;

import dev.weir.event.UsageJournal.Append;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Small spools for tests.
final class Spools {
    static final SpoolConfig CONFIG = SpoolConfig.of("node-1", "boot-1")
            .withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN)
            .withRetention(Duration.ofHours(24));

    private Spools() {}

    static Spool open(TornDisk disk) {
        return open(disk, CONFIG, new ManualClock());
    }

    static Spool open(TornDisk disk, SpoolConfig config, ManualClock clock) {
        return open(disk, config, clock, Epochs.OF_FOLDER);
    }

    static Spool open(TornDisk disk, SpoolConfig config, ManualClock clock, Epochs epochs) {
        try {
            return Spool.open(config, disk, clock, bytes -> bytes[0] = 7, epochs, event -> event);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    static long kept(Append append) {
        if (append instanceof Append.Kept(long seq)) {
            return seq;
        }
        throw new AssertionError("not kept: " + append);
    }

    /// Opens and settles a call.
    static long call(Spool spool, String callId) {
        kept(spool.open(Events.opened(callId)));
        return kept(spool.settle(Events.settled(callId)));
    }

    /// All synced events of all epochs, as the shipper would see them.
    static List<KeptEvent> events(Spool spool) {
        var all = new ArrayList<KeptEvent>();
        for (Spool.Epoch epoch : spool.epochs()) {
            all.addAll(events(spool, epoch.epoch(), 0));
        }
        return all;
    }

    static List<KeptEvent> events(Spool spool, long epoch, long afterSeq) {
        try (var reader = spool.read(epoch, afterSeq)) {
            return reader.read(Integer.MAX_VALUE);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
