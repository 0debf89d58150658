package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ChaosLedgers.Metered;
import dev.weir.ChaosTraffic.Seen;
import dev.weir.LedgeredUpstream.Served;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// The judge of chaos runs, judged: three ledgers that agree, and each way in which one of them can be wrong.
class ChaosIdentitiesTest {
    private static final String MARK = "free1.x-1";
    private static final Served SERVED = served("att-1", true);
    private static final Metered EVENT = event("wrq_1", 1, "att-1", "ok", 5, 9, 200);
    private static final Seen SEEN = new Seen(
            new ChaosCall(MARK, "free1", "wr_key", ChaosCall.Shape.CHAT, ChaosCall.Mood.QUICK), 200, "wrq_1", true, 83,
            200, 9, "", -1);

    @Test
    void ledgersThatAgreeHaveNoViolation() {
        assertThat(violations(List.of(SERVED), List.of(SEEN), List.of(EVENT))).isEmpty();
    }

    @Test
    void aLostEventIsFoundByTheUpstreamAndByTheClient() {
        assertThat(violations(List.of(SERVED), List.of(SEEN), List.of())).satisfiesExactly(
                upstream -> assertThat(upstream).contains("I1", "att-1", "no event"),
                client -> assertThat(client).contains("saw the end"));
    }

    @Test
    void aDoubledEventIsFound() {
        Metered again = event("wrq_2", 1, "att-1", "ok", 5, 9, 200);
        assertThat(violations(List.of(SERVED), List.of(SEEN), List.of(EVENT, again)))
                .anyMatch(sentence -> sentence.contains("has two events"));
        assertThat(violations(List.of(SERVED), List.of(SEEN), List.of(EVENT, EVENT)))
                .anyMatch(sentence -> sentence.contains("is there twice"));
    }

    @Test
    void anEventThatNoUpstreamServedIsFound() {
        assertThat(violations(List.of(), List.of(), List.of(EVENT)))
                .singleElement()
                .asString()
                .contains("I1", "never served");
        assertThat(violations(List.of(), List.of(), List.of(event("wrq_1", 1, "", "interrupted", 5, 60, 0))))
                .as("it died before the upstream saw it")
                .isEmpty();
    }

    @Test
    void unitsAndBytesThatDifferAreFound() {
        assertThat(violations(List.of(SERVED), List.of(), List.of(event("wrq_1", 1, "att-1", "ok", 5, 8, 200))))
                .singleElement()
                .asString()
                .contains("I2");
        assertThat(violations(List.of(SERVED), List.of(), List.of(event("wrq_1", 1, "att-1", "ok", 5, 9, 199))))
                .singleElement()
                .asString()
                .contains("I3");
        assertThat(violations(List.of(served("att-1", false)), List.of(), List.of(EVENT)))
                .anyMatch(sentence -> sentence.contains("did not complete"));
    }

    @Test
    void anAttemptThatDiedUnderACapIsChargedNoLessThanWasUsed() {
        assertThat(violations(List.of(SERVED), List.of(), List.of(event("wrq_1", 1, "", "interrupted", 5, 8, 0))))
                .singleElement()
                .asString()
                .contains("I2", "less is charged");
    }

    @Test
    void aCapThatWasPassedIsFound() {
        Metered much = event("wrq_1", 1, "", "interrupted", 995, 60, 0);
        assertThat(violations(List.of(), List.of(), List.of(much))).singleElement().asString().contains("I4", "1055");
    }

    @Test
    void aRefusalWithoutAnEventIsFoundUnlessWeirSaidThatItCouldNotBeKept() {
        var refused = new Seen(SEEN.call(), 429, "wrq_9", true, 83, 300, -1, "cap_exceeded", 3);
        assertThat(violations(List.of(), List.of(refused), List.of())).singleElement().asString().contains("refused");
        assertThat(ChaosIdentities.violations(new ChaosLedgers(List.of(), List.of(refused), List.of(), Map.of()),
                Set.of("wrq_9"))).isEmpty();
    }

    private static List<String> violations(List<Served> served, List<Seen> seen, List<Metered> stored) {
        return ChaosIdentities.violations(new ChaosLedgers(served, seen, stored, Map.of("free1", "free")), Set.of());
    }

    private static Served served(String id, boolean whole) {
        return new Served(id, MARK, 1, true, "gpt-4o-mini", 83, 5, 9, 200, List.of(), new AtomicLong(200),
                new AtomicBoolean(whole));
    }

    private static Metered event(String callId, int attempt, String providerId, String outcome, long in, long out,
            long upstreamIn) {
        return new Metered("node", 1, Math.abs(callId.hashCode() % 1000), callId, attempt, LocalDate.EPOCH, "free1",
                "openai", "gpt-4o-mini", providerId, MARK, outcome, "", in, out, -1, -1, -1, 83, 83, upstreamIn, 200,
                200, providerId.isEmpty() ? 0 : 200, "0", 0);
    }
}
