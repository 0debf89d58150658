package dev.weir.tenant;

import dev.weir.usage.Meter;
import java.util.List;
import java.util.Set;

/// A bundle of limits and of things not allowed that tenants are on. Immutable; a plan is data, these four are the shipped
/// ones (rates belong to `catalog`).
///
/// @param id `free`, `pro`, …
/// @param limits apply to each tenant on the plan separately
/// @param forbids meters a call on this plan may not use at all: 403 `plan_forbids`
public record Plan(String id, List<Limit> limits, Set<Meter> forbids) {
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
        if (id.isEmpty()) {
            throw new IllegalArgumentException("a plan has an id");
        }
        limits = List.copyOf(limits);
        forbids = Set.copyOf(forbids);
    }

    public boolean isForbidden(Meter meter) {
        return forbids.contains(meter);
    }
}
