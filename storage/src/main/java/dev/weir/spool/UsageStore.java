package dev.weir.spool;

/// Where events are kept for good. The shipper's virtual thread calls it, one call at a time; calls may wait.
public interface UsageStore {
    /// Stores a batch in one transaction: the events not yet there, the rollup deltas of those really inserted, and the
    /// watermark of (node, epoch), which becomes [Batch#lastSeq()] and never falls. Storing a batch again changes nothing.
    ///
    /// A batch whose [Batch#after()] is beyond the watermark is not stored: the store was restored from an older backup, and is
    /// to be filled again from where it is.
    ///
    /// @throws StoreException if it was not stored, or if that is unknown ([StoreException#isCommitUnknown()])
    void store(Batch batch) throws StoreException;

    /// The highest seq up to which all that was sent of this node and epoch is stored; 0 where nothing is.
    long watermark(String node, long epoch) throws StoreException;
}
