package dev.weir.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.port.Clock;
import dev.weir.postgres.TenantRow;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory.Snapshot;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A tenant is moved when a limit of its plan is used up, and not before.
class PlanConversionTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Instant NOW = Instant.parse("2026-03-14T09:26:53Z");
    private static final Limit LIMIT = Plan.TRIAL.limits().getFirst();
    private static final Plan CONVERTING = new Plan("trial", Plan.TRIAL.limits(), Set.of(), "pro");

    private final Ledger ledger = Ledgers.watched();
    private final List<String> moves = new ArrayList<>();
    private int refreshed;
    private boolean movedElsewhere;

    private void look(Plan trial, Limit... own) {
        var snapshot = Snapshot.of(1, List.of(trial, Plan.PRO),
                List.of(new Tenant(ACME, "trial", null, List.of(own))), List.of());
        var clock = new Clock() {
            @Override
            public Instant now() {
                return NOW;
            }

            @Override
            public long nanoTime() {
                return 0;
            }
        };
        new PlanConversion(() -> snapshot, ledger, (tenant, from, to) -> {
            moves.add(tenant + " " + from + " -> " + to);
            return movedElsewhere ? Optional.empty() : Optional.of(new TenantRow(tenant, to, null, NOW));
        }, clock, () -> refreshed++).look();
    }

    private void use(long tokens) {
        ledger.charge(ACME, LIMIT, "acme", NOW, tokens);
    }

    @Test
    void whoHasUsedUpALimitIsMovedAndOthersAreNot() {
        look(CONVERTING);
        use(99_999);
        look(CONVERTING);
        assertThat(moves).isEmpty();
        use(1);
        look(CONVERTING);
        assertThat(moves).containsExactly("acme trial -> pro");
        assertThat(refreshed).isEqualTo(1);
    }

    @Test
    void aPlanThatBlocksMovesNobody() {
        use(200_000);
        look(Plan.TRIAL);
        assertThat(moves).isEmpty();
    }

    @Test
    void anOwnLimitInThePlaceOfThePlansConvertsNothing() {
        use(200_000);
        look(CONVERTING, LIMIT);
        assertThat(moves).isEmpty();
    }

    @Test
    void whomAnotherNodeHasMovedIsLeftAlone() {
        use(200_000);
        movedElsewhere = true;
        look(CONVERTING);
        assertThat(moves).hasSize(1);
        assertThat(refreshed).isZero();
    }
}
