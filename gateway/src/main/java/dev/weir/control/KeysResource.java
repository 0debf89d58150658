package dev.weir.control;

import dev.weir.port.Random;
import dev.weir.tenant.ApiKey;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import io.vertx.core.json.JsonObject;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// Keys that open the data plane: `/api/keys`. A key itself is in exactly one answer, the one that makes it (G9.1).
public final class KeysResource implements Resource {
    private static final int ID_BYTES = 12;

    private final TenantAdmin tenants;
    private final KeyHasher hasher;
    private final Random random;
    private final Runnable changed;

    /// @param changed brings the change into force on this node; may wait
    public KeysResource(TenantAdmin tenants, KeyHasher hasher, Random random, Runnable changed) {
        this.tenants = tenants;
        this.hasher = hasher;
        this.random = random;
        this.changed = changed;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("createKey", this::create, "listKeys", this::list, "revokeKey", this::revoke);
    }

    private Reply create(Request request) {
        var tenant = new TenantId(request.body().getString("tenant"));
        var key = ApiKey.generate(random::nextBytes);
        var kept = new TenantKey(newId(), hasher.hash(key), tenant, request.body().getString("user"), key.last4(),
                false);
        if (!tenants.add(kept)) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        changed.run();
        return Reply.created(new JsonObject().put("id", kept.id().value())
                .put("key", key.reveal())
                .put("tenant", tenant.value())
                .put("user", kept.user())
                .put("last4", kept.last4()));
    }

    private Reply list(Request request) {
        var tenant = new TenantId(request.required("tenant"));
        var cursor = request.optional("cursor");
        KeyId after = null;
        if (cursor != null) {
            var parts = Page.decode(cursor, 1);
            if (parts.isEmpty() || parts.get().getFirst().isEmpty() || parts.get().getFirst().length() > 64) {
                return Reply.failed(Page.badCursor());
            }
            after = new KeyId(parts.get().getFirst());
        }
        if (tenants.tenant(tenant).isEmpty()) {
            return Reply.failed(Problem.noTenant(tenant));
        }
        var found = tenants.keys(tenant, after, request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), KeysResource::json, each -> List.of(each.id().value())));
    }

    private Reply revoke(Request request) {
        var id = new KeyId(request.required("id"));
        if (!tenants.revoke(id)) {
            return Reply.failed(noKey());
        }
        changed.run();
        return new Reply.Nothing();
    }

    /// Does not repeat the id: people paste the key itself.
    private static Problem noKey() {
        return Problem.of(404, "not_found", "Not found",
                "There is no key with this id. It is the `id` of GET /api/keys, not the key itself.");
    }

    private KeyId newId() {
        var bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return new KeyId("key_" + HexFormat.of().formatHex(bytes));
    }

    private static JsonObject json(TenantKey key) {
        return new JsonObject().put("id", key.id().value())
                .put("tenant", key.tenant().value())
                .put("user", key.user())
                .put("last4", key.last4())
                .put("revoked", key.revoked());
    }
}
