package dev.weir.postgres;

import dev.weir.tenant.Plan;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// All tenants, keys, plans, limits and budgets at one moment, with a number that rises at every change: what each node's
/// snapshot is made from.
///
/// A node asks [#newerThan] every second or two, one tiny query, so that a revoked key is refused everywhere within 5 s
/// (G9.1). The
/// database also says `NOTIFY weir_directory` at each change, for those who would rather listen. Blocks; any thread but an event
/// loop.
public final class Directory {
    private static final String VERSION = "SELECT version FROM weir.directory_version";
    private static final String TENANTS = "SELECT id, plan, region, created_at FROM weir.tenants";
    private static final String PLANS = "SELECT " + Plans.COLUMNS + " FROM weir.plans";
    private static final String LIMITS = "SELECT " + Limits.COLUMNS + " FROM weir.limits";
    private static final String KEYS = "SELECT " + Keys.COLUMNS + " FROM weir.api_keys";

    private static final String BUDGETS = "SELECT " + Budgets.COLUMNS + " FROM weir.budgets";

    private final Client auditor;

    Directory(Client auditor) {
        this.auditor = auditor;
    }

    /// Everything at one moment, but for rows that do not fit what this version of Weir knows: those are left out, loudly.
    ///
    /// @param version rises with every change of what is in it
    public record Contents(long version, List<TenantRow> tenants, List<TenantKey> keys, List<Plan> plans,
            List<TenantLimit> limits, List<BudgetRow> budgets) {
        public Contents {
            tenants = List.copyOf(tenants);
            keys = List.copyOf(keys);
            plans = List.copyOf(plans);
            limits = List.copyOf(limits);
            budgets = List.copyOf(budgets);
        }
    }

    public long version() {
        return auditor.use(Directory::version);
    }

    /// What is there now, or empty where nothing changed since `version`.
    public Optional<Contents> newerThan(long version) {
        return version() > version ? Optional.of(load()) : Optional.empty();
    }

    public Contents load() {
        return auditor.snapshot(statements -> {
            long version = version(statements);
            var tenants = new ArrayList<TenantRow>();
            statements.query(TENANTS, Tuple.tuple())
                    .forEach(row -> tenants.add(new TenantRow(new TenantId(row.getString(0)), row.getString(1),
                            row.getString(2), row.get(OffsetDateTime.class, 3).toInstant())));
            var keys = new ArrayList<TenantKey>();
            statements.query(KEYS, Tuple.tuple()).forEach(row -> keys.add(Keys.key(row).key()));
            var plans = new ArrayList<Plan>();
            statements.query(PLANS, Tuple.tuple()).forEach(row -> Plans.read(row).ifPresent(plans::add));
            var limits = new ArrayList<TenantLimit>();
            statements.query(LIMITS, Tuple.tuple()).forEach(row -> Limits.read(row).ifPresent(limits::add));
            var budgets = new ArrayList<BudgetRow>();
            statements.query(BUDGETS, Tuple.tuple()).forEach(row -> Budgets.tryRead(row).ifPresent(budgets::add));
            return new Contents(version, tenants, keys, plans, limits, budgets);
        });
    }

    private static long version(Client.Statements statements)
            throws java.util.concurrent.ExecutionException, java.util.concurrent.TimeoutException {
        return statements.query(VERSION, Tuple.tuple()).iterator().next().getLong(0);
    }
}
