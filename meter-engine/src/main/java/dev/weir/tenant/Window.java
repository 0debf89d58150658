package dev.weir.tenant;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The period over which a limit counts; its spans are half-open, `[start, end)`, and follow each other without gap.
///
/// Minutes and hours are those of UTC whatever the zone, because some zones shift by half an hour and a span must never run
/// twice. Days and months are those of the zone: a day has 23, 24 or 25 hours where the clocks change. `total` never ends.
/// Source: G14.2.
public enum Window {
    MINUTE, HOUR, DAY, MONTH, TOTAL;

    private static final int MINUTE_SECONDS = 60;
    private static final int HOUR_SECONDS = 3600;

    /// One run of a window.
    ///
    /// @param start the first instant that belongs to it
    /// @param end the first instant that no longer does
    public record Span(Instant start, Instant end) {
        public static final Span ALWAYS = new Span(Instant.MIN, Instant.MAX);

        public Span {
            if (!start.isBefore(end)) {
                throw new IllegalArgumentException("a span starts before it ends: " + start + ", " + end);
            }
        }

        public boolean holds(Instant moment) {
            return !moment.isBefore(start) && moment.isBefore(end);
        }

        /// Whether it ends at all.
        public boolean ends() {
            return end.isBefore(Instant.MAX);
        }
    }

    /// The span that holds the moment.
    public Span span(Instant moment, ZoneId zone) {
        return switch (this) {
            case MINUTE -> secondsOfUtc(moment, MINUTE_SECONDS);
            case HOUR -> secondsOfUtc(moment, HOUR_SECONDS);
            case DAY -> days(zone, dateOf(moment, zone), 1, 0);
            case MONTH -> days(zone, dateOf(moment, zone).withDayOfMonth(1), 0, 1);
            case TOTAL -> Span.ALWAYS;
        };
    }

    private static Span secondsOfUtc(Instant moment, int length) {
        long start = Math.floorDiv(moment.getEpochSecond(), length) * (long) length;
        return new Span(Instant.ofEpochSecond(start), Instant.ofEpochSecond(start + length));
    }

    private static Span days(ZoneId zone, LocalDate first, int days, int months) {
        LocalDate next = first.plusDays(days).plusMonths(months);
        return new Span(first.atStartOfDay(zone).toInstant(), next.atStartOfDay(zone).toInstant());
    }

    private static LocalDate dateOf(Instant moment, ZoneId zone) {
        return LocalDate.ofInstant(moment, zone);
    }

    /// The name in APIs.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Window> byId(String id) {
        return Arrays.stream(values()).filter(window -> window.id().equals(id)).findFirst();
    }

    @Override
    public String toString() {
        return id();
    }
}
