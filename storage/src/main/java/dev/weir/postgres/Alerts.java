package dev.weir.postgres;

import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.postgres.AlertRow.Delivery;
import dev.weir.postgres.AlertRow.Mark;
import dev.weir.postgres.AlertRow.State;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The table of alerts: each mark once, whoever writes it, and its way to who wants to know. Blocks; any thread but an event
/// loop.
///
/// An alert is claimed for a time before it is sent. Who dies while sending lets the time pass, and somebody else sends it
/// again: at least once, under the same id.
public final class Alerts {
    private static final String COLUMNS = "id, tenant, limit_id, entity_kind, entity_value, meter, \"window\","
            + " window_start, window_end, percent, amount, settled, reserved, actions, test, node, fired_at, state, attempts,"
            + " next_attempt_at, last_attempt_at, last_status, last_error, delivered_at";
    private static final String VALUES = "$1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text,"
            + " $8::timestamptz, $9::timestamptz, $10::int, $11::numeric, $12::numeric, $13::numeric";
    private static final String INSERT = "INSERT INTO weir.alerts (id, tenant, limit_id, entity_kind, entity_value, meter,"
            + " \"window\", window_start, window_end, percent, amount, settled, reserved, actions, node, fired_at, state,"
            + " next_attempt_at, test) ";
    private static final String FIRE = """
            WITH budget AS (
                SELECT webhook_url, terms_since,
                    (SELECT array(SELECT jsonb_array_elements_text(step -> 'actions'))
                     FROM jsonb_array_elements(alerts) AS step WHERE (step ->> 'percent')::int = $10) AS actions
                FROM weir.budgets WHERE tenant = $2 AND 'budget:' || id = $3
            ),
            how AS (
                SELECT coalesce((SELECT actions FROM budget), '{log}') AS actions,
                    (SELECT webhook_url IS NOT NULL FROM budget) AS wanted
                WHERE NOT $16::boolean OR EXISTS (SELECT FROM budget WHERE terms_since < $9::timestamptz)
            )
            """ + INSERT + "SELECT " + VALUES + """
            , actions, $14::text, $15::timestamptz,
                CASE WHEN wanted AND 'notify' = ANY (actions) THEN 'pending' ELSE 'recorded' END,
                CASE WHEN wanted AND 'notify' = ANY (actions) THEN $15::timestamptz END, false
            FROM how
            ON CONFLICT DO NOTHING RETURNING\s""" + COLUMNS;
    private static final String CARRY = INSERT + "SELECT " + VALUES + """
            , '{}', $14::text, $15::timestamptz, 'carried', NULL, false
            WHERE EXISTS (SELECT FROM weir.alerts WHERE NOT test AND tenant = $2 AND limit_id = $3 AND entity_kind = $4
                AND entity_value = $5 AND "window" = $7 AND window_start IS NOT DISTINCT FROM $8::timestamptz
                AND percent = $10)
            ON CONFLICT DO NOTHING""";
    private static final String TEST = INSERT + "SELECT " + VALUES + """
            , '{notify}', $14::text, $15::timestamptz, 'pending', $16::timestamptz, true
            WHERE EXISTS (SELECT FROM weir.budgets WHERE 'budget:' || id = $3 AND webhook_url IS NOT NULL)
            RETURNING\s""" + COLUMNS;
    private static final String DUE = "SELECT id, tenant FROM weir.alerts WHERE state = 'pending'"
            + " AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2";
    private static final String CLAIM = "UPDATE weir.alerts SET attempts = attempts + 1, next_attempt_at = $3,"
            + " last_attempt_at = $2 WHERE id = (SELECT id FROM weir.alerts WHERE id = $1 AND state = 'pending'"
            + " AND next_attempt_at <= $4 FOR UPDATE SKIP LOCKED) RETURNING " + COLUMNS;
    private static final String HOOK = "SELECT webhook_url, webhook_secret FROM weir.budgets"
            + " WHERE 'budget:' || id = $1 AND webhook_url IS NOT NULL";
    private static final String END = "UPDATE weir.alerts SET state = $3, next_attempt_at = $4, last_status = $5,"
            + " last_error = $6, delivered_at = $7 WHERE id = $1 AND attempts = $2 AND state = 'pending' RETURNING "
            + COLUMNS;
    private static final String AGAIN = "UPDATE weir.alerts SET state = 'pending', attempts = 0, next_attempt_at = $2,"
            + " last_error = NULL WHERE id = $1 AND state IN ('dead', 'delivered') RETURNING " + COLUMNS;
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.alerts WHERE state <> 'carried' AND id = $1";
    private static final String DEAD = "SELECT count(*) FROM weir.alerts WHERE state = 'dead' AND NOT test";

