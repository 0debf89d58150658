package dev.weir.postgres;

import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import dev.weir.rollup.DaySeal;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the table of events; [PostgresStore] is what writes it. Blocks; any thread but an event loop.
public final class Events {
    private final Readers readers;

    Events(Readers readers) {
        this.readers = readers;
    }

    /// One page.
    ///
    /// @param next where the next page goes on, null where this one ends the list
    public record Page(List<StoredEvent> items, EventFilter.@Nullable Cursor next) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /// Newest first. A page costs the days it touches: the order begins with the day, whose partitions are read one by one.
    public Page list(Scope scope, EventFilter filter) {
        var where = new Conditions();
        if (scope instanceof Scope.One one) {
            where.add("tenant = ?", one.tenant().value());
        }
        addTexts(where, filter);
        addTimes(where, filter);
        String sql = "SELECT " + EventRow.COLUMNS + " FROM weir.usage_events" + where.sql()
                + " ORDER BY day DESC, time DESC, node DESC, epoch DESC, seq DESC LIMIT " + (filter.limit() + 1);
        return readers.read(scope, statements -> {
            var items = new ArrayList<StoredEvent>();
            statements.query(sql, where.arguments()).forEach(row -> items.add(EventRow.read(row)));
            return page(items, filter.limit());
        });
    }

    /// Each wanted text is made fit as the stored one was, so that it finds what it was stored as.
    private static void addTexts(Conditions where, EventFilter filter) {
        where.addUnlessNull("run = ?", fit(filter.run(), Text.WIDE));
        where.addUnlessNull("key_id = ?", fit(filter.key(), Text.NARROW));
        where.addUnlessNull("user_id = ?", fit(filter.user(), Text.NARROW));
        where.addUnlessNull("route = ?", fit(filter.route(), Text.NARROW));
        where.addUnlessNull("coalesce(model_answered, model_asked) = ?", fit(filter.model(), Text.WIDE));
        Outcome outcome = filter.outcome();
        where.addUnlessNull("outcome = ?", outcome == null ? null : outcome.id());
    }

    private static @Nullable String fit(@Nullable String wanted, int bytesMax) {
        return wanted == null ? null : Text.fit(wanted, bytesMax);
    }

    private static void addTimes(Conditions where, EventFilter filter) {
        Instant from = filter.from();
        if (from != null) {
            where.add("day >= ?", DaySeal.dayOf(from));
            where.add("time >= ?", wholeMicros(from).atOffset(ZoneOffset.UTC));
        }
        Instant to = filter.to();
        if (to != null) {
            where.add("day <= ?", DaySeal.dayOf(to));
            where.add("time < ?", wholeMicros(to).atOffset(ZoneOffset.UTC));
        }
        var after = filter.after();
        if (after != null) {
            EventId id = after.id();
            where.add("day <= ?", DaySeal.dayOf(after.time()));
            where.add("(time, node, epoch, seq) < (?, ?, ?, ?)", after.time().atOffset(ZoneOffset.UTC), id.node(),
                    id.epoch(),
                    id.seq());
        }
    }

    /// Rounded up: stored times are whole microseconds, and of those as many lie before the rounded bound as before
    /// the given one.
    private static Instant wholeMicros(Instant bound) {
        Instant floor = bound.truncatedTo(ChronoUnit.MICROS);
        return floor.equals(bound) ? bound : floor.plus(1, ChronoUnit.MICROS);
    }

    private static Page page(List<StoredEvent> items, int limit) {
        if (items.size() <= limit) {
            return new Page(items, null);
        }
        StoredEvent last = items.get(limit - 1);
        return new Page(items.subList(0, limit), new EventFilter.Cursor(last.event().time(), last.id()));
    }

    /// The conditions of a query and their arguments, numbered as they come.
    static final class Conditions {
        private final List<String> conditions = new ArrayList<>();
        private final Tuple arguments = Tuple.tuple();

        /// @param condition with a `?` for each value
        void add(String condition, Object... values) {
            String numbered = condition;
            for (Object value : values) {
                arguments.addValue(value);
                numbered = numbered.replaceFirst("\\?", "\\$" + arguments.size());
            }
            conditions.add(numbered);
        }

        void addUnlessNull(String condition, @Nullable Object value) {
            if (value != null) {
                add(condition, value);
            }
        }

        String sql() {
            return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
        }

        Tuple arguments() {
            return arguments;
        }
    }
}
