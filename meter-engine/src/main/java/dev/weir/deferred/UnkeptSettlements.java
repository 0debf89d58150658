package dev.weir.deferred;

import dev.weir.event.UsageJournal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Attempts that have ended and whose ends could not be kept: settlements, and that nothing was sent after an opening record
/// that may be there. Should Weir die before they are, the next start finds them interrupted and charges all they had reserved;
/// so what they did not use of it stays set aside, and nobody else is let into room that may be charged. Any thread.
public final class UnkeptSettlements {
    private final UsageJournal journal;
    private final Queue<Unkept> unkept = new ConcurrentLinkedQueue<>();

    private record Unkept(String callId, int attempt, Runnable letGo) {}

    public UnkeptSettlements(UsageJournal journal) {
        this.journal = journal;
    }

    /// Keeps room until the attempt's end is kept.
    ///
    /// @param letGo frees it; null where there is none
    public void add(String callId, int attempt, @Nullable Runnable letGo) {
        if (letGo != null) {
            unkept.add(new Unkept(callId, attempt, letGo));
        }
    }

    /// Frees the room of those whose ends are kept by now. For a job, every second; one thread at a time.
    public void look() {
        for (var each = unkept.iterator(); each.hasNext();) {
            Unkept one = each.next();
            if (!journal.isOpen(one.callId, one.attempt)) {
                each.remove();
                one.letGo.run();
            }
        }
    }

    /// How many reservations they hold.
    public int reserving() {
        return unkept.size();
    }
}
