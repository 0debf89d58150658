package dev.weir.postgres;

import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.rollup.DaySeal;
import dev.weir.rollup.UsageTotal;
import dev.weir.usage.Meter;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Finds in the database what cannot be if every event was stored exactly once (G4). Reads all of a range, as `weir_auditor`, in
/// one snapshot, so that what is stored meanwhile disturbs nothing. Blocks, for minutes where the range is long; any thread but
/// an event loop.
public final class Audit implements AutoCloseable {
    /// More rows of one kind are not read: that something is wrong is known by then.
    public static final int FINDINGS_MAX = 1_000;
    private static final Duration STATEMENT_MAX = Duration.ofSeconds(100);
    private static final String IN_RANGE = " FROM weir.usage_events WHERE day BETWEEN $1 AND $2 AND time >= $3 AND time < $4";

    /// What has events in the range, and what was running then and has stored anything: a day that is empty for want of its rows
    /// would not show by them.
    private static final String TOUCHED = """
            SELECT DISTINCT node, epoch%s
            UNION
            SELECT node, epoch
            FROM (SELECT node, epoch, begun_at, lead(begun_at) OVER (PARTITION BY node ORDER BY epoch) AS ended_at FROM weir.epochs)
                AS lives
                JOIN weir.watermarks USING (node, epoch)
            WHERE begun_at < $4 AND (ended_at IS NULL OR ended_at >= $3)
            ORDER BY 1, 2
            """
            .formatted(IN_RANGE);
    private static final String EPOCHS = """
            SELECT node, epoch, count(seq) AS events, coalesce(min(seq), 0) AS first, coalesce(max(seq), 0) AS last,
                (SELECT seq FROM weir.watermarks AS mark WHERE mark.node = asked.node AND mark.epoch = asked.epoch) AS mark,
                EXISTS (SELECT FROM weir.epochs AS known WHERE known.node = asked.node AND known.epoch = asked.epoch) AS known
            FROM unnest($1::text[], $2::bigint[]) AS asked (node, epoch) LEFT JOIN weir.usage_events USING (node, epoch)
            GROUP BY node, epoch ORDER BY node, epoch
            """;
    /// Where a seq does not follow the one before it by one: a hole, or the same seq again.
    private static final String BREAKS = """
            SELECT * FROM (
                SELECT node, epoch, seq, day, tenant, coalesce(lag(seq) OVER own, 0) AS before, lag(day) OVER own AS before_day,
                    lag(tenant) OVER own AS before_tenant
                FROM unnest($1::text[], $2::bigint[]) AS asked (node, epoch) JOIN weir.usage_events USING (node, epoch)
                WINDOW own AS (PARTITION BY node, epoch ORDER BY seq, day, tenant)
            ) AS numbered WHERE seq <> before + 1 ORDER BY node, epoch, seq LIMIT $3
            """;
    private static final String GAPS = """
            SELECT node, epoch, first_seq, last_seq, reason, noticed_at
            FROM unnest($1::text[], $2::bigint[]) AS asked (node, epoch) JOIN weir.gaps USING (node, epoch)
            ORDER BY node, epoch, first_seq LIMIT $3
            """;
    /// Usage that was told later is booked under its attempt's own name, once more on purpose.
    private static final String ATTEMPTS = "SELECT call_id, attempt, count(*) AS events,"
            + " string_agg(node || '-' || epoch || '-' || seq, ', ' ORDER BY node, epoch, seq) AS ids" + IN_RANGE
            + " AND flags & $5 = 0 GROUP BY call_id, attempt HAVING count(*) > 1 ORDER BY call_id, attempt LIMIT $6";
    private static final List<String> SUMS = Stream
            .concat(Stream.of("events", "attempts", "unpriced", "cost"), UsageTotal.METERS.stream().map(Meter::id))
            .toList();

    private final Client auditor;

    Audit(Vertx vertx, Database database) {
        this.auditor = new Client(vertx, database.as(Role.AUDITOR), 1, STATEMENT_MAX);
    }

