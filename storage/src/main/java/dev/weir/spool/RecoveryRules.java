package dev.weir.spool;

import dev.weir.event.UsageEvent;
import java.io.IOException;

/// What a start asks of the rest of Weir about the attempts it finds open in its spool.
@FunctionalInterface
public interface RecoveryRules {
    /// The event of an interrupted attempt with its cost. Must not throw.
    UsageEvent rated(UsageEvent interrupted);

    /// Whether the store has an event of this attempt already. Asked only where the log is damaged: the settlement may have been
    /// stored before its record was destroyed, and another event would count the attempt twice.
    ///
    /// @throws IOException if the store cannot be asked; the start fails then
    default boolean isStored(UsageEvent interrupted) throws IOException {
        return false;
    }
}
