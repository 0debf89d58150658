package dev.weir.tenant;

import dev.weir.usage.Meter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Everybody who may call, as one immutable snapshot that is swapped whole. Any thread; a look-up is one hash probe.
///
/// A call that was identified keeps the identity of its admission whatever is swapped in meanwhile (G13.2).
public final class TenantDirectory {
    private volatile Snapshot snapshot;
    private volatile long confirmedNanos;

    public TenantDirectory(Snapshot first) {
        this.snapshot = first;
    }

    /// Whose key it is.
    public Identity identify(ApiKeyHash hash) {
        Identity identity = snapshot.keys.get(hash);
        return identity == null ? Identity.UNKNOWN : identity;
    }

    /// Puts a newer snapshot in force at once and whole.
    ///
    /// @return false where a snapshot of this or a later version is in force already; nothing changed then
    public synchronized boolean swap(Snapshot next) {
        if (next.version <= snapshot.version) {
            return false;
        }
        snapshot = next;
        return true;
    }

    /// Notes that the snapshot in force was found to be the latest at that moment of the monotonic clock.
    public void confirm(long nanoTime) {
        confirmedNanos = nanoTime;
    }

    /// When the snapshot in force was last known to be the latest, by the monotonic clock.
    public long confirmedNanos() {
        return confirmedNanos;
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    /// All plans, tenants and keys at one moment. Immutable.
    public static final class Snapshot {
        public static final Snapshot EMPTY = of(0, Plan.SHIPPED, List.of(), List.of());

        private final long version;
        private final Map<String, Plan> plans;
        private final Map<TenantId, Tenant> tenants;
        private final Map<TenantId, List<Limit>> limits;
        /// Of those only whose own limits allow what their plan forbids.
        private final Map<TenantId, Plan> granted = new HashMap<>();
        private final Map<String, List<Limit>> limitsOfPlan = new HashMap<>();
        private final Map<ApiKeyHash, Identity> keys;

        private Snapshot(long version, Collection<Plan> plans, Collection<Tenant> tenants) {
            this.version = version;
            this.plans = HashMap.newHashMap(plans.size());
            this.tenants = HashMap.newHashMap(tenants.size());
            this.limits = HashMap.newHashMap(tenants.size());
            this.keys = new HashMap<>();
            for (Plan plan : plans) {
                this.plans.put(plan.id(), plan);
                limitsOfPlan.put(plan.id(), plan.limitsInForce());
            }
            tenants.forEach(this::add);
        }

        /// @param version rises with every change of what is in it
        /// @throws IllegalArgumentException naming the first tenant, key or limit that does not fit the others
        public static Snapshot of(long version, Collection<Plan> plans, Collection<Tenant> tenants,
                Collection<TenantKey> keys) {
            var snapshot = new Snapshot(version, plans, tenants);
            keys.forEach(snapshot::add);
            return snapshot;
        }

        public long version() {
            return version;
        }

        public Optional<Tenant> tenant(TenantId id) {
            return Optional.ofNullable(tenants.get(id));
        }

        public Optional<Plan> plan(String id) {
            return Optional.ofNullable(plans.get(id));
        }

        /// A caller who is known as this tenant's without a key of its own.
        ///
        /// @param as what stands where a key's id would
        public Optional<Identity.Known> identify(TenantId id, KeyId as) {
            return tenant(id).map(tenant -> known(tenant, as, null));
        }

        /// The plan's limits and the tenant's own in [Limit#PRECEDENCE]; none for an unknown tenant. An own limit stands in the
        /// place of the plan's of the same id.
        public List<Limit> limits(TenantId id) {
            return limits.getOrDefault(id, List.of());
        }

        public Collection<Plan> plans() {
            return List.copyOf(plans.values());
        }

        public Collection<Tenant> tenants() {
            return List.copyOf(tenants.values());
        }

        private void add(Tenant tenant) {
            Plan plan = plans.get(tenant.plan());
            if (plan == null) {
                throw new IllegalArgumentException("tenant " + tenant.id() + " is on plan '" + tenant.plan()
                        + "', which is not one of " + plans.keySet());
            }
            if (tenants.put(tenant.id(), tenant) != null) {
                throw new IllegalArgumentException("tenant " + tenant.id() + " is there twice");
            }
            limits.put(tenant.id(), inForce(tenant));
            Plan allowing = plan.allowing(grants(tenant));
            if (allowing != plan) {
                granted.put(tenant.id(), allowing);
            }
        }

        private List<Limit> inForce(Tenant tenant) {
            var ids = new HashSet<String>();
            for (Limit limit : tenant.limits()) {
                if (!ids.add(limit.id())) {
                    throw new IllegalArgumentException("tenant " + tenant.id() + " has two limits with the id "
                            + limit.id() + "; name one of them otherwise");
                }
            }
            var all = new ArrayList<>(tenant.limits());
            for (Limit limit : limitsOfPlan.getOrDefault(tenant.plan(), List.of())) {
                if (!ids.contains(limit.id())) {
                    all.add(limit);
                }
            }
            all.sort(Limit.PRECEDENCE);
            return List.copyOf(all);
        }

        /// What the tenant has a quota of, though its plan may forbid it (X2).
        private static Set<Meter> grants(Tenant tenant) {
            var meters = EnumSet.noneOf(Meter.class);
            for (Limit limit : tenant.limits()) {
                if (limit.blocks() && limit.amount() > 0 && limit.entity().kind() == Entity.Kind.TENANT
                        && limit.entity().covers(tenant.id().value())
                        && limit.measure() instanceof Measure.Counted(Meter meter)) {
                    meters.add(meter);
                }
            }
            return meters;
        }

        private void add(TenantKey key) {
            if (keys.put(key.hash(), identity(key)) != null) {
                throw new IllegalArgumentException("two keys have the hash of key " + key.id());
            }
        }

        private Identity identity(TenantKey key) {
            Tenant tenant = tenants.get(key.tenant());
            if (tenant == null) {
                throw new IllegalArgumentException("key " + key.id() + " is of tenant " + key.tenant()
                        + ", which is not in the directory");
            }
            if (key.revoked()) {
                return new Identity.Revoked(tenant.id(), key.id());
            }
            return known(tenant, key.id(), key.user());
        }

        private Identity.Known known(Tenant tenant, KeyId key, @Nullable String user) {
            Plan plan = granted.getOrDefault(tenant.id(), plans.get(tenant.plan()));
            if (plan == null) {
                throw new IllegalStateException("tenants were checked for their plans");
            }
            return new Identity.Known(tenant, key, user, plan, limits(tenant.id()));
        }
    }
}
