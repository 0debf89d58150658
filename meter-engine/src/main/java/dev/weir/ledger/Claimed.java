package dev.weir.ledger;

/// What a `reserve` or an `extend` came to: all of it ([Reservation]) or nothing, because a limit has no room ([Exceeded]), or
/// because this node's lease has none and more may be lent ([Shortage]).
public sealed interface Claimed permits Reservation, Exceeded, Shortage {}
