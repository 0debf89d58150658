package dev.weir;

import dev.weir.rollup.UsageTotal;
import dev.weir.usage.Meter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// What must hold between the tables of a database by itself: totals are the sums of the events, and each epoch's events are
/// numbered without a gap up to its watermark.
final class ChaosTables {
    private static final String SUMS = UsageTotal.METERS.stream()
            .map(Meter::id)
            .map(meter -> ", coalesce(sum(" + meter + "), 0) AS " + meter)
            .collect(Collectors.joining());
    private static final String OF_EVENTS = "count(*) AS events, count(*) FILTER (WHERE outcome NOT IN"
            + " ('blocked', 'refused')) AS attempts, count(*) FILTER (WHERE cost IS NULL) AS unpriced,"
            + " coalesce(sum(cost), 0) AS cost" + SUMS;
    private static final String OF_TOTALS = "sum(events) AS events, sum(attempts) AS attempts,"
            + " sum(unpriced) AS unpriced, coalesce(sum(cost), 0) AS cost" + SUMS;
    private static final String GAPS = "SELECT e.node || '-' || e.epoch || ': ' || count(*) || ' events from '"
            + " || min(e.seq) || ' to ' || max(e.seq) || ', watermark ' || coalesce(max(w.seq), 0) AS gap"
            + " FROM weir.usage_events e LEFT JOIN weir.watermarks w ON w.node = e.node AND w.epoch = e.epoch"
            + " GROUP BY e.node, e.epoch HAVING count(*) <> max(e.seq) OR min(e.seq) <> 1"
            + " OR coalesce(max(w.seq), 0) <> max(e.seq)";

    private ChaosTables() {}

    /// All that does not hold; empty where everything does.
    static List<String> violations(Connection database) throws SQLException {
        List<String> violations = new ArrayList<>();
        differences(database, violations, "usage_rollups", "day, tenant, route, model, service_tier, late",
                "day, tenant, route, coalesce(model_answered, model_asked, ''), coalesce(service_tier, ''), late", "");
        differences(database, violations, "run_totals", "day, tenant, run, route",
                "day, tenant, coalesce(run, ''), route", "");
        differences(database, violations, "ticket_totals", "day, tenant, ticket",
                "day, tenant, coalesce(ticket, '')", "");
        gaps(database, violations);
        return violations;
    }

    private static void differences(Connection database, List<String> violations, String table, String keys,
            String ofEvents, String where) throws SQLException {
        int columns = keys.split(",").length;
        String numbers = java.util.stream.IntStream.rangeClosed(1, columns)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        String events = "SELECT " + ofEvents + ", " + OF_EVENTS + " FROM weir.usage_events " + where + " GROUP BY "
                + numbers;
        String totals = "SELECT " + keys + ", " + OF_TOTALS + " FROM weir." + table + " GROUP BY " + numbers;
        collect(database, "SELECT 'events say ' || d::text FROM ((" + events + ") EXCEPT (" + totals + ")) d LIMIT 5",
                table, violations);
        collect(database, "SELECT 'the totals say ' || d::text FROM ((" + totals + ") EXCEPT (" + events
                + ")) d LIMIT 5", table, violations);
    }

    private static void gaps(Connection database, List<String> violations) throws SQLException {
        collect(database, GAPS, "not gapless", violations);
    }

    private static void collect(Connection database, String sql, String what, List<String> violations)
            throws SQLException {
        try (var statement = database.createStatement(); var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                violations.add(what + ": " + rows.getString(1));
            }
        }
    }
}
