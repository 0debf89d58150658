package dev.weir.postgres;

import dev.weir.rollup.TotalKey;
import dev.weir.rollup.UsageTotal;
import dev.weir.usage.Meter;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the tables hold, read by a plain connection that no row-level security binds.
public final class Tables {
    private Tables() {}

    static Map<TotalKey, UsageTotal> totals(Database database) throws SQLException {
        var totals = new HashMap<TotalKey, UsageTotal>();
        read(database, "SELECT * FROM weir.usage_rollups", row -> totals.put(
                new TotalKey.ByDimension(day(row), row.getString("tenant"), row.getString("key_id"),
                        row.getString("user_id"),
                        row.getString("route"), row.getString("provider"), row.getString("model"),
                        row.getString("service_tier"), row.getString("cost_center"), row.getBoolean("late")),
                total(row)));
        read(database, "SELECT * FROM weir.run_totals", row -> totals.put(
                new TotalKey.ByRun(row.getString("tenant"), row.getString("run"), day(row), row.getString("route")),
                total(row)));
        read(database, "SELECT * FROM weir.ticket_totals", row -> totals.put(
                new TotalKey.ByTicket(row.getString("tenant"), row.getString("ticket"), day(row)), total(row)));
        return totals;
    }

    static long count(Database database, String table) throws SQLException {
        return Long.parseLong(value(database, "SELECT count(*) FROM " + table));
    }

    /// Every row of every table as text, but for the moment at which it was received.
    public static List<String> all(Database database) throws SQLException {
        var tables = new ArrayList<String>();
        read(database,
                "SELECT relname FROM pg_class WHERE relnamespace = 'weir'::regnamespace AND relkind IN ('r', 'p')"
                        + " AND NOT relispartition AND relname NOT LIKE '%schema_history' ORDER BY relname",
                row -> tables.add(row.getString(1)));
        var rows = new ArrayList<String>();
        for (String table : tables) {
            read(database,
                    "SELECT (to_jsonb(t) - '{received_at,noticed_at,begun_at,started_at,spoken_at,spends_until,made_at}'"
                            + "::text[])::text FROM weir." + table + " t ORDER BY 1",
                    row -> rows.add(table + " " + row.getString(1)));
        }
        return rows;
    }

    /// The one value of a query.
    public static String value(Database database, String sql) throws SQLException {
        var values = new StringBuilder();
        read(database, sql, row -> values.append(row.getString(1)));
        return values.toString();
    }

    private static LocalDate day(ResultSet row) throws SQLException {
        return row.getObject("day", LocalDate.class);
    }

    private static UsageTotal total(ResultSet row) throws SQLException {
        var meters = new EnumMap<Meter, BigInteger>(Meter.class);
        for (Meter meter : UsageTotal.METERS) {
            meters.put(meter, row.getBigDecimal(meter.id()).toBigIntegerExact());
        }
        return new UsageTotal(row.getBigDecimal("events").toBigIntegerExact(),
                row.getBigDecimal("attempts").toBigIntegerExact(), row.getBigDecimal("unpriced").toBigIntegerExact(),
                row.getBigDecimal("cost").movePointRight(12).toBigIntegerExact(), meters);
    }

    /// Takes one row.
    private interface RowReader {
        void read(ResultSet row) throws SQLException;
    }

    private static void read(Database database, String sql, RowReader reader) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                reader.read(rows);
            }
        }
    }
}
