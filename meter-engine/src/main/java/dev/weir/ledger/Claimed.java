package dev.weir.ledger;

/// What a `reserve` or an `extend` came to: all of it ([Reservation]) or nothing ([Exceeded]).
public sealed interface Claimed permits Reservation, Exceeded {}
