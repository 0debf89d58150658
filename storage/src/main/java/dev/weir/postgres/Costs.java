package dev.weir.postgres;

import dev.weir.rollup.UsageTotal;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Sums of usage and cost over days, whole or grouped. Exact; from the stored totals, only tags from events. Blocks; any thread
/// but an event loop.
public final class Costs {
    private final Readers readers;

    Costs(Readers readers) {
        this.readers = readers;
    }

    /// What a summary can be grouped by.
    public enum GroupBy {
        TENANT("usage_rollups", "tenant"),
        USER("usage_rollups", "user_id"),
        MODEL("usage_rollups", "model"),
        ROUTE(
                "usage_rollups", "route"),
        PROVIDER("usage_rollups", "provider"),
        KEY("usage_rollups",
                "key_id"),
        SERVICE_TIER("usage_rollups", "service_tier"),
        COST_CENTER("usage_rollups",
                "cost_center"),
        DAY("usage_rollups",
                "day::text"),
        RUN("run_totals", "run"),
        TICKET("ticket_totals", "ticket"),
        /// `key=value`, empty for events without tags; an event with two tags is in two lines, so these lines sum to
        /// more than the total.
        TAG("", "");

        private final String table;
        private final String column;

        GroupBy(String table, String column) {
            this.table = table;
            this.column = column;
        }

        /// The name in APIs: `user`, `cost_center`, …
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<GroupBy> byId(String id) {
            return Arrays.stream(values()).filter(group -> group.id().equals(id)).findFirst();
        }

        private String sql() {
            return this == TAG
                    ? "SELECT coalesce(tag.key || '=' || tag.value, '') AS value, " + Totals.OF_EVENTS
                            + " FROM weir.usage_events LEFT JOIN LATERAL jsonb_each_text(tags) AS tag ON true WHERE"
                            + DAYS
                            + " GROUP BY 1 ORDER BY cost DESC, 1"
                    : "SELECT " + column + " AS value, " + Totals.OF_TOTALS + " FROM weir." + table + " WHERE" + DAYS
                            + " GROUP BY 1 ORDER BY cost DESC, 1";
        }
    }

    private static final String UNPRICED = "SELECT provider, model, service_tier, sum(unpriced)::bigint AS events,"
            + " min(day) AS first_day, max(day) AS last_day FROM weir.usage_rollups"
            + " WHERE unpriced > 0 AND day >= $1 AND day < $2 GROUP BY 1, 2, 3 ORDER BY events DESC, 1, 2, 3";
    private static final String DAYS = " day >= $1 AND day < $2";
    private static final String TOTAL = "SELECT " + Totals.OF_TOTALS + " FROM weir.usage_rollups WHERE" + DAYS;

    /// One group.
    ///
    /// @param value of the dimension, empty for what has none
    public record Line(String value, UsageTotal total) {}

    /// What was used and has no cost.
    ///
    /// @param model empty where neither request nor answer named one
    /// @param serviceTier empty for the usual one
    /// @param events how many, in all days asked for
    public record Unpriced(String provider, String model, String serviceTier, long events, LocalDate first,
            LocalDate last) {}

    /// The models whose events have no cost, the most events first.
    public List<Unpriced> unpriced(Scope scope, DayRange days) {
        return readers.read(scope, statements -> {
            var models = new ArrayList<Unpriced>();
            statements.query(UNPRICED, Tuple.of(days.from(), days.to()))
                    .forEach(row -> models.add(new Unpriced(row.getString("provider"), row.getString("model"),
                            row.getString("service_tier"), row.getLong("events"), row.getLocalDate("first_day"),
                            row.getLocalDate("last_day"))));
            return models;
        });
    }

    public UsageTotal total(Scope scope, DayRange days) {
        return readers.read(scope,
                statements -> Totals.read(statements.query(TOTAL, Tuple.of(days.from(), days.to())).iterator().next()));
    }

    /// The lines, dearest first; but for tags they sum to [#total].
    public List<Line> by(Scope scope, DayRange days, GroupBy group) {
        return readers.read(scope, statements -> {
            var lines = new ArrayList<Line>();
            statements.query(group.sql(), Tuple.of(days.from(), days.to()))
                    .forEach(row -> lines.add(new Line(row.getString("value"), Totals.read(row))));
            return lines;
        });
    }
}
