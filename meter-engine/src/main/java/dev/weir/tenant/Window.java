package dev.weir.tenant;

import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
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
            case DAY -> dates(moment, zone, dateOf(moment, zone), Period.ofDays(1));
            case MONTH -> dates(moment, zone, dateOf(moment, zone).withDayOfMonth(1), Period.ofMonths(1));
            case TOTAL -> Span.ALWAYS;
        };
    }

    private static Span secondsOfUtc(Instant moment, int length) {
        long start = Math.floorDiv(moment.getEpochSecond(), length) * (long) length;
        return new Span(Instant.ofEpochSecond(start), Instant.ofEpochSecond(start + length));
    }

    /// Where clocks are set back over midnight (Moncton 2003: from 00:01 to 23:01) a local date ends and comes again. A date
    /// begins at its first midnight, and what comes again belongs to the later date.
    private static Span dates(Instant moment, ZoneId zone, LocalDate named, Period length) {
        LocalDate first = named;
        Instant end = first.plus(length).atStartOfDay(zone).toInstant();
        while (!moment.isBefore(end)) {
            first = first.plus(length);
            end = first.plus(length).atStartOfDay(zone).toInstant();
        }
        return new Span(first.atStartOfDay(zone).toInstant(), end);
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
