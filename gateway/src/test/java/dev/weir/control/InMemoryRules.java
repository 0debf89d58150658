package dev.weir.control;

import dev.weir.postgres.AdminActions.Action;
import dev.weir.postgres.Capacities.Use;
import dev.weir.postgres.Capacity;
import dev.weir.postgres.TenantLimit;
import dev.weir.postgres.TenantLimit.Source;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Plans, limits and capacity in maps, of the tenants of an [InMemoryStore]. Any thread. It keeps no record of changes: the
/// database's is shown by tests over the database.
final class InMemoryRules implements RuleAdmin {
    private final InMemoryStore tenants;
    private final TreeMap<String, Plan> plans = new TreeMap<>();
    private final Map<TenantId, TreeMap<String, TenantLimit>> limits = new HashMap<>();
    private final TreeMap<String, Capacity> capacities = new TreeMap<>();
    final Map<TenantId, Use> used = new HashMap<>();
    final List<Action> actions = new ArrayList<>();

    InMemoryRules(InMemoryStore tenants) {
        this.tenants = tenants;
        Plan.SHIPPED.forEach(plan -> plans.put(plan.id(), plan));
    }

    @Override
    public synchronized boolean create(Plan plan) {
        return plans.putIfAbsent(plan.id(), plan) == null;
    }

    @Override
    public synchronized boolean change(Plan plan) {
        return plans.replace(plan.id(), plan) != null;
    }

    @Override
    public synchronized Optional<Plan> plan(String id) {
        return Optional.ofNullable(plans.get(id));
    }

    @Override
    public synchronized List<Plan> plans(String after, int limit) {
        return plans.tailMap(after, false).values().stream().limit(limit).toList();
    }

    private TreeMap<String, TenantLimit> of(TenantId tenant) {
        return limits.computeIfAbsent(tenant, id -> new TreeMap<>());
    }

    @Override
    public synchronized boolean create(TenantLimit limit) {
        return tenants.tenant(limit.tenant()).isPresent()
                && of(limit.tenant()).putIfAbsent(limit.limit().id(), limit) == null;
    }

    @Override
    public synchronized boolean put(TenantLimit limit) {
        return create(limit) || changed(limit, there -> true).isPresent();
    }

    @Override
    public synchronized Optional<TenantLimit> change(TenantLimit limit) {
        return changed(limit, there -> there.source() == limit.source());
    }

    private Optional<TenantLimit> changed(TenantLimit to, Predicate<TenantLimit> which) {
        var there = limit(to.tenant(), to.limit().id()).filter(which);
        there.ifPresent(was -> {
            Limit old = was.limit();
            var now = new Limit(old.id(), old.entity(), old.measure(), old.window(), old.zone(), to.limit().amount(),
                    to.limit().action(), to.limit().alerts());
            of(to.tenant()).put(old.id(), new TenantLimit(to.tenant(), now, was.source()));
        });
        return limit(to.tenant(), to.limit().id()).filter(which);
    }

    @Override
    public synchronized boolean delete(TenantId tenant, String id, Source source) {
        return limit(tenant, id).filter(limit -> limit.source() == source).isPresent()
                && of(tenant).remove(id) != null;
    }

    @Override
    public synchronized Optional<TenantLimit> limit(TenantId tenant, String id) {
        return Optional.ofNullable(of(tenant).get(id));
    }

    @Override
    public synchronized List<TenantLimit> limits(TenantId tenant, String after, int limit) {
        return of(tenant).tailMap(after, false).values().stream().limit(limit).toList();
    }

    @Override
    public synchronized boolean put(Capacity capacity) {
        if (tenants.tenant(capacity.tenant()).isEmpty()) {
            return false;
        }
        capacities.put(capacity.tenant().value(), capacity);
        return true;
    }

    @Override
    public synchronized Optional<Capacity> capacity(TenantId tenant) {
        return Optional.ofNullable(capacities.get(tenant.value()));
    }

    @Override
    public synchronized List<Capacity> capacities(String after, int limit) {
        return capacities.tailMap(after, false).values().stream().limit(limit).toList();
    }

    @Override
    public Map<TenantId, Use> use(Collection<TenantId> ofTenants, Instant now) {
        return used;
    }

    @Override
    public List<Action> actions(@Nullable TenantId tenant, long before, int limit) {
        return actions.stream().filter(action -> action.id() < before).limit(limit).toList();
    }
}
