package dev.weir.control;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Optional;

/// A month, a day or some days in UTC.
///
/// @param text `2026-03`, `2026-03-14` or `2026-03-01/2026-03-15`
/// @param first day of it
/// @param after the day after its last
public record Period(String text, LocalDate first, LocalDate after) {
    private static final int MONTH_LENGTH = 7;

    /// @return empty where the text is no month or day of the calendar
    static Optional<Period> parse(String text) {
        try {
            if (text.length() == MONTH_LENGTH) {
                return Optional.of(of(YearMonth.parse(text)));
            }
            var day = LocalDate.parse(text);
            return Optional.of(new Period(text, day, day.plusDays(1)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /// The month that holds a moment.
    static Period monthOf(Instant moment) {
        return of(YearMonth.from(moment.atOffset(ZoneOffset.UTC)));
    }

    /// The days from `first` up to the one that holds a moment.
    static Period since(LocalDate first, Instant moment) {
        LocalDate after = moment.atOffset(ZoneOffset.UTC).toLocalDate().plusDays(1);
        return new Period(first + "/" + after, first, after.isAfter(first) ? after : first.plusDays(1));
    }

    private static Period of(YearMonth month) {
        return new Period(month.toString(), month.atDay(1), month.plusMonths(1).atDay(1));
    }

    public Instant from() {
        return first.atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    public Instant to() {
        return after.atStartOfDay(ZoneOffset.UTC).toInstant();
    }
}
