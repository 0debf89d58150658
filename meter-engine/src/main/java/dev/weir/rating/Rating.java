package dev.weir.rating;

import dev.weir.money.Money;

/// What the price book says of a usage.
public sealed interface Rating {
    /// The exact cost at list price.
    record Rated(Money cost) implements Rating {}

    /// Nobody knows: to be recorded as null and alarmed, never taken for free.
    ///
    /// @param reason for the operator: what is missing and where
    record Unpriced(String reason) implements Rating {}
}
