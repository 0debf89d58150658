package dev.weir.postgres;

import dev.weir.rollup.UsageTotal;
import dev.weir.spool.Batch;
import dev.weir.spool.Gap;
import dev.weir.usage.Meter;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The one statement that stores a batch: events, the totals they add to, the gaps before, between and behind them, and the
/// watermark, all or nothing.
///
/// One statement is one transaction and one round trip. The events come as one array per column; `ON CONFLICT DO NOTHING` leaves
/// alone those that are there, and only what `RETURNING` gives, the rows really inserted, is added to totals. Totals are
/// locked in the order of their keys, and table after table (each waits for the one before by asking for its count), so that two
/// nodes that add to the same totals wait for each other and never in a circle.
///
/// A gap is what lies between the watermark and the batch, between two of its events, or behind the last of an epoch that has
/// ended. That is never a false alarm: whoever
/// sends begins at the watermark after every failure and sends the next batch when the one before is committed, so the watermark
/// this statement sees covers all that was sent before. A transaction that hung and commits later holds events from behind the
/// watermark on; sent again, they begin at the watermark too. And where the watermark is lower than the sender knows it, because
/// the database is an older one now, nothing is stored: the sender begins again at what is there.
///
/// An event of an epoch that has ended is left out where a later epoch of the node has charged its attempt as interrupted: a
/// power cut took the settlement, and an older copy of the folder brought it back; or the batch was sent before that start and
/// carried out after it. Its seq becomes a gap of its own, `superseded`. The latest epoch of a node has nobody after it and asks
/// only whether it is the latest.
final class StoreSql {
    /// Columns whose value is not the array's element itself.
    private static final List<String> JSON = List.of("tags", "provenance", "tools");
    /// Amounts travel as whole pico-dollars.
    private static final String PICOS = "_picos";

    /// What totals are told apart by, as an event has it; '' is "none".
    static final String DIMENSIONS = """
            day, tenant, coalesce(key_id, '') AS key_id, coalesce(user_id, '') AS user_id, route, provider,
                coalesce(model_answered, model_asked, '') AS model, coalesce(service_tier, '') AS service_tier,
                coalesce(cost_center, '') AS cost_center, late, coalesce(run, '') AS run, coalesce(ticket, '') AS ticket""";
    /// The tables of totals, with the columns of their keys in the order in which rows are locked.
    static final Map<String, String> KEYS = Map.of(
            "usage_rollups", "day, tenant, key_id, user_id, route, provider, model, service_tier, cost_center, late",
            "run_totals", "tenant, run, day, route",
            "ticket_totals", "tenant, ticket, day");
    /// The parameter that holds the first column; before it stand node, epoch, the new watermark and the one that the sender
    /// knows, behind the columns the stretches that the batch has not.
    private static final int FIRST_COLUMN = 5;

    static final String STORE = store();
    static final String WATERMARK = "SELECT seq FROM weir.watermarks WHERE node = $1 AND epoch = $2";

    private StoreSql() {}

    static Tuple arguments(Batch batch) {
        Tuple arguments = Tuple.tuple();
        arguments.addString(batch.node()).addLong(batch.epoch()).addLong(batch.lastSeq()).addLong(batch.after());
        for (EventColumn column : EventColumn.ALL) {
            arguments.addValue(column.valuesOf(batch.events()));
        }
        List<Gap> absent = batch.absent();
        arguments.addValue(absent.stream().map(Gap::firstSeq).toArray(Long[]::new));
        arguments.addValue(absent.stream().map(Gap::lastSeq).toArray(Long[]::new));
        return arguments;
    }

