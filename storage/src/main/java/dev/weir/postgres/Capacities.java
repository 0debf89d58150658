package dev.weir.postgres;

import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.postgres.TenantLimit.Source;
import dev.weir.rollup.DaySeal;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The table of what tenants have bought, and what their events say they use of it. Blocks; any thread but an event loop.
///
/// Runs a minute, concurrency and writes a day are blocking limits of the tenant too, stored in the same transaction.
public final class Capacities {
    public static final String RUNS_ID = "capacity-runs-per-minute";
    public static final String CONCURRENCY_ID = "capacity-concurrency";
    public static final String WRITES_ID = "capacity-writes-per-day";
    private static final String COLUMNS = "tenant, runs_per_minute, concurrency, writes_per_day, retention_tier,"
            + " indexing_tier";
    private static final String PUT = "INSERT INTO weir.capacity (" + COLUMNS + ") SELECT $1, $2, $3, $4, $5, $6"
            + " WHERE EXISTS (SELECT FROM weir.tenants WHERE id = $1) ON CONFLICT (tenant) DO UPDATE SET"
            + " runs_per_minute = $2, concurrency = $3, writes_per_day = $4, retention_tier = $5, indexing_tier = $6,"
            + " changed_at = now() RETURNING tenant";
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.capacity WHERE tenant = $1";
    private static final String PAGE = "SELECT " + COLUMNS
            + " FROM weir.capacity WHERE tenant > $1 ORDER BY tenant LIMIT $2";
    private static final String WRITES = "SELECT tenant,"
            + " coalesce(sum(writes) FILTER (WHERE upstream_status BETWEEN 200 AND 299), 0)::bigint AS allowed,"
            + " coalesce(sum(writes) FILTER (WHERE upstream_status NOT BETWEEN 200 AND 299), 0)::bigint AS failed,"
            + " count(*) FILTER (WHERE flags & $3 <> 0) AS denied"
            + " FROM weir.usage_events WHERE day = $1 AND tenant = ANY($2) GROUP BY tenant";
    /// As the limit counts them: each with the first attempt in the minute, a call that names none as a run of its own.
    private static final String RUNS = "SELECT tenant, count(DISTINCT run)"
            + " + coalesce(sum(calls) FILTER (WHERE run IS NULL), 0)::bigint AS runs"
            + " FROM weir.usage_events WHERE day = $1 AND time >= $2 AND time < $3 AND tenant = ANY($4)"
            + " AND outcome NOT IN ('blocked', 'refused') GROUP BY tenant";

    private final Readers readers;

    Capacities(Readers readers) {
        this.readers = readers;
    }

    /// What a tenant's stored events say it used.
    ///
    /// @param runsBegun in the running minute, as a limit on runs counts them
    /// @param writesAllowed today, sent and answered with 2xx
    /// @param writesFailed today, sent and answered otherwise or not at all
    /// @param writesDenied today, refused
    public record Use(long runsBegun, long writesAllowed, long writesFailed, long writesDenied) {
        public static final Use NONE = new Use(0, 0, 0, 0);

        public long writesAttempted() {
            return writesAllowed + writesFailed + writesDenied;
        }
    }

    /// Puts it in the place of what the tenant had.
    ///
    /// @return false where there is no such tenant
    public boolean put(Capacity capacity) {
        TenantId tenant = capacity.tenant();
        var arguments = Tuple.of(tenant.value(), capacity.runsPerMinute(), capacity.concurrency(),
                capacity.writesPerDay(), capacity.retentionTier(), capacity.indexingTier());
        return readers.app().asTenant(tenant, statements -> {
            if (!statements.query(PUT, arguments).iterator().hasNext()) {
                return false;
            }
            put(statements, tenant, RUNS_ID, Measure.RUNS, Window.MINUTE, capacity.runsPerMinute());
            put(statements, tenant, CONCURRENCY_ID, Measure.CONCURRENCY, Window.TOTAL, capacity.concurrency());
            put(statements, tenant, WRITES_ID, Measure.of(Meter.WRITES), Window.DAY, capacity.writesPerDay());
            return true;
        });
    }

    private static void put(Client.Statements statements, TenantId tenant, String id, Measure measure, Window window,
            @Nullable Long amount) throws ExecutionException, TimeoutException {
        if (amount == null) {
            Limits.delete(statements, tenant, id, Source.CAPACITY);
        } else {
            Limits.put(statements, new TenantLimit(tenant,
                    Limit.block(id, Entity.THE_TENANT, measure, window, amount), Source.CAPACITY));
        }
    }

    public Optional<Capacity> find(TenantId tenant) {
        return readers.app().asTenant(tenant, statements -> {
            var rows = statements.query(FIND, Tuple.of(tenant.value())).iterator();
            return rows.hasNext() ? Optional.of(read(rows.next())) : Optional.empty();
        });
    }

    /// Of all tenants that have bought something, in the order of their ids.
    ///
    /// @param after the last tenant of the page before, empty for the first page
    public List<Capacity> list(String after, int limit) {
        return readers.auditor().use(statements -> {
            var all = new ArrayList<Capacity>();
            statements.query(PAGE, Tuple.of(after, limit)).forEach(row -> all.add(read(row)));
            return all;
        });
    }

    /// What the tenants' stored events say; a tenant without any is not in it.
    public Map<TenantId, Use> use(Collection<TenantId> tenants, Instant now) {
        var ids = tenants.stream().map(TenantId::value).toArray(String[]::new);
        var writes = Tuple.of(DaySeal.dayOf(now), ids, Flags.NONE.with(Flag.WRITE_DENIED).bits());
        Window.Span minute = Window.MINUTE.span(now, ZoneOffset.UTC);
        var runs = Tuple.of(DaySeal.dayOf(now), minute.start().atOffset(ZoneOffset.UTC),
                minute.end().atOffset(ZoneOffset.UTC), ids);
        return readers.auditor().snapshot(statements -> {
            var use = new HashMap<TenantId, Use>();
            statements.query(WRITES, writes)
                    .forEach(row -> use.put(tenant(row), new Use(0, row.getLong("allowed"), row.getLong("failed"),
                            row.getLong("denied"))));
            statements.query(RUNS, runs).forEach(row -> {
                Use of = use.getOrDefault(tenant(row), Use.NONE);
                use.put(tenant(row), new Use(row.getLong("runs"), of.writesAllowed(), of.writesFailed(),
                        of.writesDenied()));
            });
            return use;
        });
    }

    private static TenantId tenant(Row row) {
        return new TenantId(row.getString("tenant"));
    }

    private static Capacity read(Row row) {
        return new Capacity(tenant(row), row.getLong("runs_per_minute"), row.getLong("concurrency"),
                row.getLong("writes_per_day"), row.getString("retention_tier"), row.getString("indexing_tier"));
    }
}
