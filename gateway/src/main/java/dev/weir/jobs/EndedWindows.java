package dev.weir.jobs;

import dev.weir.admission.Admissions;
import dev.weir.admission.PastUsage;
import dev.weir.ledger.Standing;
import dev.weir.postgres.Reached;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.Window;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/// What a start finds in windows that ended before it: a ledger is restored for the running ones only, and whoever died at the end of
/// a window may not have told of its marks.
public final class EndedWindows {
    private EndedWindows() {}

    /// The marks that were reached in each limit's last window before the running one, and in the last one in which anything was used.
    ///
    /// @param rows all usage, each once
    public static List<Reached> marks(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows, Instant now) {
        Instant last = StreamSupport.stream(rows.spliterator(), false)
                .map(PastUsage::time)
                .filter(time -> !time.isAfter(now))
                .max(Instant::compareTo)
                .orElse(now);
        var marks = new LinkedHashSet<Reached>();
        collect(directory, rows, limit -> before(limit, now), now, marks);
        collect(directory, rows, limit -> limit.window().span(last, limit.zone()), now, marks);
        return List.copyOf(marks);
    }

    private static Window.Span before(Limit limit, Instant now) {
        Window.Span running = limit.window().span(now, limit.zone());
        return running.ends() ? limit.window().span(running.start().minusNanos(1), limit.zone()) : running;
    }

    private static void collect(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows,
            Function<Limit, Window.Span> run, Instant now, Set<Reached> marks) {
        Admissions.used(directory, rows, run).forEach((counter, used) -> {
            Limit limit = counter.limit();
            Window.Span span = run.apply(limit);
            if (span.end().isAfter(now) || limit.window() == Window.MINUTE || used == 0) {
                return;
            }
            for (int percent : limit.alerts()) {
                if (used >= limit.mark(percent)) {
                    marks.add(
                            new Reached(counter.tenant(), new Standing(limit, counter.value(), used, 0, span), percent,
                                    true));
                }
            }
        });
    }
}
