package dev.weir.spool;

import java.util.ArrayList;
import java.util.List;

/// Events of one node and one epoch in the order of their seq, to be stored in one transaction.
///
/// The seqs rise strictly; they may leave numbers out where the spool lost records (a bad block, a power cut). Storing the
/// batch moves the watermark of (node, epoch) to [#lastSeq()].
///
/// @param after the seq that this batch follows as the spool was read: what is between it and [#firstSeq()], the spool does not
///        have any more. A store that does not have all up to `after` has lost some of it, and refuses the batch
/// @param events 1 or more, never changed
public record Batch(String node, long epoch, long after, List<KeptEvent> events) {
    public Batch {
        events = List.copyOf(events);
        if (events.isEmpty()) {
            throw new IllegalArgumentException("a batch holds at least one event");
        }
        if (after < 0 || after >= events.getFirst().id().seq()) {
            throw new IllegalArgumentException("a batch that begins with " + events.getFirst().id()
                    + " cannot follow seq " + after);
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

    /// A batch of which nobody says what it follows: it may be stored whatever is stored.
    public Batch(String node, long epoch, List<KeptEvent> events) {
        this(node, epoch, 0, events);
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
