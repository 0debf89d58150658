package dev.weir.spool;

import dev.weir.event.UsageEvent;
import java.io.IOException;
import java.util.List;

/// What a start asks of the rest of Weir about the attempts it finds open in its spool. May wait.
@FunctionalInterface
public interface RecoveryRules {
    /// The event of an interrupted attempt with its cost. Must not throw.
    UsageEvent rated(UsageEvent interrupted);

    /// Up to which seq the store has the events of a former epoch of the node: more than the folder has means that the folder is
    /// an older copy.
    ///
    /// @throws IOException if the store cannot be asked; the start fails then
    default long storedSeq(String node, long epoch) throws IOException {
        return 0;
    }

    /// Those of the attempts of which the store has no event. Asked only where the folder is damaged or an older copy: the
    /// settlement may have been stored before its record was lost, and another event would count the attempt twice.
    ///
    /// @throws IOException if the store cannot be asked; the start fails then
    default List<UsageEvent> notStored(List<UsageEvent> interrupted) throws IOException {
        return interrupted;
    }
}
