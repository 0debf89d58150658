package dev.weir.tenant;

import dev.weir.usage.Meter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A bundle of limits and of things not allowed that tenants are on. Immutable; a plan is data, these four are the shipped
/// ones (rates belong to `catalog`).
///
/// @param id `free`, `pro`, …
/// @param limits apply to each tenant on the plan separately
/// @param forbids meters a call on this plan may not use at all: 403 `plan_forbids`
/// @param convertsTo the plan that a tenant is moved to when a limit of this one is used up; null: the limit blocks
public record Plan(String id, List<Limit> limits, Set<Meter> forbids, @Nullable String convertsTo) {
    private static final Pattern ID_FORM = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
    /// $0: 1,000 tokens and 10 tool calls per UTC day, no images.
    public static final Plan FREE = new Plan("free",
            List.of(Limit.block("free-tokens-per-day", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 1_000),
                    Limit.block("free-tool-calls-per-day", Entity.THE_TENANT, Measure.of(Meter.TOOL_CALLS), Window.DAY,
                            10)),
            Set.of(Meter.IMAGES_GENERATED));
    /// Metered and unbilled up to 100,000 tokens in total, then blocked.
    public static final Plan TRIAL = new Plan("trial", List.of(
            Limit.block("trial-tokens-in-total", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.TOTAL, 100_000)),
            Set.of());
    /// Paid by use; no cap unless the tenant has limits of its own.
    public static final Plan PRO = new Plan("pro", List.of(), Set.of());
    /// By contract; no cap unless the tenant has limits of its own.
    public static final Plan ENTERPRISE = new Plan("enterprise", List.of(), Set.of());
    public static final List<Plan> SHIPPED = List.of(FREE, TRIAL, PRO, ENTERPRISE);

    public Plan {
        if (!ID_FORM.matcher(id).matches()) {
            throw new IllegalArgumentException("a plan's id has 1 to 63 characters of a-z 0-9 . _ - and starts with a"
                    + " letter or digit; '" + id + "' does not");
        }
        if (id.equals(convertsTo)) {
            throw new IllegalArgumentException("plan " + id + " cannot convert to itself");
        }
        limits = List.copyOf(limits);
        forbids = Set.copyOf(forbids);
        var ids = new HashSet<String>();
        for (Limit limit : limits) {
            if (!ids.add(limit.id())) {
                throw new IllegalArgumentException("plan " + id + " has two limits with the id " + limit.id());
            }
        }
    }

    /// A plan whose limits block.
    public Plan(String id, List<Limit> limits, Set<Meter> forbids) {
        this(id, limits, forbids, null);
    }

    /// The limits as they are counted: those of a plan that converts tell and do not block, because who reaches one is moved on.
    public List<Limit> limitsInForce() {
        return convertsTo == null
                ? limits
                : limits.stream().map(limit -> limit.withAction(Limit.Action.NOTIFY)).toList();
    }

    /// The same without some of what it forbids.
    Plan allowing(Set<Meter> granted) {
        var rest = new HashSet<>(forbids);
        return rest.removeAll(granted) ? new Plan(id, limits, rest, convertsTo) : this;
    }

    public boolean isForbidden(Meter meter) {
        return forbids.contains(meter);
    }
}
