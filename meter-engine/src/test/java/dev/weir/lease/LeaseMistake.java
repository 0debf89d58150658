package dev.weir.lease;

/// What an implementation of `docs/leases.md` could get wrong. The model makes one of them at a time, to see that it would
/// notice.
enum LeaseMistake {
    NONE,
    /// A message of an earlier start is carried out after a later start has spoken.
    NO_FENCE_BY_EPOCH,
    /// A message that was overtaken by a later one, or was carried out before, is carried out all the same.
    NO_LOOK_AT_THE_NUMBER,
    /// Messages say how much less and how much more, not what is kept; answers how much more, not what is lent.
    DIFFERENCES,
    /// A node goes on spending what it is giving back, until it hears that it was taken back.
    LOWERED_AFTER_THE_ANSWER,
    /// A node that heard nothing believes it was given what it wished for.
    UNKNOWN_COUNTS_AS_GRANTED,
    /// An answer that a node has given up waiting for is applied when it comes.
    OLD_ANSWER_APPLIED,
    /// A new start goes on with what was idle, although a power cut took records of it.
    IDLE_TAKEN_OVER_AFTER_A_POWER_CUT,
    /// What is lost is said once, and not carried in the messages after.
    LOST_IS_FORGOTTEN,
    /// A new start reads what it holds before it has fenced the one before.
    READ_BEFORE_THE_FENCE,
    /// A node spends from leases however long nobody has answered.
    SPENT_AFTER_EXPIRY,
    /// A node whose clock is slow spends from leases that the allocator's clock sees expired.
    NO_DRIFT_MARGIN,
    /// Leases are counted from when the answer came, not from when the message went out.
    EXPIRY_COUNTED_FROM_THE_ANSWER,
    /// The operator takes leases away before they have expired.
    FORFEITED_BEFORE_EXPIRY,
    /// The operator takes leases away, and what the node says afterwards is carried out.
    FORFEITED_WITHOUT_A_FENCE,
    /// Leases are taken away by counting the epoch on, which nobody was given.
    FORFEIT_COUNTS_ON,
    /// What the node names is lent out of, which may be the amount from before it was lowered.
    LOWERED_AMOUNT_IGNORED_BY_THE_GRANT,
    /// An answer to a node that names the amount from before does not say that it was lowered.
    LOWERED_AMOUNT_NOT_TOLD,
    /// A node spends all that it was lent from an amount that was lowered since.
    LOWERED_AMOUNT_IGNORED_BY_THE_NODE
}
