package dev.weir.spool;

import java.util.ArrayDeque;

/// Copies of the frames that a power cut could still take, so that they can be written again when a sync fails: after a
/// failed sync the kernel may have dropped the pages, so the mapping is no witness.
///
/// Guarded by the append lock. Memory: what is unsynced, in chunks of 256 KiB of which a few are used again.
final class Unsynced {
    private static final int CHUNK = 256 * 1024;
    private static final int SPARE_MAX = 4;

    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();
    private final ArrayDeque<Chunk> spare = new ArrayDeque<>();
    private Chunk last = new Chunk();
    private long bytes;

    Unsynced() {
        chunks.add(last);
    }

    void add(byte[] frame, int length, long record) {
        if (last.used + length > CHUNK) {
            last = spare.isEmpty() ? new Chunk() : spare.removeLast();
            chunks.add(last);
        }
        System.arraycopy(frame, 0, last.bytes, last.used, length);
        last.used += length;
        last.lastRecord = record;
        bytes += length;
    }

    /// Forgets the chunks that hold nothing after `record`.
    void release(long record) {
        while (chunks.size() > 1 && chunks.getFirst().lastRecord <= record) {
            var chunk = chunks.removeFirst();
            bytes -= chunk.used;
            chunk.used = 0;
            if (spare.size() < SPARE_MAX) {
                spare.add(chunk);
            }
        }
        if (last.lastRecord <= record && chunks.size() == 1) {
            bytes = 0;
            last.used = 0;
        }
    }

    /// What is held: the unsynced frames, and those that share a chunk with them.
    long bytes() {
        return bytes;
    }

    /// Visits the frames after `record`, in order.
    void forEach(long record, Visitor visitor) {
        for (Chunk chunk : chunks) {
            for (int at = 0; at < chunk.used;) {
                int length = RecordLayout.padded(RecordLayout.length(chunk.bytes, at));
                if (RecordLayout.record(chunk.bytes, at) > record) {
                    visitor.visit(chunk.bytes, at, length);
                }
                at += length;
            }
        }
    }

    /// Receives one frame with its padding.
    @FunctionalInterface
    interface Visitor {
        void visit(byte[] buffer, int at, int length);
    }

    private static final class Chunk {
        final byte[] bytes = new byte[CHUNK];
        int used;
        long lastRecord;
    }
}
