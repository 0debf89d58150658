package dev.weir.control;

import dev.weir.postgres.Postgres;
import dev.weir.postgres.Scope;
import dev.weir.postgres.TenantRow;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Tenants and keys in PostgreSQL. Calls wait for the database; a [dev.weir.postgres.DatabaseException] where it does not answer.
public final class StoredTenants implements TenantAdmin {
    private final Postgres postgres;

    public StoredTenants(Postgres postgres) {
        this.postgres = postgres;
    }

    @Override
    public Creation create(Tenant tenant) {
        if (postgres.tenants().create(tenant.id(), tenant.plan(), tenant.region()).isPresent()) {
            return new Creation.Created();
        }
        var found = tenant(tenant.id());
        if (found.isEmpty()) {
            return new Creation.NoPlan();
        }
        Tenant there = found.get();
        boolean same = there.plan().equals(tenant.plan()) && Objects.equals(there.region(), tenant.region());
        return same ? new Creation.Same() : new Creation.Different(there);
    }

    @Override
    public Optional<Tenant> tenant(TenantId id) {
        return postgres.tenants().find(id).map(StoredTenants::tenant);
    }

    @Override
    public Optional<Tenant> changePlan(TenantId id, String plan) {
        return postgres.tenants().changePlan(id, plan).map(StoredTenants::tenant);
    }

    @Override
    public List<Tenant> tenants(@Nullable TenantId after, int limit) {
        return postgres.tenants()
                .list(Scope.ALL, after == null ? "" : after.value(), limit)
                .stream()
                .map(StoredTenants::tenant)
                .toList();
    }

    @Override
    public boolean add(TenantKey key) {
        return postgres.keys().create(key).isPresent();
    }

    @Override
    public List<TenantKey> keys(TenantId tenant, @Nullable KeyId after, int limit) {
        return postgres.keys()
                .list(Scope.of(tenant), after == null ? "" : after.value(), limit)
                .stream()
                .map(row -> row.key())
                .toList();
    }

    @Override
    public boolean revoke(KeyId id) {
        return postgres.keys().revoke(Scope.ALL, id).isPresent();
    }

    private static Tenant tenant(TenantRow row) {
        return new Tenant(row.id(), row.plan(), row.region(), List.of());
    }
}
