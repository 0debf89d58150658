package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Weir's own retries: at most two attempts, each an event of its own; none where the client already retries.
class RetryTest {
    private static final String CHAT = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
            + "\"max_tokens\":5}";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    private static TestPlane plane;
    private static int nobodyListens;

    @BeforeAll
    static void start() throws Exception {
        try (var taken = new ServerSocket(0)) {
            nobodyListens = taken.getLocalPort();
        }
        plane = new TestPlane(
                """
                          gone: {kind: connector, upstream: "http://127.0.0.1:%d", credential: s, allow-private: true}
                          goneonce: {kind: connector, upstream: "http://127.0.0.1:%d", credential: s, allow-private: true, retries: 0}
                          gonellm: {kind: llm, provider: openai, upstream: "http://127.0.0.1:%d", credential: s, allow-private: true}
                        """
                        .formatted(nobodyListens, nobodyListens, nobodyListens),
                ExchangeLimits.DEFAULTS);
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
    }

    private static void answersFirst(int status, String retryAfter) {
        String extra = retryAfter == null || retryAfter.isEmpty() ? "" : "Retry-After: " + retryAfter + "\r\n";
        plane.upstream.answers((request, wire, number) -> wire.send(number == 1
                ? "HTTP/1.1 " + status + " No\r\n" + extra + "Content-Length: 4\r\n\r\nbusy"
                : OK));
    }

    @ParameterizedTest(name = "{0} {1}, {2} with Retry-After {3}, client header {4}: {5} attempts, {6}")
    @CsvSource(nullValues = "-", value = {
        "GET,    /tickets/a,                 429, -,  -, 2, 200",
        "GET,    /tickets/a,                 502, -,  -, 2, 200",
        "GET,    /tickets/a,                 503, -,  -, 2, 200",
        "GET,    /tickets/a,                 504, -,  -, 2, 200",
        "GET,    /tickets/a,                 500, -,  -, 1, 500",
        "GET,    /tickets/a,                 404, -,  -, 1, 404",
        "GET,    /tickets/a,                 429, 0,  -, 2, 200",
        "GET,    /tickets/a,                 429, 60, -, 1, 429",
        "GET,    /once/a,                    429, -,  -, 1, 429",
        "GET,    /once/a,                    503, -,  -, 1, 503",
        "POST,   /tickets/a,                 429, -,  -, 2, 200",
        "POST,   /tickets/a,                 502, -,  -, 1, 502",
        "POST,   /tickets/a,                 503, -,  -, 1, 503",
        "POST,   /tickets/a,                 503, 0,  -, 2, 200",
        "POST,   /tickets/a,                 504, -,  -, 1, 504",
        "DELETE, /tickets/a,                 429, -,  -, 2, 200",
        "DELETE, /tickets/a,                 504, -,  -, 1, 504",
        "POST,   /openai/v1/chat/completions, 429, -, -, 2, 200",
        "POST,   /openai/v1/chat/completions, 503, 0, -, 2, 200",
        "POST,   /openai/v1/chat/completions, 503, -, -, 1, 503",
        "POST,   /openai/v1/chat/completions, 502, -, -, 1, 502",
        "GET,    /tickets/a,                 429, -, x-stainless-retry-count: 0, 1, 429",
        "POST,   /openai/v1/chat/completions, 429, -, x-stainless-retry-count: 0, 1, 429",
        "POST,   /openai/v1/chat/completions, 429, -, amz-sdk-request: attempt=1, 1, 429"})
    void anAnswerIsTriedAgainByTheTable(String method, String path, int status, String retryAfter,
            String clientHeader, int attempts, int seen) throws Exception {
        answersFirst(status, retryAfter);
        String body = path.contains("chat") ? CHAT : "";
        Wire.Message answer = plane.call(method + " " + path, clientHeader == null ? "" : clientHeader + "\r\n", body);

        assertThat(answer.status()).isEqualTo(seen);
        assertThat(answer.whole()).isTrue();
        assertThat(plane.upstream.requests()).hasSize(attempts)
                .allMatch(request -> request.text().equals(body))
                .allMatch(request -> request.method().equals(method));
        List<UsageEvent> events = plane.settled();
        assertThat(events).hasSize(attempts)
                .extracting(UsageEvent::callId)
                .containsOnly(
                        String.valueOf(answer.header("x-weir-request-id")));
        assertThat(events.getFirst().outcome()).isEqualTo(Outcome.UPSTREAM_ERROR);
        assertThat(events.getFirst().upstreamStatus()).isEqualTo(status);
        assertThat(events.getFirst().quantities().amount(Meter.RATE_LIMITED)).isEqualTo(status == 429 ? 1 : 0);
        if (attempts == 2) {
            assertThat(events.get(0).clientStatus()).isZero();
            assertThat(events.get(1).attempt()).isEqualTo(2);
            assertThat(events.get(1).outcome()).isEqualTo(Outcome.OK);
            assertThat(events.get(1).quantities().amount(Meter.RETRIES)).isEqualTo(1);
            assertThat(events.get(1).quantities().amount(Meter.CALLS)).isZero();
        }
    }

