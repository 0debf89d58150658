package dev.weir.rollup;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/// When a UTC day is sealed: six hours after its end, by receive time. What comes later is kept, flagged late, and billed as a
/// correction; the sealed totals stay as they are.
public final class DaySeal {
    private static final int SECONDS_FROM_MIDNIGHT_AFTER = 6 * 3600;

    private DaySeal() {}

    /// The UTC day an event belongs to: that of its own time.
    public static LocalDate dayOf(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC);
    }

    /// The first instant at which an event of `day` is late.
    public static Instant of(LocalDate day) {
        return day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant().plusSeconds(SECONDS_FROM_MIDNIGHT_AFTER);
    }

    /// @param receivedAt the database's clock in the transaction that stored the event
    public static boolean isLate(LocalDate day, Instant receivedAt) {
        return !receivedAt.isBefore(of(day));
    }
}