    /// One epoch of a node, as it is stored.
    ///
    /// @param first the lowest seq, 0 where there is none
    /// @param last the highest seq
    /// @param watermark up to which all is said to be stored, -1 where nothing says so
    /// @param known whether anybody was given this epoch
    public record EpochSeqs(String node, long epoch, long events, long first, long last, long watermark,
            boolean known) {}

    /// Seqs that are not there.
    public record Hole(String node, long epoch, long first, long last) {}

    /// The same event more than once: the id, and where two of its rows are.
    public record Twice(String node, long epoch, long seq, String places) {}

    /// The same attempt under several ids.
    public record AttemptTwice(String callId, int attempt, long events, String ids) {}

    /// A row of totals that is not the sum of its events.
    ///
    /// @param key of the row, `column=value` each
    /// @param columns that differ, `column: stored, counted`
    public record Difference(String table, String key, List<String> columns) {}

    /// All that was found in one snapshot. A list of [#FINDINGS_MAX] entries may go on.
    ///
    /// @param rows of totals that were compared
    public record Findings(List<EpochSeqs> epochs, List<Hole> holes, List<Gaps.Noticed> gaps, List<Twice> twice,
            List<AttemptTwice> attemptsTwice, List<Difference> differences, long rows) {}

    /// Reads the range. Sequences are read over the whole epochs that reach into it, totals over its whole UTC days.
    ///
    /// @param to exclusive
    public Findings find(Instant from, Instant to) {
        var range = Tuple.of(DaySeal.dayOf(from), DaySeal.dayOf(to.minusNanos(1)), from.atOffset(ZoneOffset.UTC),
                to.atOffset(ZoneOffset.UTC));
        return auditor.snapshot(statements -> {
            var nodes = new ArrayList<String>();
            var numbers = new ArrayList<Long>();
            statements.query(TOUCHED, range).forEach(row -> {
                nodes.add(row.getString("node"));
                numbers.add(row.getLong("epoch"));
            });
            var asked = Tuple.tuple().addValue(nodes.toArray(String[]::new)).addValue(numbers.toArray(Long[]::new));
            var some = Tuple.of(asked.getValue(0), asked.getValue(1), FINDINGS_MAX);
            var epochs = epochs(statements, asked);
            var holes = new ArrayList<Hole>();
            var twice = new ArrayList<Twice>();
            statements.query(BREAKS, some).forEach(row -> note(row, holes, twice));
            for (EpochSeqs epoch : epochs) {
                if (epoch.watermark() > epoch.last()) {
                    holes.add(new Hole(epoch.node(), epoch.epoch(), epoch.last() + 1, epoch.watermark()));
                }
            }
            var gaps = new ArrayList<Gaps.Noticed>();
            statements.query(GAPS, some).forEach(row -> gaps.add(Gaps.read(row)));
            var differences = new ArrayList<Difference>();
            long rows = 0;
            for (String table : List.of("usage_rollups", "run_totals", "ticket_totals")) {
                rows += compare(statements, table, range, differences);
            }
            return new Findings(epochs, holes, gaps, twice, attempts(statements, range), differences, rows);
        });
    }

    private static List<EpochSeqs> epochs(Client.Statements statements, Tuple asked)
            throws ExecutionException, TimeoutException {
        var epochs = new ArrayList<EpochSeqs>();
        statements.query(EPOCHS, asked)
                .forEach(row -> epochs.add(new EpochSeqs(row.getString("node"), row.getLong("epoch"),
                        row.getLong("events"), row.getLong("first"), row.getLong("last"),
                        Objects.requireNonNullElse(row.getLong("mark"), -1L), row.getBoolean("known"))));
        return epochs;
    }

    private static void note(Row row, List<Hole> holes, List<Twice> twice) {
        String node = row.getString("node");
        long epoch = row.getLong("epoch");
        long seq = row.getLong("seq");
        long before = row.getLong("before");
        if (seq > before) {
            holes.add(new Hole(node, epoch, before + 1, seq - 1));
        } else {
            twice.add(new Twice(node, epoch, seq, place(row.getLocalDate("before_day"), row.getString("before_tenant"))
                    + " and " + place(row.getLocalDate("day"), row.getString("tenant"))));
        }
    }

