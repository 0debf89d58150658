package dev.weir.spool;

import java.util.ArrayDeque;
import java.util.Deque;

/// A way to a store that takes batches now and stores them when told to, as a topic and its sink do: in order, and nothing that
/// does not follow what is stored. One thread.
final class TrailingStore implements UsageStore {
    private final ScriptedStore store;
    private final Deque<Batch> topic = new ArrayDeque<>();
    private long looked;
    private long taken;

    TrailingStore(ScriptedStore store) {
        this.store = store;
    }

    @Override
    public long store(Batch batch) {
        topic.add(batch);
        taken += batch.size();
        return Math.min(looked, batch.after());
    }

    @Override
    public long watermark(String node, long epoch) throws StoreException {
        looked = store.watermark(node, epoch);
        return looked;
    }

    /// Stores what is in the topic; returns how many batches it passed over.
    int sink() throws StoreException {
        int passedOver = 0;
        while (!topic.isEmpty()) {
            var batch = topic.remove();
            if (batch.after() <= store.watermark(batch.node(), batch.epoch())) {
                store.store(batch);
            } else {
                passedOver++;
            }
        }
        return passedOver;
    }

    void loseFirst() {
        topic.removeFirst();
    }

    /// Events handed over, repeats included.
    long taken() {
        return taken;
    }
}
