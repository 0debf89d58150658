package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.ToolCounts;
import io.vertx.core.MultiMap;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Routes of kind `connector`: each call is a read or a write by method and rule, rate limits of the other side are
/// understood, bodies stream. (Retries: [RetryTest].)
class ConnectorTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    private static TestPlane plane;

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane(
                """
                          now: {kind: connector, provider: servicenow, upstream: "%1$s", credential: s, allow-private: true,
                            methods: [GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE, PROPFIND, REPORT, PURGE],
                            reads: ["POST /**/search", POST /graphql, PROPFIND /dav/**], writes: [GET /jobs/*/run, PURGE /cache]}
                        """,
                ExchangeLimits.DEFAULTS);
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
        plane.upstream.answers((request, wire, number) -> wire.send(request.method().equals("HEAD")
                ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                : OK));
    }

    @ParameterizedTest(name = "{0} is a {1}, unclassified {2}")
    @CsvSource({"GET /now/table/incident, read, false", "HEAD /now/table/incident, read, false",
        "OPTIONS /now/table, read, false", "POST /now/table/incident, write, false",
        "PUT /now/table/incident/1, write, false", "PATCH /now/table/incident/1, write, false",
        "DELETE /now/table/incident/1, write, false", "POST /now/v1/issues/search, read, false",
        "POST /now/v1/issues/search/1, write, false", "POST /now/v1/issues/research, write, false",
        "POST /now/graphql?q=1, read, false", "POST /now/a/graphql, write, false",
        "GET /now/jobs/7/run, write, false", "GET /now/jobs/7/8/run, read, false", "PURGE /now/cache, write, false",
        "PROPFIND /now/dav/a, read, false", "REPORT /now/dav/a, write, true", "PURGE /now/other, write, true"})
    void aCallIsAReadOrAWrite(String line, String kind, boolean unclassified) throws Exception {
        assertThat(plane.call(line, "", "").status()).isEqualTo(200);

        UsageEvent event = plane.onlySettled();
        assertThat(event.quantities().amount(Meter.READS)).isEqualTo(kind.equals("read") ? 1 : 0);
        assertThat(event.quantities().amount(Meter.WRITES)).isEqualTo(kind.equals("write") ? 1 : 0);
        assertThat(event.quantities().amount(Meter.TOOL_CALLS)).isEqualTo(1);
        assertThat(event.tools()).isEqualTo(ToolCounts.of("servicenow"));
        assertThat(event.flags().has(Flag.UNCLASSIFIED)).isEqualTo(unclassified);
    }

    @Test
    void aCapOnWritesLeavesReadsAlone() throws Exception {
        plane.limits(Limit.block("writes", Entity.THE_TENANT, Measure.of(Meter.WRITES), Window.DAY, 0));

        assertThat(plane.call("POST /now/v1/issues/search", "", "{}").status()).isEqualTo(200);
        Wire.Message refused = plane.call("POST /now/table/incident", "", "{}");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("content-type")).isEqualTo("application/problem+json");
        assertThat(plane.upstream.requests()).hasSize(1);
    }

    @ParameterizedTest(name = "{0} with Retry-After {1} → {2}")
    @CsvSource(nullValues = "-", value = {"429, 60, 60", "429, -, -1", "429, soon, -1", "503, 120, 120"})
    void aRateLimitOfTheOtherSideIsCountedAndPasses(int status, String retryAfter, long seconds) throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 " + status + " No\r\n"
                + (retryAfter == null ? "" : "Retry-After: " + retryAfter + "\r\n") + "Content-Length: 4\r\n\r\nbusy"));
        Wire.Message answer = plane.call("POST /once/a", "", "x");

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("retry-after")).isEqualTo(retryAfter);
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.UPSTREAM_ERROR);
        assertThat(event.retryAfterSeconds()).isEqualTo(seconds);
        assertThat(event.quantities().amount(Meter.RATE_LIMITED)).isEqualTo(status == 429 ? 1 : 0);
        assertThat(event.quantities().amount(Meter.WRITES)).isEqualTo(1);
        assertThat(event.quantities().has(Meter.TOOL_CALLS)).isFalse();
        assertThat(event.tools().isEmpty()).isTrue();
    }

    /// RFC 9110 §10.2.3: seconds, or a date.
    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource({"0, 0", "' 7 ', 7", "'Fri, 31 Dec 1999 23:59:59 GMT', 60", "'Fri, 31 Dec 1999 23:58:00 GMT', 0",
        "-1, -1", "1.5, -1", "99999999999999999999, -1", "'Fri, 31 Dec 1999', -1", "'', -1"})
    void retryAfterIsSecondsOrADate(String value, long seconds) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("Retry-After", value);

        assertThat(HeaderNumbers.retryAfterSeconds(headers, Instant.parse("1999-12-31T23:58:59.5Z")))
                .isEqualTo(seconds);
    }

    @Test
    void aBodyGoesUpAsItComes() throws Exception {
        var firstHalfSeen = new CountDownLatch(1);
        plane.upstream.serves((wire, number) -> {
            assertThat(Objects.requireNonNull(wire.head()).start()).startsWith("POST /table");
            assertThat(wire.raw(5)).asString().isEqualTo("first");
            firstHalfSeen.countDown();
            assertThat(wire.raw(6)).asString().isEqualTo("second");
            wire.send(OK);
        });
        try (var client = plane.client()) {
            client.send(
                    "POST /now/table HTTP/1.1\r\nHost: weir\r\n" + plane.auth() + "Content-Length: 11\r\n\r\nfirst");
            assertThat(firstHalfSeen.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(client.send("second").answer().status()).isEqualTo(200);
        }
        assertThat(plane.onlySettled().bytes().upstreamOut()).isEqualTo(11);
    }
}
