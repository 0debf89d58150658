package dev.weir.jobs;

import dev.weir.admission.Admissions;
import dev.weir.admission.PastUsage;
import dev.weir.ledger.Standing;
import dev.weir.postgres.Reached;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// What a start finds in windows that ended before it: a ledger is restored for the running ones only, and whoever died at the
/// end of a window may not have told of its marks.
public final class EndedWindows {
    private EndedWindows() {}

    /// The marks that each counter had reached in the last window that has ended and in which it was used.
    ///
    /// @param rows all usage, each once; read once
    public static List<Reached> marks(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows, Instant now) {
        var marks = new ArrayList<Reached>();
        Admissions.ended(directory, rows, now).forEach((counter, ended) -> {
            Limit limit = counter.limit();
            var standing = new Standing(limit, counter.value(), ended.settled(), 0, ended.span());
            for (int percent : limit.alerts()) {
                if (limit.window() != Window.MINUTE && ended.settled() > 0 && ended.settled() >= limit.mark(percent)) {
                    marks.add(new Reached(counter.tenant(), standing, percent, true));
                }
            }
        });
        return marks;
    }
}
