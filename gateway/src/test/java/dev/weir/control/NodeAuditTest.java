package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.PastUsage;
import dev.weir.control.AuditReport.Check;
import dev.weir.control.AuditReport.Verdict;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Holding;
import dev.weir.ledger.LeavesOpen;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Reservation;
import dev.weir.money.Money;
import dev.weir.port.Clock;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Counters against events, at a quiet moment or not at all.
class NodeAuditTest {
    private static final Instant NOW = Instant.parse("2026-03-14T09:26:53Z");
    private static final TenantId ACME = new TenantId("acme");
    private static final Limit TOKENS = Limit.block("tokens", Entity.THE_TENANT, Measure.of(Meter.TOKENS),
            Window.DAY, 1_000);
    private static final Limit COST = Limit.notify("cost", Entity.THE_TENANT, Measure.of(Meter.COST),
            Window.MONTH, 1_000);

    private final Ledger ledger = Ledgers.watched();
    private final TenantDirectory.Snapshot directory = TenantDirectory.Snapshot.of(1, Plan.SHIPPED,
            List.of(new Tenant(ACME, "pro", null, List.of(TOKENS, COST))), List.of());
    private final List<PastUsage> stored = new ArrayList<>();
    private int calls;
    private long unstored;
    private boolean unpriced;
    private Runnable whileSumming = () -> {};
    private NodeAudit.SpoolStand spool = new NodeAudit.SpoolStand(3, 10, 10, 0, 0, 0, false, Optional.empty());

    @Test
    void countersThatAreTheSumsOfTheirEventsAreOk() {
        use(30, 5);

        assertThat(counters().verdict()).isEqualTo(Verdict.OK);
        assertThat(counters().summary()).startsWith("2 counters");
    }

    @Test
    void aCounterWithoutItsEventsAndEventsWithoutTheirCounterAreFailures() {
        use(30, 5);
        ledger.charge(ACME, TOKENS, "acme", NOW, 1);
        assertThat(counters().verdict()).isEqualTo(Verdict.FAILED);
        assertThat(counters().evidence()).containsExactly(
                "tenant acme limit tokens (tokens per day of TENANT acme): 31 settled, 30 by its events");

        stored.add(usage(1, Money.ofPicos(0)));
        assertThat(counters().verdict()).isEqualTo(Verdict.OK);

        stored.add(usage(1, Money.ofPicos(0)));
        assertThat(counters().verdict()).isEqualTo(Verdict.FAILED);
    }

    @Test
    void eventsOfAnotherWindowDoNotCount() {
        use(30, 5);
        stored.add(new PastUsage(ACME, null, null, "r", null, null, Map.of(), NOW.minus(Duration.ofDays(1)),
                Quantities.builder().reported(Meter.TOKENS_IN, 7).build(), Money.ofPicos(0)));

        assertThat(counters().verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    @LeavesOpen("it is about a reservation that nobody ends")
    void aReservationThatNobodyEndsIsAFailureOnlyWhereNothingIsAwaited() {
        use(30, 5);
        assertThat(ledger.reserve(Claims.fixed(ACME, NOW).add(TOKENS, "acme", 8))).isInstanceOf(Reservation.class);

        assertThat(counters().verdict()).as("a call that awaits its usage").isEqualTo(Verdict.OK);
        assertThat(counters().summary()).contains("1 calls await");
    }

    @Test
    void aBusyNodeIsUndecidedUntilItIsQuiet() {
        use(30, 5);
        calls = 2;
        assertThat(counters().summary()).startsWith("2 calls are running");
        calls = 0;
        unstored = 3;
        assertThat(counters().summary()).startsWith("3 events are not stored");
        unstored = 0;
        whileSumming = () -> ledger.charge(ACME, TOKENS, "acme", NOW, 1);
        assertThat(counters().summary()).startsWith("calls came");
        assertThat(counters().verdict()).isEqualTo(Verdict.UNDECIDED);
    }

    @Test
    void whatOtherNodesHoldIsNotThisNodes() {
        use(30, 5);
        ledger.lend(
                new Holding(ACME, TOKENS, "acme", TOKENS.window().span(NOW, TOKENS.zone()), 0, 0, 0, 0, 700, 600, 0));
        assertThat(ledger.standing(ACME, TOKENS, "acme", NOW).settled()).isEqualTo(600 + 30);
        assertThat(counters().verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void whatHasNoPriceWasChargedAsReservedAndCannotBeTold() {
        use(30, 5);
        ledger.charge(ACME, COST, "acme", NOW, 9);
        assertThat(counters().verdict()).isEqualTo(Verdict.FAILED);
        unpriced = true;
        assertThat(counters().verdict()).isEqualTo(Verdict.UNDECIDED);
        stored.add(usage(0, Money.ofPicos(11)));
        assertThat(counters().verdict()).as("less than its events is never right").isEqualTo(Verdict.FAILED);
    }

    @Test
    void theSpoolIsOkWhereAllIsStoredAndUndecidedWhereNot() {
        assertThat(spoolCheck().verdict()).isEqualTo(Verdict.OK);
        spool = new NodeAudit.SpoolStand(3, 10, 10, 4, 0, 0, false, Optional.empty());
        assertThat(spoolCheck().verdict()).isEqualTo(Verdict.UNDECIDED);
        spool = new NodeAudit.SpoolStand(3, 10, 10, 4, 1, 2, true, Optional.of("EIO"));
        assertThat(spoolCheck().verdict()).isEqualTo(Verdict.FAILED);
        assertThat(spoolCheck().evidence()).hasSize(2);
        assertThat(spoolCheck().summary()).contains("1 suspect segments, 2 damaged stretches");
    }

    private void use(long tokens, long picos) {
        ledger.charge(ACME, TOKENS, "acme", NOW, tokens);
        ledger.charge(ACME, COST, "acme", NOW, picos);
        stored.add(usage(tokens, Money.ofPicos(picos)));
    }

    private static PastUsage usage(long tokens, Money cost) {
        return new PastUsage(ACME, null, null, "r", null, null, Map.of(), NOW,
                Quantities.builder().reported(Meter.TOKENS_IN, tokens).build(), cost);
    }

    private Check counters() {
        return audit().checks(Duration.ZERO).getFirst();
    }

    private Check spoolCheck() {
        return audit().checks(Duration.ZERO).getLast();
    }

    private NodeAudit audit() {
        return new NodeAudit(CLOCK, ledger, () -> directory, new NodeAudit.Usage() {
            @Override
            public Sums at(Instant now) {
                whileSumming.run();
                return new Sums(List.copyOf(stored), unstored);
            }

            @Override
            public boolean hasUnpriced(TenantId tenant, Window.Span span) {
                return unpriced;
            }
        }, new NodeAudit.Node("n1", () -> calls, () -> spool));
    }

    private static final Clock CLOCK = new Clock() {
        @Override
        public Instant now() {
            return NOW;
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    };
}
