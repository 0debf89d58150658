package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Claimed;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Exceeded;
import dev.weir.ledger.Reservation;
import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;
import org.junit.jupiter.api.Test;

/// Nodes that share limits whose amount changes, and calls that want more of them while they run.
class LentAmountsTest extends LeaseNodes {
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
        Claimed running = a.reserve(CALLS, 20, Claims.Answered.NO_MORE);
        assertThat(running).isInstanceOf(Reservation.class);
        allocator.store(CALLS.id(), 45);
        a.tick();
        assertThat(a.call(CALLS, 6)).isInstanceOf(Exceeded.class);
        a.settle(a.admitted(CALLS, 5), 5);
        a.settle((Reservation) running, 20);
    }

    @Test
    void aRaisedAmountIsLentAsSoonAsTheNodeHasHeardOfIt() throws LeaseException {
        var a = new Node("a", 1, CALLS);
        allocator.store(CALLS.id(), 10);
        assertThat(a.call(CALLS, 11)).isInstanceOf(Exceeded.class);
        allocator.store(CALLS.id(), 100);
        a.settle(a.admitted(CALLS, 100), 100);
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
        b.settle(running, 1);
    }
}
