package dev.weir.postgres;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.Year;
import java.time.YearMonth;
import java.util.Optional;

/// Some whole UTC days.
///
/// @param from the first of them
/// @param to the first one no longer in it
public record DayRange(LocalDate from, LocalDate to) {
    public DayRange {
        if (!from.isBefore(to)) {
            throw new IllegalArgumentException(
                    "a range of days ends after it begins: " + from + " to " + to + " (exclusive)");
        }
    }

    /// Reads `2026`, `2026-11` or `2026-11-24`; empty for anything else.
    public static Optional<DayRange> parse(String period) {
        try {
            return switch (period.length()) {
                case 4 -> Optional.of(between(Year.parse(period).atDay(1), Year.parse(period).plusYears(1).atDay(1)));
                case 7 -> Optional
                        .of(between(YearMonth.parse(period).atDay(1), YearMonth.parse(period).plusMonths(1).atDay(1)));
                case 10 -> Optional.of(between(LocalDate.parse(period), LocalDate.parse(period).plusDays(1)));
                default -> Optional.empty();
            };
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    public static DayRange between(LocalDate from, LocalDate to) {
        return new DayRange(from, to);
    }
}
