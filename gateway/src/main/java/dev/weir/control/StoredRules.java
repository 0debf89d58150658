package dev.weir.control;

import dev.weir.postgres.AdminActions.Action;
import dev.weir.postgres.Capacities.Use;
import dev.weir.postgres.Capacity;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.TenantLimit;
import dev.weir.postgres.TenantLimit.Source;
import dev.weir.tenant.Plan;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Plans, limits and capacity in PostgreSQL. Calls wait for the database; a [dev.weir.postgres.DatabaseException] where it does
/// not answer.
public final class StoredRules implements RuleAdmin {
    private final Postgres postgres;

    public StoredRules(Postgres postgres) {
        this.postgres = postgres;
    }

    @Override
    public boolean create(Plan plan) {
        return postgres.plans().create(plan);
    }

    @Override
    public boolean change(Plan plan) {
        return postgres.plans().change(plan);
    }

    @Override
    public Optional<Plan> plan(String id) {
        return postgres.plans().find(id);
    }

    @Override
    public List<Plan> plans(String after, int limit) {
        return postgres.plans().list(after, limit);
    }

    @Override
    public boolean create(TenantLimit limit) {
        return postgres.limits().create(limit);
    }

    @Override
    public boolean put(TenantLimit limit) {
        return postgres.limits().put(limit);
    }

    @Override
    public Optional<TenantLimit> change(TenantLimit limit) {
        return postgres.limits().change(limit);
    }

    @Override
    public boolean delete(TenantId tenant, String id, Source source) {
        return postgres.limits().delete(tenant, id, source);
    }

    @Override
    public Optional<TenantLimit> limit(TenantId tenant, String id) {
        return postgres.limits().find(tenant, id);
    }

    @Override
    public List<TenantLimit> limits(TenantId tenant, String after, int limit) {
        return postgres.limits().list(tenant, after, limit);
    }

    @Override
    public boolean put(Capacity capacity) {
        return postgres.capacities().put(capacity);
    }

    @Override
    public Optional<Capacity> capacity(TenantId tenant) {
        return postgres.capacities().find(tenant);
    }

    @Override
    public List<Capacity> capacities(String after, int limit) {
        return postgres.capacities().list(after, limit);
    }

    @Override
    public Map<TenantId, Use> use(Collection<TenantId> tenants, Instant now) {
        return postgres.capacities().use(tenants, now);
    }

    @Override
    public List<Action> actions(@Nullable TenantId tenant, long before, int limit) {
        return postgres.adminActions().list(tenant, before, limit);
    }
}
