package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.ManualClock;
import dev.weir.ledger.Claimed;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Exceeded;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.RepeatedTest;

/// Nodes that share limits, over an allocator in memory.
class LeasesTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Limit CALLS = Limit.block("calls-day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY,
            100);
    private static final Limit BUDGET = Limit.block("budget", Entity.THE_TENANT, Measure.of(Meter.COST), Window.DAY,
            1_000_000);
    private static final Limit AT_ONCE = Limit.block("at-once", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL,
            4);

    private final MemoryAllocator allocator = new MemoryAllocator();
    private final ManualClock clock = new ManualClock("2026-11-26T08:00:00Z");

    /// Steps only when it is told to.
    private static class Deaf implements Leases.Keeper {
        @Override
        public void hurry() {}

        @Override
        public void complain(String what) {}
    }

    /// One node: its ledger and leases.
    private final class Node implements Leases.Keeper {
        final Lending lending = new Lending(clock, 10_000);
        final Ledger ledger = new Ledger(lending);
        final Leases leases;
        final List<String> complaints = new ArrayList<>();
        private final Semaphore asked = new Semaphore(0);

        Node(String name, long epoch, Limit... limits) throws LeaseException {
            leases = new Leases(ledger, lending, allocator, clock, LeaseTerms.DEFAULT, name, epoch, this);
            leases.takeOver(directory(limits), List.of(), true);
        }

        @Override
        public void hurry() {
            asked.release();
        }

        @Override
        public void complain(String what) {
            complaints.add(what);
        }

        /// Steps whenever a call asks, until it is interrupted.
        void keep() {
            while (!Thread.currentThread().isInterrupted()) {
                asked.acquireUninterruptibly();
                asked.drainPermits();
                leases.step();
            }
        }

        /// Tries once.
        Claimed reserve(Limit limit, long amount, Claims.Answered answered) {
            return ledger.reserve(Claims.fixed(ACME, clock.now()).add(limit, "acme", amount).answered(answered));
        }

        /// Asks where it must, on this thread, as a call does.
        Claimed call(Limit limit, long amount) {
            Claimed claimed = reserve(limit, amount, Claims.Answered.NOT_ASKED);
            while (claimed instanceof Shortage shortage) {
                var answers = new ArrayList<Leases.Answer>();
                leases.ask(shortage, answers::add);
                leases.step();
                claimed = reserve(limit, amount, switch (answers.getFirst()) {
                    case MORE -> Claims.Answered.NOT_ASKED;
                    case IDLE_ELSEWHERE, NO_MORE -> Claims.Answered.NO_MORE;
                    case UNAVAILABLE -> Claims.Answered.UNAVAILABLE;
                });
            }
            return claimed;
        }

        /// Asks for what a running call lacks, and takes it where it is lent.
        Leases.Answer ask(Reservation running, long more) {
            Shortage lacking = Objects.requireNonNull(ledger.shortage(running, Measure.of(Meter.CALLS), more, more));
            var answers = new ArrayList<Leases.Answer>();
            leases.ask(lacking, answer -> {
                answers.add(answer);
                assertThat(ledger.extend(running, Measure.of(Meter.CALLS), more) == running)
                        .isEqualTo(answer == Leases.Answer.MORE);
            });
            leases.step();
            return answers.getFirst();
        }

        Reservation admitted(Limit limit, long amount) {
            Claimed claimed = call(limit, amount);
            assertThat(claimed).isInstanceOf(Reservation.class);
            return (Reservation) claimed;
        }

        void settle(Reservation reservation, long used) {
            ledger.settle(reservation, _ -> used);
        }

        void tick() {
            clock.pass(LeaseTerms.DEFAULT.every());
            leases.step();
        }
    }

    private static TenantDirectory.Snapshot directory(Limit... limits) {
        return TenantDirectory.Snapshot.of(1, Plan.SHIPPED,
                List.of(new Tenant(ACME, "pro", null, List.of(limits))), List.of());
    }

    private LeaseKey key(Limit limit) {
        return LeaseKey.of(ACME, limit, "acme", limit.window().span(clock.now(), limit.zone()));
    }

    @Test
    void aNodeThatHasNotHeardOfALoweredAmountIsLentNoMoreThanThat() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        var b = new Node("b", 1, CALLS);
        allocator.store(CALLS.id(), 10);
        assertThat(a.call(CALLS, 11)).isInstanceOf(Exceeded.class);
        for (int i = 0; i < 5; i++) {
            a.settle(a.admitted(CALLS, 1), 1);
            b.settle(b.admitted(CALLS, 1), 1);
        }
        assertThat(a.call(CALLS, 1)).isInstanceOf(Exceeded.class);
        assertThat(b.call(CALLS, 1)).isInstanceOf(Exceeded.class);
        assertThat(allocator.lent(key(CALLS))).isEqualTo(10);
    }

    @Test
    void whatWasLentOfTheFormerAmountIsNotSpentAfterAnAnswerOfThePresentOne() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        a.settle(a.admitted(CALLS, 20), 20);
        assertThat(a.reserve(CALLS, 20, Claims.Answered.NO_MORE)).isInstanceOf(Reservation.class);
        allocator.store(CALLS.id(), 45);
        a.tick();
        assertThat(a.call(CALLS, 6)).isInstanceOf(Exceeded.class);
        assertThat(a.call(CALLS, 5)).isInstanceOf(Reservation.class);
    }

    @Test
    void aRaisedAmountIsLentAsSoonAsTheNodeHasHeardOfIt() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        allocator.store(CALLS.id(), 10);
        assertThat(a.call(CALLS, 11)).isInstanceOf(Exceeded.class);
        allocator.store(CALLS.id(), 100);
        assertThat(a.call(CALLS, 100)).isInstanceOf(Reservation.class);
    }

    @Test
    void aRunningCallThatLacksWhatAnotherNodeHoldsIdleHearsSoAndHasItWhenThatIsGivenBack() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        var b = new Node("b", 1, CALLS);
        a.settle(a.admitted(CALLS, 60), 10);
        Reservation running = b.admitted(CALLS, 1);
        var calls = Measure.of(Meter.CALLS);
        assertThat(b.ledger.shortage(running, calls, 1, 1)).as("it is lent as much").isNull();
        assertThat(b.ask(running, 80)).isEqualTo(Leases.Answer.IDLE_ELSEWHERE);
        a.tick();
        a.tick();
        assertThat(b.ask(running, 90)).as("10 are used").isEqualTo(Leases.Answer.NO_MORE);
        assertThat(b.ledger.shortage(running, calls, 90, 90)).as("and it is known").isNull();
        for (int i = 0; i < 6; i++) {
            a.tick();
        }
        assertThat(b.ask(running, 80)).isEqualTo(Leases.Answer.MORE);
    }

    @Test
    void ofACapOfAHundredThreeNodesAdmitAHundred() throws LeaseException {
        var nodes = List.of(new Node("a", 1, CALLS), new Node("b", 1, CALLS), new Node("c", 1, CALLS));
        int admitted = 0;
        for (int i = 0; i < 600; i++) {
            if (nodes.get(i % 3).call(CALLS, 1) instanceof Reservation reservation) {
                nodes.get(i % 3).settle(reservation, 1);
                admitted++;
            }
        }
        assertThat(admitted).isEqualTo(100);
        assertThat(allocator.lent(key(CALLS))).isEqualTo(100);
    }

    @RepeatedTest(20)
    void twoThousandCallsAtOnceOnThreeNodesFillRoomForAHundredExactly() throws Exception {
        var nodes = List.of(new Node("a", 1, CALLS), new Node("b", 1, CALLS), new Node("c", 1, CALLS));
        var keepers = nodes.stream().map(node -> Thread.ofVirtual().start(node::keep)).toList();
        var start = new CountDownLatch(1);
        int admitted = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = new ArrayList<Future<Boolean>>();
            for (int i = 0; i < 2_000; i++) {
                var node = nodes.get(i % 3);
                calls.add(threads.submit(() -> {
                    start.await();
                    return isAdmitted(node);
                }));
            }
            start.countDown();
            for (Future<Boolean> call : calls) {
                admitted += call.get() ? 1 : 0;
            }
        }
        for (int i = 0; i < keepers.size(); i++) {
            keepers.get(i).interrupt();
            nodes.get(i).hurry();
            keepers.get(i).join();
        }
        assertThat(admitted).isEqualTo(100);
    }

    private boolean isAdmitted(Node node) throws InterruptedException {
        var answered = Claims.Answered.NOT_ASKED;
        for (int round = 0;; round++) {
            Claimed claimed = node.reserve(CALLS, 1, answered);
            if (!(claimed instanceof Shortage shortage)) {
                return claimed instanceof Reservation;
            }
            var heard = new LinkedBlockingQueue<Leases.Answer>();
            node.leases.ask(shortage, heard::add);
            answered = heard.take() == Leases.Answer.MORE ? Claims.Answered.NOT_ASKED : Claims.Answered.NO_MORE;
        }
    }

    @Test
    void aBusyNodeAsksSeldomAndFarFromTheCapNotAtAll() throws LeaseException {
        var large = Limit.block("calls-day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 1_000_000);
        var node = new Node("a", 1, large);
        var other = new Node("b", 1, large);
        other.settle(other.admitted(large, 1), 1);
        long before = node.leases.exchanges();
        for (int i = 0; i < 10_000; i++) {
            node.settle(node.admitted(large, 1), 1);
        }
        assertThat(node.leases.exchanges() - before).as("one for the first call, one because it was due").isEqualTo(2);
    }

    @Test
    void aNodeAloneDoesNotTellNobodyEachSecond() throws LeaseException {
        var large = Limit.block("calls-day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 1_000_000);
        var node = new Node("a", 1, large);
        node.settle(node.admitted(large, 1), 1);
        node.tick();
        long told = allocator.asked();
        for (int second = 0; second < 20; second++) {
            node.settle(node.admitted(large, 1), 1);
            node.tick();
        }
        assertThat(allocator.asked() - told).isLessThanOrEqualTo(1);
        var other = new Node("b", 1, large);
        other.tick();
        node.tick();
        told = allocator.asked();
        node.settle(node.admitted(large, 1), 1);
        node.tick();
        assertThat(allocator.asked()).isGreaterThan(told);
    }

    @Test
    void whatANodeDoesNotUseComesBackAndIsUsedByAnother() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        var b = new Node("b", 1, CALLS);
        var held = new ArrayList<Reservation>();
        for (int i = 0; i < 90; i++) {
            held.add(a.admitted(CALLS, 1));
        }
        assertThat(b.call(CALLS, 50)).isInstanceOf(Exceeded.class);
        held.forEach(a.ledger::release);
        for (int second = 0; second < 7; second++) {
            a.tick();
            b.tick();
        }
        assertThat(allocator.lent(key(CALLS))).isZero();
        b.admitted(CALLS, 100);
    }

    @Test
    void aRefusalTellsWhatAllNodesHaveUsed() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        var b = new Node("b", 1, CALLS);
        for (int i = 0; i < 70; i++) {
            a.settle(a.admitted(CALLS, 1), 1);
        }
        a.tick();
        for (int i = 0; i < 20; i++) {
            b.settle(b.admitted(CALLS, 1), 1);
        }
        var refused = (Exceeded) b.call(CALLS, 50);
        assertThat(refused.settled()).isEqualTo(90);
        assertThat(refused.settled() + refused.reserved()).isLessThanOrEqualTo(100);
    }

    @Test
    void withoutTheAllocatorANodeGoesOnWithinWhatItWasLentAndThenSaysWhy() throws LeaseException {
        var node = new Node("a", 1, CALLS);
        node.settle(node.admitted(CALLS, 1), 1);
        long lent = allocator.lent(key(CALLS));
        assertThat(lent).isBetween(2L, 99L);
        allocator.away(true);
        for (long i = 1; i < lent; i++) {
            node.settle(node.admitted(CALLS, 1), 1);
        }
        assertThat(node.reserve(CALLS, 1, Claims.Answered.NOT_ASKED)).isInstanceOf(Shortage.class);
        assertThat(node.call(CALLS, 1)).isInstanceOf(Exceeded.class);
    }

    @Test
    void leasesExpireByTheNodesOwnClock() throws LeaseException {
        var node = new Node("a", 1, CALLS);
        node.settle(node.admitted(CALLS, 1), 1);
        allocator.away(true);
        clock.pass(Duration.ofMinutes(14));
        node.settle(node.admitted(CALLS, 1), 1);
        clock.pass(Duration.ofMinutes(1));
        assertThat(node.reserve(CALLS, 1, Claims.Answered.NOT_ASKED)).isInstanceOf(Shortage.class);
        allocator.away(false);
        node.admitted(CALLS, 1);
    }

    @Test
    void aBudgetIsOpenWithinItsBoundWhileNobodyCanBeAsked() throws LeaseException {
        var node = new Node("a", 1, BUDGET);
        allocator.away(true);
        var over = (Reservation) node.call(BUDGET, 10_000);
        assertThat(over.isOverdrawn()).isTrue();
        node.settle(over, 10_000);
        assertThat(node.call(BUDGET, 1)).isInstanceOf(Exceeded.class);
        allocator.away(false);
        assertThat(node.admitted(BUDGET, 500_000).isOverdrawn()).isFalse();
        assertThat(allocator.lent(key(BUDGET))).isBetween(510_000L, 1_000_000L);
    }

    @Test
    void aStartFencesTheOneBeforeItAndTakesOverWhatThatWasLent() throws LeaseException {
        var old = new Node("a", 1, CALLS);
        old.settle(old.admitted(CALLS, 60), 60);
        long lent = allocator.lent(key(CALLS));
        var restored = new Lending(clock, 0);
        var ledger = new Ledger(restored);
        ledger.restore(ACME, CALLS, "acme", clock.now(), 60, 1);
        var next = new Leases(ledger, restored, allocator, clock, LeaseTerms.DEFAULT, "a", 2, new Deaf());
        next.takeOver(directory(CALLS), List.of(), true);
        var holding = ledger.holding(ACME, CALLS, "acme", key(CALLS).span());
        assertThat(holding.lent()).isEqualTo(lent);
        assertThat(holding.idle()).isEqualTo(lent - 60);
        old.tick();
        assertThat(old.leases.isFenced()).isTrue();
        assertThat(old.reserve(CALLS, 1, Claims.Answered.NO_MORE)).isInstanceOf(Exceeded.class);
    }

    @Test
    void whatADamagedSpoolCannotAccountForStaysSpent() throws LeaseException {
        var old = new Node("a", 1, CALLS);
        old.settle(old.admitted(CALLS, 60), 60);
        long lent = allocator.lent(key(CALLS));
        var lending = new Lending(clock, 0);
        var ledger = new Ledger(lending);
        ledger.restore(ACME, CALLS, "acme", clock.now(), 20, 1);
        var complaints = new ArrayList<String>();
        var next = new Leases(ledger, lending, allocator, clock, LeaseTerms.DEFAULT, "a", 2, new Deaf() {
            @Override
            public void complain(String what) {
                complaints.add(what);
            }
        });
        next.takeOver(directory(CALLS), List.of(), false);
        assertThat(ledger.holding(ACME, CALLS, "acme", key(CALLS).span()).lost()).isEqualTo(lent - 20);
        assertThat(allocator.lent(key(CALLS))).isEqualTo(lent);
        assertThat(complaints).singleElement().asString().contains("calls-day");
    }

    @Test
    void aLoweredCapIsInForceAtOnceAndWhatIsTooMuchComesBack() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        var b = new Node("b", 1, CALLS);
        a.settle(a.admitted(CALLS, 30), 30);
        b.settle(b.admitted(CALLS, 10), 10);
        a.tick();
        b.tick();
        var lowered = Limit.block("calls-day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 40);
        assertThat(a.call(lowered, 1)).isInstanceOf(Exceeded.class);
        assertThat(b.call(lowered, 1)).isInstanceOf(Exceeded.class);
    }

    @Test
    void placesThatCallsLeaveAreFreeForOtherNodes() throws LeaseException {
        var a = new Node("a", 1, AT_ONCE);
        var b = new Node("b", 1, AT_ONCE);
        var running = List.of(a.admitted(AT_ONCE, 1), a.admitted(AT_ONCE, 1), a.admitted(AT_ONCE, 1));
        b.admitted(AT_ONCE, 1);
        assertThat(b.call(AT_ONCE, 1)).isInstanceOf(Exceeded.class);
        running.forEach(a.ledger::release);
        for (int second = 0; second < 7; second++) {
            a.tick();
        }
        b.admitted(AT_ONCE, 1);
        b.admitted(AT_ONCE, 1);
        b.admitted(AT_ONCE, 1);
    }

    @Test
    void whatOtherNodesUsedBeforeAnyLeaseIsCounted() throws LeaseException {
        var lending = new Lending(clock, 0);
        var ledger = new Ledger(lending);
        var leases = new Leases(ledger, lending, allocator, clock, LeaseTerms.DEFAULT, "a", 1, new Deaf());
        leases.takeOver(directory(CALLS), List.of(new LeaseAllocator.Used("gone", key(CALLS), 95)), true);
        var node = new Node("b", 1, CALLS);
        node.admitted(CALLS, 5);
        assertThat(node.call(CALLS, 1)).isInstanceOf(Exceeded.class);
    }
}
