package dev.weir.postgres;

import dev.weir.tenant.TenantId;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The table of tenants. Blocks; any thread but an event loop. A change reaches every node's snapshot by [Directory].
public final class Tenants {
    private static final String COLUMNS = "id, plan, region, created_at";
    private static final String CREATE = "INSERT INTO weir.tenants (id, plan, region)"
            + " SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM weir.plans WHERE id = $2)"
            + " ON CONFLICT DO NOTHING RETURNING " + COLUMNS;
    private static final String CHANGE_PLAN = "UPDATE weir.tenants SET plan = $2 WHERE id = $1"
            + " AND EXISTS (SELECT FROM weir.plans WHERE id = $2) RETURNING " + COLUMNS;
    private static final String CONVERT = "UPDATE weir.tenants SET plan = $3 WHERE id = $1 AND plan = $2 RETURNING "
            + COLUMNS;
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.tenants WHERE id = $1";
    private static final String PAGE = "SELECT " + COLUMNS
            + " FROM weir.tenants WHERE id > $1 ORDER BY id LIMIT $2";

    private final Readers readers;

    Tenants(Readers readers) {
        this.readers = readers;
    }

    /// @return empty where a tenant of that id is there already, or there is no such plan
    public Optional<TenantRow> create(TenantId id, String plan, @Nullable String region) {
        return one(id, CREATE, Tuple.of(id.value(), plan, region));
    }

    /// @return empty where there is no such tenant or no such plan
    public Optional<TenantRow> changePlan(TenantId id, String plan) {
        return one(id, CHANGE_PLAN, Tuple.of(id.value(), plan));
    }

    /// Moves a tenant from one plan to another, unless somebody has moved it from there meanwhile.
    ///
    /// @return empty where it is not on plan `from`
    public Optional<TenantRow> convert(TenantId id, String from, String to) {
        return one(id, CONVERT, Tuple.of(id.value(), from, to));
    }

    public Optional<TenantRow> find(TenantId id) {
        return one(id, FIND, Tuple.of(id.value()));
    }

    /// In the order of their ids.
    ///
    /// @param after the last id of the page before, empty for the first page
    public List<TenantRow> list(Scope scope, String after, int limit) {
        return readers.read(scope, statements -> {
            var tenants = new ArrayList<TenantRow>();
            statements.query(PAGE, Tuple.of(after, limit)).forEach(row -> tenants.add(tenant(row)));
            return tenants;
        });
    }

    private Optional<TenantRow> one(TenantId id, String sql, Tuple arguments) {
        return readers.app().asTenant(id, statements -> {
            var rows = statements.query(sql, arguments).iterator();
            return rows.hasNext() ? Optional.of(tenant(rows.next())) : Optional.empty();
        });
    }

    private static TenantRow tenant(Row row) {
        return new TenantRow(new TenantId(row.getString(0)), row.getString(1), row.getString(2),
                row.get(OffsetDateTime.class, 3).toInstant());
    }
}
