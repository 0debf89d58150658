package dev.weir.postgres;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says that gaps were written down, and counts them. Any thread.
public final class GapLog {
    private static final Logger LOG = LoggerFactory.getLogger(GapLog.class);

    private final AtomicLong gaps = new AtomicLong();
    private final AtomicLong events = new AtomicLong();

    GapLog() {}

    /// @param missing events; 0 where nobody knows how many
    void noted(String of, long count, long missing) {
        gaps.addAndGet(count);
        events.addAndGet(missing);
        LOG.warn("events of {} are missing ({}); the gap is on record in weir.gaps, see GET /api/gaps", of,
                missing == 0 ? "nobody knows how many" : missing);
    }

    /// Says that settlements came too late. Nothing is missing, so they are not counted.
    static void superseded(String of, long settlements) {
        LOG.warn("{} settlements of {} came after a later start had charged their attempts as interrupted; they are not"
                + " counted again, and on record in weir.gaps as superseded", settlements, of);
    }

    /// Gaps this process wrote down.
    public long gaps() {
        return gaps.get();
    }

    /// The events in those of them that have an end.
    public long events() {
        return events.get();
    }
}
