package dev.weir.event;

import dev.weir.usage.Quantities;

/// Where the story of each attempt is written before anybody can see it.
///
/// *Kept* means: in the operating system's hands, so the death of this process cannot lose it. Every method returns after
/// the record is kept, without waiting for a disk; none blocks. Event-loop threads call it, any of them, at any time.
public interface UsageJournal {
    /// Before the first upstream byte. The record is the event this attempt becomes if Weir dies before [#settle]: the
    /// outcome is `interrupted`. Its quantities are what is charged then, where there are any (a hard-capped reservation);
    /// where there are none, the last progress record is. Kept also means that room for the settlement is set aside, so that
    /// a settlement does not fail for want of space.
    Append open(UsageEvent ifInterrupted);

    /// While an attempt runs: it may use less than its opening record says. This one takes that one's place. Keep it before
    /// what the attempt no longer needs is given to another, or a death of Weir would charge both.
    ///
    /// @throws IllegalStateException where the attempt is not open
    Append reopen(UsageEvent ifInterrupted);

    /// While an answer streams: what has passed so far, at least every 64 KiB or second.
    Append progress(String callId, int attempt, Quantities soFar, WireBytes bytes);

    /// The end of an attempt that was opened, before the client's last byte. One that cannot be kept now is kept as soon as it
    /// can be, or the next start finds the attempt interrupted; either way the attempt has ended and is not settled again.
    Append settle(UsageEvent event);

    /// Whether the next start would find an attempt interrupted and charge it by its opening record, should Weir die now: it
    /// runs, or its settlement is not kept yet.
    boolean isOpen(String callId, int attempt);

    /// A refusal: an event without an attempt.
    Append refuse(UsageEvent event);

    /// Usage of a call that had ended before it was told: an event without an attempt of its own. Written as refusals are.
    default Append book(UsageEvent event) {
        return refuse(event);
    }

    /// Whether so little room is left that calls which may be shed are to be refused, so that the others go on.
    default boolean wantsShedding() {
        return false;
    }

    /// The answer to an append.
    sealed interface Append {
        /// @param seq the event's number for `settle`, `refuse` and `book`, 0 for `open` and `progress`
        record Kept(long seq) implements Append {}

        /// Nothing is kept that anybody may rely on. The call must not go on: 503, `spool_unavailable`.
        ///
        /// @param why for the operator
        record NotKept(String why) implements Append {}
    }
}
