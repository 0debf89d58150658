package dev.weir.ledger;

import dev.weir.tenant.Limit;
import org.jspecify.annotations.Nullable;

/// What a shard has set aside of one tally for one of its parts, and what the part's calls did with it since it was last counted
/// there. Guarded by the part's lock; what moves something between it and the tally, by the shard's as well.
///
/// `free + reserved + settled` changes only together with [Tally#allotted], by the same amount: a call moves units from one of
/// the three to another.
final class Allotment {
    final Part part;
    final Tally tally;
    final Limit limit;
    final String value;
    /// Another limit's for the same value.
    @Nullable
    Allotment next;
    /// Whether calls may be counted here; else the tally counts them all, and the three are 0.
    boolean live;

    /// What nobody has taken yet, 0 or more.
    long free;
    /// Less than 0 where calls have ended whose reservations the tally counts.
    long reserved;
    /// 0 or more.
    long settled;

    // As of when it was last counted at the tally: what callers are told.
    private long settledThen;
    private long heldThen;
    private long leftThen;

    /// Keep what lies behind it on another cache line.
    @SuppressWarnings("unused")
    private long line0, line1, line2, line3, line4, line5, line6, line7, line8, line9, line10, line11, line12, line13;

    Allotment(Part part, Tally tally, Limit limit, String value) {
        this.part = part;
        this.tally = tally;
        this.limit = limit;
        this.value = value;
    }

    void reserve(long amount) {
        free -= amount;
        reserved += amount;
    }

    /// Ends what a call has reserved, or some of it.
    void settle(long wasReserved, long used) {
        reserved -= wasReserved;
        settled += used;
        free += wasReserved - used;
    }

    /// What is used on all nodes, as of when it was last counted at the tally, and by this part since.
    long settledAnywhere() {
        return Ledger.plus(settledThen, settled);
    }

    /// What is set aside on all nodes, likewise.
    long heldAnywhere() {
        return Math.max(0, heldThen + reserved);
    }

    /// What of the limit nobody has, likewise.
    long left() {
        return leftThen - settled - reserved;
    }

    /// Counts at the tally what calls did. Under both locks.
    void fold() {
        tally.settled += settled;
        tally.reserved += reserved;
        tally.allotted -= settled + reserved;
        settled = 0;
        reserved = 0;
        settledThen = tally.settledAnywhere();
        heldThen = tally.heldAnywhere();
        leftThen = tally.left(limit);
    }

    /// Adds to what is free here, up to so much. Under both locks.
    void fill(long upTo) {
        fold();
        long more = Math.max(0, upTo - free);
        free += more;
        tally.divide(limit, more);
        live = true;
    }

    /// Ends it until it is filled again. Under both locks.
    void recall() {
        fold();
        tally.allotted -= free;
        free = 0;
        live = false;
    }
}