    private static String place(Object day, String tenant) {
        return "on " + day + " of " + (tenant.isEmpty() ? "no tenant" : tenant);
    }

    private static List<AttemptTwice> attempts(Client.Statements statements, Tuple range)
            throws ExecutionException, TimeoutException {
        var arguments = Tuple.of(range.getValue(0), range.getValue(1), range.getValue(2), range.getValue(3),
                Flags.NONE.with(Flag.USAGE_DEFERRED).bits(), FINDINGS_MAX);
        var attempts = new ArrayList<AttemptTwice>();
        statements.query(ATTEMPTS, arguments)
                .forEach(row -> attempts.add(new AttemptTwice(row.getString("call_id"), row.getInteger("attempt"),
                        row.getLong("events"), row.getString("ids"))));
        return attempts;
    }

    /// @return how many rows the table has of these days
    private static long compare(Client.Statements statements, String table, Tuple range, List<Difference> differences)
            throws ExecutionException, TimeoutException {
        var days = Tuple.of(range.getValue(0), range.getValue(1));
        String[] key = StoreSql.key(table).split(", ");
        Row before = null;
        for (Row row : statements.query(comparison(table), Tuple.of(days.getValue(0), days.getValue(1),
                FINDINGS_MAX))) {
            if (before != null && hasSameKey(before, row, key)) {
                differences.set(differences.size() - 1, difference(table, key, before, row));
                before = null;
            } else {
                differences.add(difference(table, key, row));
                before = row;
            }
        }
        return statements.query("SELECT count(*) FROM weir." + table + " WHERE day BETWEEN $1 AND $2", days)
                .iterator()
                .next()
                .getLong(0);
    }

    /// What stands in the table and what its events sum up to, where the two differ; the rows of one key side by side.
    private static String comparison(String table) {
        String key = StoreSql.key(table);
        String columns = key + ", " + String.join(", ", SUMS);
        return """
                WITH stored AS (SELECT %1$s FROM weir.%2$s WHERE day BETWEEN $1 AND $2),
                counted AS (
                    SELECT %3$s, %4$s
                    FROM (SELECT %5$s, outcome, cost, %6$s FROM weir.usage_events WHERE day BETWEEN $1 AND $2) AS event GROUP BY %3$s
                )
                SELECT false AS counted, * FROM (SELECT * FROM stored EXCEPT SELECT * FROM counted) AS wrong
                UNION ALL
                SELECT true, * FROM (SELECT * FROM counted EXCEPT SELECT * FROM stored) AS right_ones
                ORDER BY %3$s, counted LIMIT $3
                """
                .formatted(columns, table, key, Totals.OF_EVENTS, StoreSql.DIMENSIONS,
                        UsageTotal.METERS.stream().map(Meter::id).collect(Collectors.joining(", ")));
    }

    private static boolean hasSameKey(Row one, Row other, String[] key) {
        return Arrays.stream(key).allMatch(column -> Objects.equals(one.getValue(column), other.getValue(column)));
    }

    private static Difference difference(String table, String[] key, Row stored, Row counted) {
        return new Difference(table, named(key, stored), SUMS.stream()
                .filter(sum -> number(stored, sum).compareTo(number(counted, sum)) != 0)
                .map(sum -> sum + ": " + text(stored, sum) + " stored, " + text(counted, sum) + " counted")
                .toList());
    }

    private static Difference difference(String table, String[] key, Row only) {
        return new Difference(table, named(key, only), List.of(only.getBoolean("counted")
                ? "no such row, and " + text(only, "events") + " events for it"
                : "a row of " + text(only, "events") + " events, and none of them is there"));
    }

    private static String named(String[] key, Row row) {
        return IntStream.range(0, key.length)
                .filter(i -> !"".equals(row.getValue(key[i])))
                .mapToObj(i -> key[i] + "=" + row.getValue(key[i]))
                .collect(Collectors.joining(" "));
    }

    private static java.math.BigDecimal number(Row row, String column) {
        return row.getNumeric(column).bigDecimalValue();
    }

    private static String text(Row row, String column) {
        return number(row, column).stripTrailingZeros().toPlainString();
    }

    @Override
    public void close() {
        auditor.close();
    }
}
