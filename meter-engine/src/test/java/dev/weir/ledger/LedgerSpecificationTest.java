package dev.weir.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// The ledger's specification: read [LedgerScript] for the words.
class LedgerSpecificationTest {
    @Test
    void whatIsSettledReplacesWhatWasReserved() {
        LedgerScript.run("""
                limit   cap tenant tokens day block 1000
                reserve A1 cap=400   -> admitted
                show    cap          -> settled 0 reserved 400
                reserve A2 cap=700   -> refused cap
                settle  A1 310
                show    cap          -> settled 310 reserved 0
                reserve A3 cap=690   -> admitted
                settle  A3           -> cap@75 cap@90 cap@100
                show    cap          -> settled 1000 reserved 0
                reserve A4 cap=1     -> refused cap
                reserve A5 cap=0     -> admitted
                release A5
                open                 -> 0
                """);
    }

    @Test
    void aMarkIsReachedByWhatIsSettledInEveryRunThatIsKept() {
        LedgerScript.run("""
                limit   cap tenant tokens day block 1000
                marks   cap          ->
                reserve A1 cap=1000  -> admitted
                marks   cap          ->
                settle  A1 750       -> cap@75
                marks   cap          -> 750@75
                at      2026-03-02T00:00:01Z
                marks   cap          -> 750@75
                reserve A2 cap=899   -> admitted
                settle  A2           -> cap@75
                marks   cap          -> 750@75 899@75
                limit   cap tenant tokens day block 800
                marks   cap          -> 750@75@90 899@75@90@100
                """);
    }

    @Test
    void aLimitThatTurnsAwayForWhatIsSettledIsAt100() {
        LedgerScript.run("""
                limit   cap tenant tokens day block 1000
                limit   soft tenant tokens day notify 1000
                reserve A1 cap=500 soft=0  -> admitted
                turned  cap 600
                marks   cap          ->
                settle  A1 300
                marks   cap          -> 300
                turned  cap 2000
                marks   cap          -> 300
                turned  cap 701
                marks   cap          -> 300@100
                turned  soft 701
                marks   soft         -> 300
                limit   cap tenant tokens day block 1001
                marks   cap          -> 300
                """);
    }

    @Test
    void allLimitsOrNone() {
        LedgerScript.run("""
                limit   day  tenant tokens day   block 1000
                limit   user user   tokens month block 500
                limit   flight tenant concurrency total block 2
                reserve A1 flight=1 day=400 user/ann=400  -> admitted
                reserve A2 flight=1 day=200 user/ann=200  -> refused user
                show    day                               -> settled 0 reserved 400
                show    flight                            -> settled 0 reserved 1
                reserve A3 flight=1 day=200 user/bob=200  -> admitted
                reserve A4 flight=1 day=1 user/bob=1      -> refused flight
                release A1
                reserve A5 flight=1 day=800 user/ann=1    -> admitted
                reserve A6 day=1                          -> refused day
                settle  A3 200
                settle  A5 1
                show    day                               -> settled 201 reserved 0
                show    user/ann                          -> settled 1 reserved 0
                show    flight                            -> settled 0 reserved 0
                open                                      -> 0
                """);
    }

    @Test
    void unitsAreGrantedAsFarAsEveryLimitHasThem() {
        LedgerScript.run("""
                limit   tokens tenant tokens day block 1000
                limit   cost   tenant cost   day block 5000
                reserve A1 tokens=100+1*1..500 cost=1000+10*1..500   -> admitted 400
                show    tokens  -> settled 0 reserved 500
                show    cost    -> settled 0 reserved 5000
                reserve A2 tokens=1+1*1..10 cost=0+1*1..10           -> refused cost
                settle  A1 120
                reserve A3 tokens=100+2*16..9999                     -> admitted 390
                show    tokens  -> settled 120 reserved 880
                release A3
                reserve A4 tokens=850+2*16..9999                     -> refused tokens
                reserve A5 tokens=848+2*16..9999                     -> admitted 16
                release A5
                """);
    }

    @Test
    void aSoftLimitCountsAndTellsAndNeverBlocks() {
        LedgerScript.run("""
                limit   soft tenant tokens day notify 100
                reserve A1 soft=1000   -> admitted
                show    soft           -> settled 0 reserved 0
                settle  A1 80          -> soft@75
                reserve A2 soft=1000   -> admitted
                settle  A2 5
                reserve A3 soft=1000   -> admitted
                settle  A3 500         -> soft@90 soft@100
                reserve A4 soft=1000   -> admitted
                settle  A4 500
                show    soft           -> settled 1085 reserved 0
                # the next day tells again
                at      2026-03-02T00:00:00Z
                reserve A5 soft=1      -> admitted
                settle  A5 75          -> soft@75
                """);
    }