    @ParameterizedTest(name = "{0} {1}, client header {2}: {3} attempts")
    @CsvSource(nullValues = "-", value = {"GET, /gone/a, -, 2", "POST, /gone/a, -, 2",
        "POST, /gonellm/v1/chat/completions, -, 2", "GET, /goneonce/a, -, 1",
        "GET, /gone/a, x-stainless-retry-count: 1, 1"})
    void noConnectionIsTriedAgainWhateverTheMethod(String method, String path, String clientHeader, int attempts)
            throws Exception {
        Wire.Message answer = plane.call(method + " " + path, clientHeader == null ? "" : clientHeader + "\r\n",
                path.contains("chat") ? CHAT : "");

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("upstream_unreachable");
        assertThat(plane.settled()).hasSize(attempts)
                .allMatch(event -> event.outcome() == Outcome.UPSTREAM_GONE && event.upstreamStatus() == 0);
    }

    @Test
    void aConnectorsBodyIsNotSentTwice() throws Exception {
        answersFirst(429, "");
        Wire.Message answer = plane.call("POST /tickets/a", "", "some bytes");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.text()).isEqualTo("busy");
        assertThat(plane.settled()).hasSize(1);
    }

    @Test
    void anAnswerThatBreaksOffBeforeItsHeadIsNotTriedAgain() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.close());
        Wire.Message answer = plane.call("GET /tickets/a", "", "");

        assertThat(answer.status()).isEqualTo(502);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
    }

    @Test
    void aSecondAttemptThatFailsAlikePasses() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 429 No\r\nRetry-After: 0\r\nContent-Length: 1\r\n\r\n" + number));
        Wire.Message answer = plane.call("GET /tickets/a", "", "");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.text()).isEqualTo("2");
        assertThat(plane.settled()).hasSize(2);
    }

    @Test
    void aRetryThatALimitRefusesPassesTheRefusal() throws Exception {
        plane.limits(Limit.block("attempts", Entity.THE_TENANT, Measure.of(Meter.READS), Window.TOTAL, 1));
        answersFirst(429, "0");
        Wire.Message answer = plane.call("GET /tickets/a", "", "");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.text()).contains("cap_exceeded");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        assertThat(plane.onlySettled().attempt()).isEqualTo(1);
        assertThat(plane.journal.refused()).hasSize(1);
        assertThat(plane.journal.refused().getFirst().attempt()).isEqualTo(2);
        assertThat(plane.journal.refused().getFirst().callId()).isEqualTo(plane.onlySettled().callId());
        assertThat(plane.upstream.requests()).hasSize(1);
    }

    @Test
    void theReservationOfTheFirstAttemptIsFreeBeforeTheSecondIsMade() throws Exception {
        plane.limits(Limit.block("one-at-a-time", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 1));
        answersFirst(429, "0");

        assertThat(plane.call("GET /tickets/a", "", "").status()).isEqualTo(200);
        assertThat(plane.settled()).hasSize(2);
    }
}
