package dev.weir.spool;

import java.util.ArrayList;
import java.util.List;

/// Events of one node and one epoch in the order of their seq, to be stored in one transaction.
///
/// The seqs rise strictly; they may leave numbers out where the spool lost records (a bad block, a power cut). Storing the
/// batch moves the watermark of (node, epoch) to [#lastSeq()].
///
/// @param after the watermark as the sender knows it: a store whose own is lower has gone back in time since, and takes nothing,
///        so that the sender begins again at the store's; 0 to send in any case
/// @param events 1 or more, never changed
public record Batch(String node, long epoch, long after, List<KeptEvent> events) {
    public Batch(String node, long epoch, List<KeptEvent> events) {
        this(node, epoch, 0, events);
    }

    public Batch {
        events = List.copyOf(events);
        if (events.isEmpty()) {
            throw new IllegalArgumentException("a batch holds at least one event");
        }
        long before = 0;
        for (KeptEvent kept : events) {
            var id = kept.id();
            if (!id.node().equals(node) || id.epoch() != epoch || id.seq() <= before) {
                throw new IllegalArgumentException("a batch of " + node + "-" + epoch
                        + " holds its own events in rising order; " + id + " does not follow seq " + before);
            }
            before = id.seq();
        }
    }

    public long firstSeq() {
        return events.getFirst().id().seq();
    }

    /// The watermark after this batch is stored.
    public long lastSeq() {
        return events.getLast().id().seq();
    }

    public int size() {
        return events.size();
    }

    /// The stretches of seqs from 1 to [#lastSeq()] that are not in this batch. Those that end behind the watermark of
    /// (node, epoch) are gaps; of one that begins before it, the rest is.
    public List<Gap> absent() {
        var absent = new ArrayList<Gap>();
        long next = 1;
        for (KeptEvent kept : events) {
            long seq = kept.id().seq();
            if (seq > next) {
                absent.add(new Gap(node, epoch, next, seq - 1, Gap.Reason.MISSING));
            }
            next = seq + 1;
        }
        return absent;
    }
}