    private final Readers readers;

    Alerts(Readers readers) {
        this.readers = readers;
    }

    /// Where an alert goes.
    ///
    /// @param sealedSecret what it is signed with, by [SecretBox]
    public record Hook(String url, byte[] sealedSecret) {}

    /// An alert that the caller alone may send until the time it named.
    ///
    /// @param hook null where its budget, or the budget's webhook, is no more
    public record Claim(AlertRow alert, @Nullable Hook hook) {}

    /// An alert to be sent.
    public record Due(String id, TenantId tenant) {}

    /// A place in the list.
    public record Position(Instant firedAt, String id) {}

    /// Fires the alert of a mark, where nobody has before.
    ///
    /// @param id of the alert, if it is fired
    /// @return empty where it was fired before, or is none of its window's
    public Optional<AlertRow> fire(Reached mark, String id, String node, Instant now) {
        var arguments = values(mark, id, node, now).addValue(mark.afterwards());
        return readers.app().asTenant(mark.tenant(), statements -> first(statements.query(FIRE, arguments)));
    }

    /// Makes an alert of which nothing is true but that somebody wants to see it.
    ///
    /// @param due until then it is left to the caller
    /// @return empty where the budget is not there or has no webhook
    public Optional<AlertRow> test(Reached mark, String id, String node, Instant now, Instant due) {
        var arguments = values(mark, id, node, now).addValue(time(due));
        return readers.app().asTenant(mark.tenant(), statements -> first(statements.query(TEST, arguments)));
    }

    /// Notes that a mark was told of at another amount.
    static void carry(Client.Statements statements, Reached mark, Instant now)
            throws ExecutionException, TimeoutException {
        String id = "carried_" + UUID.randomUUID();
        statements.query(CARRY, values(mark, id, "", now));
    }

    /// What is to be sent by now, the longest waiting first.
    public List<Due> due(Instant now, int limit) {
        var due = new ArrayList<Due>();
        readers.auditor()
                .query(DUE, Tuple.of(time(now), limit))
                .forEach(row -> due.add(new Due(row.getString(0), new TenantId(row.getString(1)))));
        return due;
    }

    /// Takes an alert to send it.
    ///
    /// @param dueBy it is taken if it is due by then
    /// @param until when somebody else may take it, if the caller has not said by then what came of it
    /// @return empty where somebody else has it, or it is not to be sent by now
    public Optional<Claim> claim(Due due, Instant now, Instant dueBy, Instant until) {
        return readers.app().asTenant(due.tenant(), statements -> {
            var alert = first(statements.query(CLAIM, Tuple.of(due.id(), time(now), time(until), time(dueBy))));
            if (alert.isEmpty()) {
                return Optional.empty();
            }
            var hook = statements.query(HOOK, Tuple.of(alert.get().limitId())).iterator();
            return Optional.of(new Claim(alert.get(), hook.hasNext() ? hook(hook.next()) : null));
        });
    }

    private static Hook hook(Row row) {
        return new Hook(row.getString(0), row.getBuffer(1).getBytes());
    }

    /// Says what came of an attempt.
    ///
    /// @param claimed as [#claim] gave it
    /// @param next its attempts and last attempt are ignored
    /// @return empty where somebody else has claimed it since; nothing was changed then
    public Optional<AlertRow> end(AlertRow claimed, Delivery next) {
        var arguments = Tuple.of(claimed.id(), claimed.delivery().attempts(), next.state().id())
                .addValue(time(next.nextAttemptAt()))
                .addValue(next.status())
                .addValue(next.error())
                .addValue(time(next.deliveredAt()));
        return readers.app().asTenant(claimed.tenant(), statements -> first(statements.query(END, arguments)));
    }

