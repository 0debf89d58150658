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
/// @param through the seq up to which the batch speaks: that of its last event, or, at the end of an epoch that lost its last
///        events, the last that was given
/// @param events never changed; none where all from `after` to `through` are lost
public record Batch(String node, long epoch, long after, long through, List<KeptEvent> events) {
    public Batch {
        events = List.copyOf(events);
        if (after < 0 || after >= through) {
            throw new IllegalArgumentException("a batch that ends with seq " + through + " cannot follow seq " + after);
        }
        long before = after;
        for (KeptEvent kept : events) {
            var id = kept.id();
            if (!id.node().equals(node) || id.epoch() != epoch || id.seq() <= before) {
                throw new IllegalArgumentException("a batch of " + node + "-" + epoch
                        + " holds its own events in rising order; " + id + " does not follow seq " + before);
            }
            before = id.seq();
        }
        if (before > through) {
            throw new IllegalArgumentException("a batch through seq " + through + " does not hold seq " + before);
        }
    }

    /// A batch that ends with its last event.
    public Batch(String node, long epoch, long after, List<KeptEvent> events) {
        this(node, epoch, after, events.getLast().id().seq(), events);
    }

    /// A batch of which nobody says what it follows: it may be stored whatever is stored.
    public Batch(String node, long epoch, List<KeptEvent> events) {
        this(node, epoch, 0, events);
    }

    public long firstSeq() {
        return events.isEmpty() ? after + 1 : events.getFirst().id().seq();
    }

    /// The watermark after this batch is stored.
    public long lastSeq() {
        return through;
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
        if (through >= next) {
            absent.add(new Gap(node, epoch, next, through, Gap.Reason.MISSING));
        }
        return absent;
    }
}
