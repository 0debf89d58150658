package dev.weir.postgres;

import dev.weir.tenant.ApiKeyHash;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The table of keys: hashes, never keys (G9.1). Blocks; any thread but an event loop. A change reaches every node's snapshot by
/// [Directory].
public final class Keys {
    static final String COLUMNS = "id, hash, tenant, user_id, last4, created_at, revoked_at";
    private static final String CREATE = "INSERT INTO weir.api_keys (id, hash, tenant, user_id, last4)"
            + " SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT FROM weir.tenants WHERE id = $3) RETURNING " + COLUMNS;
    private static final String REVOKE = "UPDATE weir.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1"
            + " RETURNING " + COLUMNS;
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.api_keys WHERE id = $1";
    private static final String PAGE = "SELECT " + COLUMNS + " FROM weir.api_keys WHERE id > $1 ORDER BY id LIMIT $2";

    private final Readers readers;

    Keys(Readers readers) {
        this.readers = readers;
    }

    /// Stores a key that was just made.
    ///
    /// @param key not revoked; its tenant is the owner
    /// @return empty where the tenant does not exist
    public Optional<KeyRow> create(TenantKey key) {
        var arguments = Tuple.of(key.id().value(), Buffer.buffer(key.hash().toBytes()), key.tenant().value(),
                key.user(),
                key.last4());
        return readers.app().asTenant(key.tenant(), statements -> first(statements.query(CREATE, arguments)));
    }

    /// Takes a key out of force for ever; again changes nothing. Every node knows within 5 s.
    ///
    /// @param scope whose key it may be
    /// @return empty where there is no such key in the scope
    public Optional<KeyRow> revoke(Scope scope, KeyId id) {
        Optional<TenantId> tenant = find(scope, id).map(row -> row.key().tenant());
        return tenant.flatMap(owner -> readers.app()
                .asTenant(owner, statements -> first(statements.query(REVOKE, Tuple.of(id.value())))));
    }

    public Optional<KeyRow> find(Scope scope, KeyId id) {
        return readers.read(scope, statements -> first(statements.query(FIND, Tuple.of(id.value()))));
    }

    /// In the order of their ids, revoked ones included.
    ///
    /// @param after the last id of the page before, empty for the first page
    public List<KeyRow> list(Scope scope, String after, int limit) {
        return readers.read(scope, statements -> {
            var keys = new ArrayList<KeyRow>();
            statements.query(PAGE, Tuple.of(after, limit)).forEach(row -> keys.add(key(row)));
            return keys;
        });
    }

    private static Optional<KeyRow> first(Iterable<Row> rows) {
        var iterator = rows.iterator();
        return iterator.hasNext() ? Optional.of(key(iterator.next())) : Optional.empty();
    }

    static KeyRow key(Row row) {
        OffsetDateTime revoked = row.get(OffsetDateTime.class, 6);
        var key = new TenantKey(new KeyId(row.getString(0)), ApiKeyHash.of(row.getBuffer(1).getBytes()),
                new TenantId(row.getString(2)), row.getString(3), row.getString(4), revoked != null);
        return new KeyRow(key, row.get(OffsetDateTime.class, 5).toInstant(),
                revoked == null ? null : revoked.toInstant());
    }
}
