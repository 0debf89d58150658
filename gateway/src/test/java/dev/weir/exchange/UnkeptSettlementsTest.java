package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exchange.RecordingJournal.Part;
import dev.weir.ledger.Standing;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Room that the next start may charge is nobody else's: an attempt whose settlement is not kept would be found interrupted then,
/// and charged all it had reserved (G2.1).
class UnkeptSettlementsTest {
    private static final String CHAT = "{\"model\":\"gpt-4o-mini\",\"max_tokens\":400,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final Limit TOKENS = Limit.block("tokens-day", Entity.THE_TENANT, Measure.of(Meter.TOKENS),
            Window.DAY, 1_000);
    private static final Limit AT_ONCE = Limit.block("at-once", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL,
            1);
    @RegisterExtension
    private static final TestPlane PLANE = TestPlane.shared();

    @Test
    void whatAnAttemptDidNotUseStaysReservedUntilItsSettlementIsKept() throws Exception {
        PLANE.limits(TOKENS, AT_ONCE);
        answersWithSevenTokens();
        callWithoutASettlement();

        Standing standing = standing(TOKENS);
        assertThat(standing.settled()).isEqualTo(7);
        assertThat(standing.reserved()).as("all but what was used").isBetween(394L, 900L);
        assertThat(standing(AT_ONCE).reserved()).as("nothing runs").isZero();
        PLANE.parts.unkept().look();
        assertThat(standing(TOKENS)).as("as long as it is not kept").isEqualTo(standing);

        PLANE.journal.keeps(Part.SETTLE, true);
        PLANE.parts.unkept().look();
        assertThat(standing(TOKENS).reserved()).isZero();
        assertThat(PLANE.ledger.openReservations()).isZero();
    }

    @Test
    void whereNothingIsCappedNothingIsHeld() throws Exception {
        answersWithSevenTokens();
        callWithoutASettlement();

        assertThat(PLANE.parts.unkept().reserving()).isZero();
        assertThat(PLANE.ledger.openReservations()).isZero();
    }

    private static void callWithoutASettlement() throws Exception {
        PLANE.journal.keeps(Part.SETTLE, false);
        try (var client = PLANE.client()) {
            assertThat(client.request("POST /openai/v1/chat/completions", PLANE.auth(), CHAT).answer().whole())
                    .isFalse();
        } catch (IOException cut) {
            // Its end was not to be seen.
        }
        PLANE.quiet();
    }

    private static void answersWithSevenTokens() {
        String body = "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}";
        PLANE.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body));
    }

    private static Standing standing(Limit limit) {
        return PLANE.ledger.standing(new TenantId("acme"), limit, "acme", PLANE.clock.now());
    }
}
