package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.ManualClock;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A node with more counters than one exchange has room for: who waits comes first, and hears as soon as it can.
class ManyCountersTest {
    private static final Limit CALLS = Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY,
            1_000_000);

    private final ManualClock clock = new ManualClock("2026-11-26T08:00:00Z");
    private final Lending lending = new Lending(clock, 0);
    private final Ledger ledger = Ledgers.watched(lending);
    private final Recorded allocator = new Recorded();
    private final Leases leases = leases("a", ledger, lending);

    /// Notes how many counters each exchange was about.
    private static final class Recorded extends MemoryAllocator {
        final List<Integer> sizes = new ArrayList<>();
        int awayAfter = Integer.MAX_VALUE;

        @Override
        public synchronized Exchanged exchange(Exchange exchange) throws LeaseException {
            away(sizes.size() >= awayAfter);
            Exchanged answer = super.exchange(exchange);
            sizes.add(exchange.asks().size());
            return answer;
        }
    }

    private Leases leases(String node, Ledger own, Lending lent) {
        return new Leases(own, lent, allocator, clock, LeaseTerms.DEFAULT, node, 1, new Leases.Keeper() {
            @Override
            public void hurry() {}

            @Override
            public void complain(String what) {}
        });
    }

    private void start(Leases node) throws LeaseException {
        node.takeOver(TenantDirectory.Snapshot.of(1, Plan.SHIPPED, List.of(), List.of()), List.of(), true);
        allocator.sizes.clear();
    }

    private Claims claims(int tenant) {
        return Claims.fixed(new TenantId("t" + tenant), clock.now()).add(CALLS, "t" + tenant, 1);
    }

    private void use(int tenant) {
        ledger.settle((Reservation) ledger.reserve(claims(tenant)), _ -> 1);
    }

    private List<Leases.Answer> ask(int... tenants) {
        var answers = new ArrayList<Leases.Answer>();
        for (int tenant : tenants) {
            leases.ask((Shortage) ledger.reserve(claims(tenant)), answers::add);
        }
        return answers;
    }

    @Test
    void aCallThatAsksWaitsForNoneOfThousandsOfCountersThatAreOnlyBroughtUpToDate() throws LeaseException {
        var elsewhere = new Lending(clock, 0);
        start(leases("b", Ledgers.watched(elsewhere), elsewhere));
        start(leases);
        int[] counters = IntStream.range(0, 2_500).toArray();
        ask(counters);
        leases.step();
        IntStream.of(counters).forEach(this::use);
        clock.pass(LeaseTerms.DEFAULT.every());
        assertThat(leases.step()).as("more is due").isZero();
        allocator.sizes.clear();

        var answers = ask(9_999);
        assertThat(leases.step()).as("more is due").isZero();

        assertThat(answers).containsExactly(Leases.Answer.MORE);
        assertThat(allocator.sizes).as("its own exchange, then one of what is due").containsExactly(1, 100);
    }

    @Test
    void whoWaitsHearsOfItsOwnExchangeWhateverBecomesOfTheNext() throws LeaseException {
        start(leases);
        allocator.awayAfter = 1;

        var answers = ask(IntStream.range(0, 250).toArray());
        leases.step();

        var expected = new ArrayList<>(Collections.nCopies(100, Leases.Answer.MORE));
        expected.addAll(Collections.nCopies(150, Leases.Answer.UNAVAILABLE));
        assertThat(answers).isEqualTo(expected);
        IntStream.range(0, 100).forEach(this::use);
        assertThat(ledger.reserve(claims(100))).isInstanceOf(Shortage.class);
    }

    @Test
    void allThatWaitForOneCounterShareAnExchange() throws LeaseException {
        start(leases);

        var answers = ask(IntStream.range(0, 1_000).map(i -> i % 100).toArray());
        leases.step();

        assertThat(answers).hasSize(1_000).containsOnly(Leases.Answer.MORE);
        assertThat(allocator.sizes.getFirst()).isEqualTo(100);
    }
}
