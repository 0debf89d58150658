package dev.weir.jobs;

import dev.weir.ledger.Ledger;
import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.postgres.Actor;
import dev.weir.postgres.TenantRow;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves a tenant to the plan behind its own when a limit of a plan that converts is used up (S-20). Waits for the database: a
/// thread of its own, every second.
///
/// Limits of such a plan are counted and do not block, so a call is never refused in between. A tenant's own limit in the place
/// of the plan's is not the plan's: it blocks or tells, and converts nothing. Every node looks at what it has counted itself and
/// at what it found stored when it started; the update is conditional, so the first one moves the tenant and the others find
/// nothing to do.
public final class PlanConversion {
    private static final Logger LOG = LoggerFactory.getLogger(PlanConversion.class);
    private static final String WHO = "weir plan conversion";

    private final Supplier<TenantDirectory.Snapshot> directory;
    private final Ledger ledger;
    private final Move move;
    private final Clock clock;
    private final Runnable changed;

    /// One conditional update.
    @FunctionalInterface
    public interface Move {
        /// @return empty where the tenant is not on plan `from`
        Optional<TenantRow> convert(TenantId tenant, String from, String to);
    }

    /// @param changed brings the change into force on this node
    public PlanConversion(Supplier<TenantDirectory.Snapshot> directory, Ledger ledger, Move move, Clock clock,
            Runnable changed) {
        this.directory = directory;
        this.ledger = ledger;
        this.move = move;
        this.clock = clock;
        this.changed = changed;
    }

    /// Looks once, and moves whom it finds.
    public void look() {
        TenantDirectory.Snapshot snapshot = directory.get();
        if (snapshot.plans().stream().allMatch(plan -> plan.convertsTo() == null)) {
            return;
        }
        boolean moved = false;
        for (Tenant tenant : snapshot.tenants()) {
            Plan plan = snapshot.plan(tenant.plan()).orElseThrow();
            String to = plan.convertsTo();
            if (to != null) {
                moved |= usedUp(tenant, plan).filter(standing -> isMoved(tenant, to, standing)).isPresent();
            }
        }
        if (moved) {
            changed.run();
        }
    }

    private Optional<Standing> usedUp(Tenant tenant, Plan plan) {
        List<Limit> limits = plan.limitsInForce()
                .stream()
                .filter(limit -> tenant.limits().stream().noneMatch(own -> own.id().equals(limit.id())))
                .toList();
        return ledger.standings(tenant.id(), clock.now())
                .stream()
                .filter(standing -> limits.stream()
                        .anyMatch(limit -> limit.id().equals(standing.limit().id())
                                && limit.countsAs(standing.limit()) && standing.settled() >= limit.amount()))
                .findFirst();
    }

    private boolean isMoved(Tenant tenant, String to, Standing standing) {
        boolean moved = Actor.as(WHO, () -> move.convert(tenant.id(), tenant.plan(), to)).isPresent();
        if (moved) {
            LOG.info("tenant {} has used up {} of plan {} and is on plan {} now", tenant.id(), standing.limit().id(),
                    tenant.plan(), to);
        }
        return moved;
    }
}
