package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.ledger.Standing;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a running call has reserved and can no longer use is given back as soon as its provider tells its input, and not before
/// that is kept.
class ShrinkingReservationTest {
    private static final String BEGIN = """
            event: message_start
            data: {"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":50,"output_tokens":1}}}

            """;
    private static final String END = """
            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}

            event: message_stop
            data: {"type":"message_stop"}

            """;

    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    private Limit cap = limit(Meter.TOKENS, 1);

    private static Limit limit(Meter meter, long amount) {
        return Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(meter), Window.TOTAL, amount);
    }

    private Standing standing() {
        return PLANE.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now());
    }

    private static String request(String more) {
        return "{\"model\":\"claude-haiku-4-5\",\"stream\":true,\"max_tokens\":100," + more
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(800) + "\"}]}";
    }

    /// The upstream tells its input, then waits.
    private CountDownLatch begins() {
        var goOn = new CountDownLatch(1);
        PLANE.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.sendChunk(BEGIN);
            goOn.await();
            wire.sendChunk(END).send("0\r\n\r\n");
        });
        return goOn;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TOKENS", "TOKENS_IN"})
    void whatTheInputIsNotIsFreeWhileTheAnswerStreams(Meter meter) throws Exception {
        cap = limit(meter, 5_000);
        PLANE.limits(cap, limit(Meter.EGRESS_BYTES, 1_000_000));
        CountDownLatch goOn = begins();
        long out = meter == Meter.TOKENS ? 100 : 0;
        try (var client = PLANE.client()) {
            client.request("POST /anthropic/v1/messages", PLANE.auth(), request(""));
            await().pollInterval(Duration.ofMillis(2)).until(() -> standing().reserved() == 50 + out);
            goOn.countDown();
            assertThat(client.answer().whole()).isTrue();
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.OK);
        assertThat(standing().settled()).isEqualTo(meter == Meter.TOKENS ? 57 : 50);
        assertThat(standing().reserved()).isZero();
        UsageEvent less = PLANE.journal.reopened().getFirst();
        assertThat(less.quantities().amount(Meter.TOKENS_IN)).isEqualTo(50);
        assertThat(less.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(100);
        assertThat(PLANE.journal.opened().getFirst().quantities().amount(Meter.TOKENS_IN)).isGreaterThan(4_000);
    }

    /// A death of Weir now would charge what the opening record says.
    @Test
    void whatIsNotKeptIsNotGivenBack() throws Exception {
        cap = limit(Meter.TOKENS, 5_000);
        PLANE.limits(cap);
        PLANE.journal.keeps(RecordingJournal.Part.REOPEN, false);
        CountDownLatch goOn = begins();
        try (var client = PLANE.client()) {
            client.request("POST /anthropic/v1/messages", PLANE.auth(), request(""));
            await().pollInterval(Duration.ofMillis(2)).until(() -> PLANE.upstream.requests().size() == 1);
            goOn.countDown();
            client.answer();
        }
        assertThat(PLANE.journal.reopened()).isEmpty();
        assertThat(PLANE.onlySettled().quantities().amount(Meter.TOKENS_IN)).isEqualTo(50);
        assertThat(standing().settled()).isEqualTo(57);
    }

    /// Its own tools may read more before the answer is over.
    @Test
    void whereTheProviderMayReadMoreNothingIsGivenBack() throws Exception {
        cap = limit(Meter.TOKENS, 10_000_000);
        PLANE.limits(cap);
        begins().countDown();
        PLANE.call("POST /anthropic/v1/messages", "",
                request("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}],"));

        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.OK);
        assertThat(PLANE.journal.reopened()).isEmpty();
    }
}