    /// Sends an alert again that was given up or delivered, from its first attempt on.
    ///
    /// @return empty where it is neither
    public Optional<AlertRow> again(Due alert, Instant now) {
        return readers.app()
                .asTenant(alert.tenant(), statements -> first(
                        statements.query(AGAIN, Tuple.of(alert.id(), time(now)))));
    }

    public Optional<AlertRow> find(Scope scope, String id) {
        return readers.read(scope, statements -> first(statements.query(FIND, Tuple.of(id))));
    }

    /// Newest first.
    ///
    /// @param state only those, null for all
    /// @param after the last one of the page before, null for the first page
    public List<AlertRow> list(Scope scope, @Nullable State state, @Nullable Position after, int limit) {
        var sql = new StringBuilder("SELECT " + COLUMNS + " FROM weir.alerts WHERE ");
        Tuple arguments = Tuple.of(limit);
        if (state == null) {
            sql.append("state <> 'carried'");
        } else {
            sql.append("state = $2");
            arguments.addValue(state.id());
        }
        if (after != null) {
            sql.append(" AND (fired_at, id) < ($%d, $%d)".formatted(arguments.size() + 1, arguments.size() + 2));
            arguments.addValue(time(after.firedAt())).addValue(after.id());
        }
        sql.append(" ORDER BY fired_at DESC, id DESC LIMIT $1");
        return readers.read(scope, statements -> {
            var found = new ArrayList<AlertRow>();
            statements.query(sql.toString(), arguments).forEach(row -> found.add(read(row)));
            return found;
        });
    }

    /// How many were given up and wait for a person.
    public long dead() {
        return readers.auditor().query(DEAD, Tuple.tuple()).iterator().next().getLong(0);
    }

    private static Tuple values(Reached mark, String id, String node, Instant now) {
        Standing standing = mark.standing();
        Limit limit = standing.limit();
        var span = standing.span();
        return Tuple.tuple()
                .addValue(id)
                .addValue(mark.tenant().value())
                .addValue(limit.id())
                .addValue(limit.entity().kind().id())
                .addValue(standing.value())
                .addValue(limit.measure().id())
                .addValue(limit.window().id())
                .addValue(span.ends() ? time(span.start()) : null)
                .addValue(span.ends() ? time(span.end()) : null)
                .addValue(mark.percent())
                .addValue(amount(limit, limit.amount()))
                .addValue(amount(limit, standing.settled()))
                .addValue(amount(limit, standing.reserved()))
                .addValue(node)
                .addValue(time(now));
    }

    private static BigDecimal amount(Limit limit, long units) {
        return limit.measure().equals(Measure.of(Meter.COST))
                ? Money.ofPicos(units).toUsd()
                : BigDecimal.valueOf(units);
    }

    private static @Nullable OffsetDateTime time(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    private static @Nullable Instant instant(Row row, int column) {
        var time = row.get(OffsetDateTime.class, column);
        return time == null ? null : time.toInstant();
    }

    private static Instant instantOf(Row row, int column) {
        return row.get(OffsetDateTime.class, column).toInstant();
    }

    private static Optional<AlertRow> first(RowSet<Row> rows) {
        var iterator = rows.iterator();
        return iterator.hasNext() ? Optional.of(read(iterator.next())) : Optional.empty();
    }

    private static AlertRow read(Row row) {
        var mark = new Mark(row.getString(5), row.getString(6), instant(row, 7), instant(row, 8), row.getInteger(9),
                row.getBigDecimal(10), row.getBigDecimal(11), row.getBigDecimal(12));
        var delivery = new Delivery(State.byId(row.getString(17)).orElseThrow(), row.getInteger(18), instant(row, 19),
                instant(row, 20), row.getInteger(21), row.getString(22), instant(row, 23));
        return new AlertRow(row.getString(0), new TenantId(row.getString(1)), row.getString(2),
                new Entity(Entity.Kind.byId(row.getString(3)).orElseThrow(), row.getString(4)), mark,
                List.of(row.getArrayOfStrings(13)), row.getBoolean(14), row.getString(15), instantOf(row, 16),
                delivery);
    }
}