    @Test
    void aWindowEndsSharplyAndACallStaysInItsOwn() {
        LedgerScript.run("""
                limit   day tenant tokens day block 1000
                at      2026-03-01T23:59:59.999Z
                reserve A1 day=1000    -> admitted
                reserve A2 day=1       -> refused day
                at      2026-03-02T00:00:00Z
                reserve B1 day=1000    -> admitted
                settle  A1 600
                show    day            -> settled 0 reserved 1000
                release B1
                show    day            -> settled 0 reserved 0
                at      2026-03-01T12:00:00Z
                show    day            -> settled 600 reserved 0
                """);
    }

    @Test
    void aClockThatJumpsNeverMakesAUsedWindowNew() {
        LedgerScript.run("""
                limit   minute tenant calls minute block 1
                at      2026-03-01T10:00:30Z
                reserve A minute=1     -> admitted
                settle  A 1            -> minute@75 minute@90 minute@100
                # an hour back and forth again
                at      2026-03-01T09:00:30Z
                reserve B minute=1     -> admitted
                settle  B 1            -> minute@75 minute@90 minute@100
                at      2026-03-01T10:00:40Z
                reserve C minute=1     -> refused minute
                # 25 hours ahead and back: the minutes between are new, those before are not
                at      2026-03-02T11:00:30Z
                reserve D minute=1     -> admitted
                settle  D 1            -> minute@75 minute@90 minute@100
                at      2026-03-01T10:01:00Z
                reserve E minute=1     -> admitted
                settle  E 1            -> minute@75 minute@90 minute@100
                at      2026-03-01T10:02:00Z
                reserve F minute=1     -> admitted
                settle  F 1            -> minute@75 minute@90 minute@100
                at      2026-03-01T09:00:30Z
                reserve G minute=1     -> refused minute
                at      2026-03-01T10:00:50Z
                reserve G minute=1     -> refused minute
                at      2026-03-02T11:00:30Z
                reserve G minute=1     -> refused minute
                """);
    }

    @Test
    void aRunningCallCanTakeMoreOrGiveBack() {
        LedgerScript.run("""
                limit   egress tenant egress_bytes day block 100
                limit   calls  tenant calls day block 10
                limit   flight tenant concurrency total block 1
                reserve A egress=64 calls=1 flight=1  -> admitted
                extend  A egress_bytes 36             -> admitted
                extend  A egress_bytes 1              -> refused egress
                show    egress                        -> settled 0 reserved 100
                shrink  A 40
                show    egress                        -> settled 0 reserved 40
                show    calls                         -> settled 0 reserved 1
                show    flight                        -> settled 0 reserved 1
                shrink  A 60
                show    egress                        -> settled 0 reserved 40
                release A
                show    egress                        -> settled 0 reserved 0
                show    flight                        -> settled 0 reserved 0
                """);
    }

    @Test
    void whatIsUsedBeyondTheReservationIsChargedAndSaid() {
        LedgerScript.run("""
                limit   cap tenant tokens day block 100
                reserve A cap=50      -> admitted
                settle  A 60          -> violated
                show    cap           -> settled 60 reserved 0
                reserve B cap=40      -> admitted
                settle  B 50          -> violated cap@75 cap@90 cap@100
                reserve C cap=1       -> refused cap
                """);
    }

    @Test
    void aChangedAmountIsInForceAtOnceAndKeepsTheCount() {
        LedgerScript.run("""
                limit   cap tenant tokens day block 100
                reserve A cap=80      -> admitted
                settle  A 80          -> cap@75
                limit   cap tenant tokens day block 50
                reserve B cap=1       -> refused cap
                reserve B cap=0       -> admitted
                release B
                limit   cap tenant tokens day block 200
                reserve C cap=120     -> admitted
                release C
                # another window under the same name counts anew
                limit   cap tenant tokens month block 200
                reserve D cap=200     -> admitted
                release D
                """);
    }

    @Test
    void aRestoredCounterIsAssignedNeverAdded() {
        LedgerScript.run("""
                limit   cap tenant tokens day block 100
                restore cap 90 1      -> assigned
                restore cap 90 1      -> ignored
                restore cap 10 0      -> ignored
                show    cap           -> settled 90 reserved 0
                reserve A cap=10      -> admitted
                restore cap 50 2      -> assigned
                show    cap           -> settled 50 reserved 10
                # marks that were passed before are not told again
                settle  A 10
                restore cap 80 3      -> assigned
                reserve B cap=20      -> admitted
                settle  B 20          -> cap@100
                """);
    }

    @Test
    void aReservationEndsOnce() {
        assertThatThrownBy(() -> LedgerScript.run("""
                limit   cap tenant tokens day block 100
                reserve A cap=10 -> admitted
                settle  A 10
                release A
                """)).isInstanceOf(IllegalStateException.class).hasMessageContaining("once");
        assertThatThrownBy(() -> LedgerScript.run("""
                limit   cap tenant tokens day block 100
                reserve A cap=10 -> admitted
                release A
                shrink  A 1
                """)).isInstanceOf(IllegalStateException.class);
    }
}
