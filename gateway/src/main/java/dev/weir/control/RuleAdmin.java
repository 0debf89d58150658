package dev.weir.control;

import dev.weir.postgres.AdminActions.Action;
import dev.weir.postgres.Capacities.Use;
import dev.weir.postgres.Capacity;
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

/// What tenants may use, as an administrator makes and changes it: plans, limits, purchased capacity; and the record of that.
/// Calls may wait; virtual threads only.
public interface RuleAdmin {
    /// @return false where a plan of that id is there already
    boolean create(Plan plan);

    /// Gives the plan of that id what the given one has.
    ///
    /// @return false where there is none
    boolean change(Plan plan);

    Optional<Plan> plan(String id);

    /// Ascending by id.
    ///
    /// @param after the last id of the page before, empty for the first page
    List<Plan> plans(String after, int limit);

    /// @return false where the tenant has a limit of that id already, or there is no such tenant
    boolean create(TenantLimit limit);

    /// Creates it, or gives the one of its id its amount, action and alerts.
    ///
    /// @return false where there is no such tenant
    boolean put(TenantLimit limit);

    /// Gives the limit of that id and source its amount, action and alerts; its scope stays.
    ///
    /// @return empty where there is none
    Optional<TenantLimit> change(TenantLimit limit);

    /// @return false where there is none of that source
    boolean delete(TenantId tenant, String id, Source source);

    Optional<TenantLimit> limit(TenantId tenant, String id);

    /// Ascending by id.
    ///
    /// @param after the last id of the page before, empty for the first page
    List<TenantLimit> limits(TenantId tenant, String after, int limit);

    /// Puts it in the place of what the tenant had.
    ///
    /// @return false where there is no such tenant
    boolean put(Capacity capacity);

    Optional<Capacity> capacity(TenantId tenant);

    /// Ascending by tenant.
    ///
    /// @param after the last tenant of the page before, empty for the first page
    List<Capacity> capacities(String after, int limit);

    /// What the stored events say the tenants use; a tenant without events may not be in it.
    Map<TenantId, Use> use(Collection<TenantId> tenants, Instant now);

    /// What was changed, newest first.
    ///
    /// @param tenant null for all
    /// @param before the id of the last one of the page before, [Long#MAX_VALUE] for the first page
    List<Action> actions(@Nullable TenantId tenant, long before, int limit);
}
