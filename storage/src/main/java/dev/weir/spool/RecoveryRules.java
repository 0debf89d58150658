package dev.weir.spool;

import dev.weir.event.UsageEvent;
import java.io.IOException;
import java.util.List;

/// What a start asks of the rest of Weir about the attempts it finds open in its spool. May wait.
@FunctionalInterface
public interface RecoveryRules {
    /// The event of an interrupted attempt with its cost. Must not throw.
    UsageEvent rated(UsageEvent interrupted);

    /// Puts on record that a start charges these attempts as interrupted, so that a settlement of theirs that comes later is no
    /// second event: the process before may have sent one that is not carried out yet. Those are left out of which the store has
    /// an event already, because its record was lost after it was stored, or the folder is a copy of before.
    ///
    /// @return what is to be charged, in the order given
    /// @throws IOException if the store cannot be asked; the start fails then
    default List<UsageEvent> charge(Charge charge) throws IOException {
        return charge.attempts();
    }

    /// Attempts that a start is about to charge.
    ///
    /// @param epoch the start's own
    /// @param formers the epochs that the attempts may be of
    /// @param inDoubt whether settlements may be missing from the folder for all it knows: it is damaged, or an older copy
    record Charge(String node, long epoch, List<UsageEvent> attempts, List<Former> formers, boolean inDoubt) {
        public Charge {
            attempts = List.copyOf(attempts);
            formers = List.copyOf(formers);
        }
    }

    /// A former epoch of the node.
    ///
    /// @param lastSeq up to which the folder has its events: where the store has more, the folder is an older copy
    record Former(long epoch, long lastSeq) {}
}
