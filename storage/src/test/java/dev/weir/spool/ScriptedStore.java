package dev.weir.spool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A store in memory that commits, fails, or fails after it has committed, by seed. One thread.
final class ScriptedStore implements UsageStore {
    private final Random random;
    private final double failing;
    private Map<String, Long> watermarks = new HashMap<>();
    private List<KeptEvent> events = new ArrayList<>();
    private boolean down;

    ScriptedStore(long seed, double failing) {
        this.random = new Random(seed);
        this.failing = failing;
    }

    void down(boolean isDown) {
        down = isDown;
    }

    List<KeptEvent> events() {
        return events;
    }

    /// A copy of this store as a backup would bring it back.
    Runnable backup() {
        var oldWatermarks = Map.copyOf(watermarks);
        var oldEvents = List.copyOf(events);
        return () -> {
            watermarks = new HashMap<>(oldWatermarks);
            events = new ArrayList<>(oldEvents);
        };
    }

    @Override
    public long store(Batch batch) throws StoreException {
        if (down || random.nextDouble() < failing / 2) {
            throw StoreException.notStored("down", null);
        }
        long watermark = watermark(batch.node(), batch.epoch());
        for (KeptEvent kept : batch.events()) {
            if (events.stream().noneMatch(other -> other.id().equals(kept.id()))) {
                events.add(kept);
            }
        }
        watermarks.put(batch.node() + batch.epoch(), Math.max(watermark, batch.lastSeq()));
        if (random.nextDouble() < failing / 2) {
            throw StoreException.commitUnknown("connection lost at COMMIT", null);
        }
        return batch.lastSeq();
    }

    @Override
    public long watermark(String node, long epoch) throws StoreException {
        if (down) {
            throw StoreException.notStored("down", null);
        }
        return watermarks.getOrDefault(node + epoch, 0L);
    }
}
