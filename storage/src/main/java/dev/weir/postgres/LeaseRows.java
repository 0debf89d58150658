package dev.weir.postgres;

import dev.weir.lease.LeaseKey;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads what is lent to whom. Blocks; any thread but an event loop.
public final class LeaseRows {
    private static final String COLUMNS = "SELECT l.node, l.epoch, h.spoken_at, h.spends_until, l.tenant, l.limit_id, l.scope,"
            + " l.value, l.starts, l.ends, l.lent, l.lost, l.used"
            + " FROM weir.leases AS l LEFT JOIN weir.lease_holders AS h ON h.node = l.node WHERE l.ends > now()";
    private static final String AFTER = " AND (l.node, l.tenant, l.limit_id, l.scope, l.value, l.starts)"
            + " > ($2, $3, $4, $5, $6, $7)";
    private static final String ORDER = " ORDER BY l.node, l.tenant, l.limit_id, l.scope, l.value, l.starts LIMIT $1";

    private final Client auditor;

    LeaseRows(Client auditor) {
        this.auditor = auditor;
    }

    /// What a node holds of a counter.
    ///
    /// @param epoch of the start that said so; 0: the node has said nothing, others have noted what it used
    /// @param spokenAt when the node said anything last, by the database's clock; null: never
    /// @param spendsUntil when it stops spending from its leases unless it is answered again; null: it never began
    /// @param lent in the limit's unit, as are the next
    /// @param used as the node said last
    public record Lease(String node, long epoch, @Nullable Instant spokenAt, @Nullable Instant spendsUntil,
            LeaseKey key,
            long lent, long lost, long used) {}

    /// After which row a page begins.
    public record Position(String node, String tenant, String limit, String scope, String value, Instant starts) {
        public static Position of(Lease last) {
            LeaseKey key = last.key();
            return new Position(last.node(), key.tenant().value(), key.limit(), key.scope(), key.value(),
                    key.span().start());
        }
    }

    /// Of windows that have not ended, by node and then by counter.
    ///
    /// @param after the last one of the page before, null for the first page
    /// @param limit 1 or more
    public List<Lease> list(@Nullable Position after, int limit) {
        Tuple arguments = Tuple.of(limit);
        if (after != null) {
            arguments.addValue(after.node())
                    .addValue(after.tenant())
                    .addValue(after.limit())
                    .addValue(after.scope())
                    .addValue(after.value())
                    .addValue(time(after.starts()));
        }
        var found = new ArrayList<Lease>();
        auditor.query(COLUMNS + (after == null ? "" : AFTER) + ORDER, arguments).forEach(row -> found.add(lease(row)));
        return found;
    }

    private static Lease lease(Row row) {
        var spokenAt = row.get(OffsetDateTime.class, "spoken_at");
        var spendsUntil = row.get(OffsetDateTime.class, "spends_until");
        return new Lease(row.getString("node"), row.getLong("epoch"), spokenAt == null ? null : spokenAt.toInstant(),
                spendsUntil == null ? null : spendsUntil.toInstant(), key(row), row.getLong("lent"),
                row.getLong("lost"), row.getLong("used"));
    }

    /// From the columns tenant, limit_id, scope, value, starts, ends.
    static LeaseKey key(Row row) {
        return new LeaseKey(new TenantId(row.getString("tenant")), row.getString("limit_id"), row.getString("scope"),
                row.getString("value"), new Window.Span(moment(row, "starts"), moment(row, "ends")));
    }

    /// The same columns, as one array each.
    static void addKeys(Tuple arguments, List<LeaseKey> keys) {
        arguments.addValue(keys.stream().map(key -> key.tenant().value()).toArray(String[]::new))
                .addValue(keys.stream().map(key -> Text.fit(key.limit(), Text.NARROW)).toArray(String[]::new))
                .addValue(keys.stream().map(key -> Text.fit(key.scope(), Text.NARROW)).toArray(String[]::new))
                .addValue(keys.stream().map(key -> Text.fit(key.value(), Text.WIDE)).toArray(String[]::new))
                .addValue(keys.stream().map(key -> time(key.span().start())).toArray(OffsetDateTime[]::new))
                .addValue(keys.stream().map(key -> time(key.span().end())).toArray(OffsetDateTime[]::new));
    }

    /// The ends of time are PostgreSQL's infinities.
    private static OffsetDateTime time(Instant moment) {
        if (moment.equals(Instant.MIN)) {
            return OffsetDateTime.MIN;
        }
        return moment.equals(Instant.MAX) ? OffsetDateTime.MAX : moment.atOffset(ZoneOffset.UTC);
    }

    private static Instant moment(Row row, String column) {
        OffsetDateTime time = row.get(OffsetDateTime.class, column);
        if (time.equals(OffsetDateTime.MIN)) {
            return Instant.MIN;
        }
        return time.equals(OffsetDateTime.MAX) ? Instant.MAX : time.toInstant();
    }
}
