package dev.weir.control;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/// Times as the control plane reads and writes them: RFC 3339.
final class Times {
    private Times() {}

    /// UTC, `2026-03-14T09:26:53.589Z`.
    static String text(Instant time) {
        return time.toString();
    }

    /// @return empty where the text names no moment, `2026-02-30T00:00:00Z`
    static Optional<Instant> parse(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
