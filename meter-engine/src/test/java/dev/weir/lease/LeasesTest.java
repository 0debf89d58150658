package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Claimed;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Exceeded;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.RepeatedTest;

/// Nodes that share limits: what they are lent, and what becomes of it when one is gone.
class LeasesTest extends LeaseNodes {

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

    @Test
    void aRunCountsOnEachNodeThatHasCallsOfItAndOfAllNoMoreThanTheLimitBegin() throws LeaseException {
        Limit runs = Limit.block("runs", Entity.THE_TENANT, Measure.RUNS, Window.MINUTE, 10);
        var nodes = List.of(new Node("a", 1, runs), new Node("b", 1, runs));
        var begun = new ArrayList<String>();
        for (int i = 0; i < 40; i++) {
            Node node = nodes.get(i % 2);
            String run = "run-" + i / 4;
            if (node.call(runs, 1, run) instanceof Reservation reservation) {
                node.settle(reservation, 1);
                begun.add(run + " " + i % 2);
            }
        }
        assertThat(begun).as("two calls each on two nodes").hasSize(20);
        assertThat(new HashSet<>(begun)).hasSize(10);
        assertThat(allocator.lent(key(runs))).isEqualTo(10);
    }

    @Test
    void aRunThatHasBegunNeedsNoLease() throws LeaseException {
        Limit runs = Limit.block("runs", Entity.THE_TENANT, Measure.RUNS, Window.DAY, 10);
        var node = new Node("a", 1, runs);
        node.settle((Reservation) node.call(runs, 1, "a"), 1);
        node.lending.end();
        Claimed again = node.reserve(runs, 1, "a", Claims.Answered.UNAVAILABLE);
        assertThat(again).isInstanceOf(Reservation.class);
        assertThat(node.reserve(runs, 1, "b", Claims.Answered.UNAVAILABLE)).isInstanceOf(Exceeded.class);
        node.settle((Reservation) again, 1);
    }

    @RepeatedTest(20)
    void twoThousandCallsAtOnceOnThreeNodesFillRoomForAHundredExactly() throws Exception {
        var nodes = List.of(new Node("a", 1, CALLS), new Node("b", 1, CALLS), new Node("c", 1, CALLS));
        var keepers = nodes.stream().map(node -> Thread.ofVirtual().start(node::keep)).toList();
        var start = new CountDownLatch(1);
        int admitted = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = new ArrayList<Future<Claimed>>();
            for (int i = 0; i < 2_000; i++) {
                var node = nodes.get(i % 3);
                calls.add(threads.submit(() -> {
                    start.await();
                    return claim(node);
                }));
            }
            start.countDown();
            for (Future<Claimed> call : calls) {
                call.get();
            }
            for (int i = 0; i < calls.size(); i++) {
                if (calls.get(i).get() instanceof Reservation reservation) {
                    nodes.get(i % 3).ledger.release(reservation);
                    admitted++;
                }
            }
        }
        for (int i = 0; i < keepers.size(); i++) {
            keepers.get(i).interrupt();
            nodes.get(i).hurry();
            keepers.get(i).join();
        }
        assertThat(admitted).isEqualTo(100);
    }

    private Claimed claim(Node node) throws InterruptedException {
        var answered = Claims.Answered.NOT_ASKED;
        for (int round = 0;; round++) {
            Claimed claimed = node.reserve(CALLS, 1, answered);
            if (!(claimed instanceof Shortage shortage)) {
                return claimed;
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
        b.settle(b.admitted(CALLS, 100), 100);
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
        node.settle(node.admitted(CALLS, 1), 1);
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
        var within = node.admitted(BUDGET, 500_000);
        assertThat(within.isOverdrawn()).isFalse();
        assertThat(allocator.lent(key(BUDGET))).isBetween(510_000L, 1_000_000L);
        node.settle(within, 500_000);
    }

    @Test
    void aStartFencesTheOneBeforeItAndTakesOverWhatThatWasLent() throws LeaseException {
        var old = new Node("a", 1, CALLS);
        old.settle(old.admitted(CALLS, 60), 60);
        long lent = allocator.lent(key(CALLS));
        var restored = new Lending(clock, 0);
        var ledger = Ledgers.watched(restored, lanes());
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
        var ledger = Ledgers.watched(lending, lanes());
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
        var ofB = new ArrayList<>(List.of(b.admitted(AT_ONCE, 1)));
        assertThat(b.call(AT_ONCE, 1)).isInstanceOf(Exceeded.class);
        running.forEach(a.ledger::release);
        for (int second = 0; second < 7; second++) {
            a.tick();
        }
        for (int place = 2; place <= 4; place++) {
            ofB.add(b.admitted(AT_ONCE, 1));
        }
        ofB.forEach(b.ledger::release);
    }

    @Test
    void whatOtherNodesUsedBeforeAnyLeaseIsCounted() throws LeaseException {
        var lending = new Lending(clock, 0);
        var ledger = Ledgers.watched(lending, lanes());
        var leases = new Leases(ledger, lending, allocator, clock, LeaseTerms.DEFAULT, "a", 1, new Deaf());
        leases.takeOver(directory(CALLS), List.of(new LeaseAllocator.Used("gone", key(CALLS), 95)), true);
        var node = new Node("b", 1, CALLS);
        node.settle(node.admitted(CALLS, 5), 5);
        assertThat(node.call(CALLS, 1)).isInstanceOf(Exceeded.class);
    }
}
