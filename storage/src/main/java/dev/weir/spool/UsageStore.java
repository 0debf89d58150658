package dev.weir.spool;

/// Where events are kept for good, or the way there. A shipper's or a sink's thread calls it, one call at a time; calls may wait.
public interface UsageStore {
    /// Takes a batch: stores it in one transaction (the events not yet there, the rollup deltas of those really inserted, and
    /// the watermark of (node, epoch), which becomes [Batch#lastSeq()] and never falls), or hands it to somebody who will.
    /// Taking a batch again changes nothing.
    ///
    /// A batch whose [Batch#after()] is beyond the watermark is not stored: the store was restored from an older backup, and is
    /// to be filled again from where it is.
    ///
    /// @return up to which seq all that was sent of this node and epoch is *stored*, as far as is known:
    ///         [Batch#lastSeq()] where the batch is stored on return, the watermark as last looked at where it is stored later
    /// @throws StoreException if it was not taken, or if that is unknown ([StoreException#isCommitUnknown()])
    long store(Batch batch) throws StoreException;

    /// The highest seq up to which all that was sent of this node and epoch is stored; 0 where nothing is.
    long watermark(String node, long epoch) throws StoreException;
}
