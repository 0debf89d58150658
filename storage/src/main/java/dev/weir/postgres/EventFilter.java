package dev.weir.postgres;

import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which events to list, newest first. What is null filters nothing.
///
/// @param model answered, or else asked for
/// @param from the earliest time, inclusive
/// @param to the latest time, exclusive
/// @param after the last event of the page before
/// @param limit events on a page, 1 to 1,001
public record EventFilter(@Nullable String run, @Nullable String key, @Nullable String user, @Nullable String route,
        @Nullable String model, @Nullable Outcome outcome, @Nullable Instant from, @Nullable Instant to,
        @Nullable Cursor after, int limit) {
    /// A thousand, and the one behind them by which a caller knows that there are more.
    public static final int LIMIT_MAX = 1_001;

    public EventFilter {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new IllegalArgumentException("a page holds 1 to " + LIMIT_MAX + " events, not " + limit);
        }
    }

    public static EventFilter newest(int limit) {
        return new EventFilter(null, null, null, null, null, null, null, null, null, limit);
    }

    public EventFilter ofRun(String wanted) {
        return new EventFilter(wanted, key, user, route, model, outcome, from, to, after, limit);
    }

    public EventFilter ofKey(String wanted) {
        return new EventFilter(run, wanted, user, route, model, outcome, from, to, after, limit);
    }

    public EventFilter between(@Nullable Instant start, @Nullable Instant end) {
        return new EventFilter(run, key, user, route, model, outcome, start, end, after, limit);
    }

    public EventFilter after(@Nullable Cursor last) {
        return new EventFilter(run, key, user, route, model, outcome, from, to, last, limit);
    }

    /// A place in the order of events: time, node, epoch, seq. It hides nothing and opens nothing.
    public record Cursor(Instant time, EventId id) {
        /// Reads what [#toString] wrote; empty for anything else.
        public static Optional<Cursor> parse(String text) {
            try {
                String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
                String[] parts = plain.split(" ", 4);
                return Optional.of(new Cursor(Instant.parse(parts[0]),
                        new EventId(parts[3], Long.parseLong(parts[1]), Long.parseLong(parts[2]))));
            } catch (IllegalArgumentException | java.time.DateTimeException | ArrayIndexOutOfBoundsException e) {
                return Optional.empty();
            }
        }

        @Override
        public String toString() {
            String plain = time + " " + id.epoch() + " " + id.seq() + " " + id.node();
            return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
        }
    }
}