    private static String store() {
        return """
                WITH known AS (
                    SELECT coalesce(max(seq), 0) AS seq FROM weir.watermarks WHERE node = $1::text AND epoch = $2::bigint
                ),
                superseded AS (
                    SELECT seq FROM weir.superseded($1, $2, %s) AS late (seq)
                ),
                inserted AS (
                    INSERT INTO weir.usage_events (day, node, epoch, %s)
                    SELECT (time AT TIME ZONE 'UTC')::date, $1::text, $2::bigint, %s
                    FROM (SELECT %s) AS batch
                    WHERE (SELECT seq FROM known) >= $4::bigint AND seq NOT IN (SELECT seq FROM superseded)
                    ON CONFLICT DO NOTHING
                    RETURNING %s, outcome, cost, %s
                ),
                by_dimension AS (%s RETURNING 1),
                by_run AS (%s RETURNING 1),
                by_ticket AS (%s RETURNING 1),
                mark AS (
                    INSERT INTO weir.watermarks AS mark (node, epoch, seq)
                    SELECT $1, $2, $3::bigint FROM known WHERE known.seq >= $4
                    ON CONFLICT (node, epoch) DO UPDATE SET seq = excluded.seq WHERE mark.seq < excluded.seq
                ),
                gap AS (
                    INSERT INTO weir.gaps (node, epoch, first_seq, last_seq, reason)
                    SELECT $1, $2, greatest(absent.first_seq, known.seq + 1), absent.last_seq, 'missing'
                    FROM unnest($%d::bigint[], $%d::bigint[]) AS absent (first_seq, last_seq), known
                    WHERE absent.last_seq > known.seq AND known.seq >= $4
                    UNION ALL
                    SELECT $1, $2, superseded.seq, superseded.seq, 'superseded' FROM superseded, known
                    WHERE superseded.seq > known.seq AND known.seq >= $4
                    ON CONFLICT DO NOTHING
                    RETURNING first_seq, last_seq, reason
                ),
                missing AS (SELECT first_seq, last_seq FROM gap WHERE reason = 'missing')
                SELECT count(*), (SELECT count(*) FROM missing),
                    (SELECT coalesce(sum(last_seq - first_seq + 1), 0)::bigint FROM missing),
                    (SELECT string_agg(first_seq || '…' || last_seq, ', ' ORDER BY first_seq) FROM missing),
                    (SELECT seq FROM known), (SELECT count(*) FROM gap WHERE reason = 'superseded')
                FROM inserted
                """
                .formatted(parameters("seq", "call_id", "attempt", "time", "flags"), targets(), expressions(), rows(),
                        DIMENSIONS, meters(m -> m),
                        add("usage_rollups", key("usage_rollups"), ""),
                        add("run_totals", key("run_totals"), "WHERE (SELECT count(*) FROM by_dimension) >= 0"),
                        add("ticket_totals", key("ticket_totals"), "WHERE (SELECT count(*) FROM by_run) >= 0"),
                        FIRST_COLUMN + EventColumn.ALL.size(), FIRST_COLUMN + EventColumn.ALL.size() + 1);
    }

    static String key(String table) {
        return Objects.requireNonNull(KEYS.get(table));
    }

    private static String targets() {
        return names(column -> column.name().replace(PICOS, ""));
    }

    private static String expressions() {
        return names(column -> {
            if (column.name().endsWith(PICOS)) {
                return column.name() + " * 0.000000000001";
            }
            return JSON.contains(column.name()) ? column.name() + "::jsonb" : column.name();
        });
    }

    private static String names(java.util.function.Function<EventColumn, String> name) {
        return EventColumn.ALL.stream().map(name).collect(Collectors.joining(", "));
    }

    /// One `unnest` for each column, side by side in a select list: they step together, and unlike those of a FROM none of them
    /// is kept in a store of its own before the first row goes on.
    private static String rows() {
        return IntStream.range(0, EventColumn.ALL.size())
                .mapToObj(i -> "unnest(" + parameter(i) + ") AS " + EventColumn.ALL.get(i).name())
                .collect(Collectors.joining(", "));
    }

    /// The parameters that hold these columns.
    private static String parameters(String... columns) {
        return Stream.of(columns)
                .map(name -> IntStream.range(0, EventColumn.ALL.size())
                        .filter(i -> EventColumn.ALL.get(i).name().equals(name))
                        .mapToObj(StoreSql::parameter)
                        .findFirst()
                        .orElseThrow())
                .collect(Collectors.joining(", "));
    }

    private static String parameter(int column) {
        return "$" + (FIRST_COLUMN + column) + "::" + EventColumn.ALL.get(column).type() + "[]";
    }

    private static String meters(java.util.function.UnaryOperator<String> each) {
        return UsageTotal.METERS.stream().map(Meter::id).map(each).collect(Collectors.joining(", "));
    }

    /// Adds the inserted rows to one table of totals.
    private static String add(String table, String key, String after) {
        String added = Stream
                .concat(Stream.of("events", "attempts", "unpriced", "cost"), UsageTotal.METERS.stream().map(Meter::id))
                .map(sum -> sum + " = total." + sum + " + excluded." + sum)
                .collect(Collectors.joining(", "));
        return """
                INSERT INTO weir.%s AS total (%s, events, attempts, unpriced, cost, %s)
                    SELECT %s, count(*), count(*) FILTER (WHERE outcome NOT IN ('blocked', 'refused')),
                        count(*) FILTER (WHERE cost IS NULL), coalesce(sum(cost), 0), %s
                    FROM inserted %s GROUP BY %s ORDER BY %s
                    ON CONFLICT (%s) DO UPDATE SET %s""".formatted(table, key, meters(m -> m), key,
                meters(meter -> "coalesce(sum(" + meter + "), 0)"), after, key, key, key, added);
    }
}
