package dev.weir.exchange;

import dev.weir.lease.Leases;
import dev.weir.ledger.Shortage;

/// Asks for more of a cap on bytes that nodes share, for a stream that is paused until it is answered: this node may have spent
/// its part while there is room in the cap (docs/leases.md).
///
/// After a refusal nobody is asked again: then the cap ends the stream. Where other nodes hold what is lacking and have not used
/// it, that is after [#WAITS_MAX] pauses in which they could have given it back.
///
/// One for each attempt. Event loop of the exchange only.
final class ByteLoan {
    /// How often more is lent and others are faster to take it.
    private static final int ROUNDS_MAX = 20;
    private static final long PAUSE_MILLIS = 500;
    /// Longer than the two seconds in which a node hears that nothing is free and gives back most of what it does not need.
    private static final int WAITS_MAX = 8;

    private final ExchangeLoop loop;
    private Leases.Answer answer = Leases.Answer.MORE;
    private boolean over;
    private int rounds;
    private int waits;

    ByteLoan(ExchangeLoop loop) {
        this.loop = loop;
        this.over = !loop.admissions().sharesLimits();
    }

    /// Whether asking may still help.
    boolean isOpen() {
        return !over;
    }

    /// What came of asking; [Leases.Answer#MORE] where nobody was.
    Leases.Answer answer() {
        return answer;
    }

    /// What was asked for was had.
    void had() {
        rounds = 0;
        waits = 0;
    }

    /// Asks for it; `then` runs on the loop, once, when the stream may be tried again.
    void ask(Shortage shortage, Runnable then) {
        rounds++;
        loop.ask(shortage, heard -> heard(heard, then));
    }

    private void heard(Leases.Answer heard, Runnable then) {
        answer = heard;
        if (heard == Leases.Answer.IDLE_ELSEWHERE && waits < WAITS_MAX) {
            waits++;
            loop.vertx().setTimer(PAUSE_MILLIS, due -> then.run());
            return;
        }
        over = heard != Leases.Answer.MORE || rounds > ROUNDS_MAX;
        then.run();
    }
}
