package dev.weir.postgres;

import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The record of what administrators changed, to be read only: the database writes it, in the transaction of each change.
/// Blocks; any thread but an event loop.
public final class AdminActions {
    private static final String PAGE = "SELECT id, time, who, action, tenant, target, before, after"
            + " FROM weir.admin_actions WHERE ($1 = '' OR tenant = $1) AND id < $2 ORDER BY id DESC LIMIT $3";

    private final Readers readers;

    AdminActions(Readers readers) {
        this.readers = readers;
    }

    /// One change.
    ///
    /// @param who an administrator's name, or a job's
    /// @param action noun and verb: `limit.create`, `tenant.change`, …
    /// @param tenant empty where it concerns all
    /// @param target the id of what was changed
    /// @param before the row as it was, null where there was none
    /// @param after the row as it is, null where there is none any more
    public record Action(long id, Instant time, String who, String action, String tenant, String target,
            @Nullable JsonObject before, @Nullable JsonObject after) {}

    /// Newest first.
    ///
    /// @param tenant null for the actions of all tenants and of none
    /// @param before the id of the last one of the page before, [Long#MAX_VALUE] for the first page
    public List<Action> list(@Nullable TenantId tenant, long before, int limit) {
        Scope scope = tenant == null ? Scope.ALL : Scope.of(tenant);
        return readers.read(scope, statements -> {
            var actions = new ArrayList<Action>();
            statements.query(PAGE, Tuple.of(tenant == null ? "" : tenant.value(), before, limit))
                    .forEach(row -> actions.add(read(row)));
            return actions;
        });
    }

    private static Action read(Row row) {
        return new Action(row.getLong("id"), row.get(OffsetDateTime.class, "time").toInstant(), row.getString("who"),
                row.getString("action"), row.getString("tenant"), row.getString("target"), row.getJsonObject("before"),
                row.getJsonObject("after"));
    }
}
