package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.event.Outcome;
import dev.weir.tenant.TenantId;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What one client may hold at a time (G7): connections, calls of a tenant, a connection without a call.
class ClientLimitsTest {
    private static final String CHAT = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final Duration LONG = Duration.ofHours(1);
    @SuppressWarnings("NullAway.Init")
    private TestPlane plane;

    private void planeWith(Duration keepAlive, int connections, int perAddress, int callsPerTenant) throws Exception {
        ExchangeLimits usual = ExchangeLimits.DEFAULTS;
        plane = new TestPlane("", new ExchangeLimits(usual.bodyFirstByte(), usual.bodyGrace(),
                usual.bodyBytesPerSecondMin(), usual.writeStall(), usual.heldBytesTotal(), keepAlive, connections,
                perAddress, callsPerTenant, usual.directoryMaxAge()));
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    }

    @AfterEach
    void stop() throws Exception {
        plane.close();
    }

    private boolean answers(Wire client) throws Exception {
        try {
            return client.request("GET /tickets/a", plane.auth(), "").answer().status() == 200;
        } catch (java.io.EOFException | java.net.SocketException closed) {
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 100, total", "100, 3, address"})
    void aConnectionBeyondTheLimitIsClosedAndCounted(int connections, int perAddress, String limit) throws Exception {
        planeWith(LONG, connections, perAddress, 100);
        var open = new ArrayList<Wire>();
        for (int i = 0; i < 3; i++) {
            open.add(plane.client());
            assertThat(answers(open.get(i))).isTrue();
        }
        try (var oneTooMany = plane.client()) {
            assertThat(answers(oneTooMany)).isFalse();
        }
        assertThat(plane.closedAtOnce).containsExactly(limit);
        assertThat(plane.parts.openConnections()).isEqualTo(3);
        assertThat(answers(open.getFirst())).isTrue();

        open.removeFirst().close();
        await().until(() -> plane.parts.openConnections() == 2);
        try (var again = plane.client()) {
            assertThat(answers(again)).isTrue();
        }
        for (Wire client : open) {
            client.close();
        }
        await().until(() -> plane.parts.openConnections() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /tickets/a", "POST /openai/v1/chat/completions", "POST /anthropic/v1/messages"})
    void aCallBeyondThoseOfItsTenantIsBlockedUntilOneHasEnded(String line) throws Exception {
        planeWith(LONG, 100, 100, 2);
        var proceed = new CountDownLatch(1);
        var waiting = new CountDownLatch(2);
        plane.upstream.answers((request, wire, number) -> {
            waiting.countDown();
            assertThat(proceed.await(20, TimeUnit.SECONDS)).isTrue();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        });
        String body = line.startsWith("POST") ? CHAT : "";
        try (var one = plane.client(); var two = plane.client()) {
            one.request(line, plane.auth(), body);
            two.request(line, plane.auth(), body);
            assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();
            Wire.Message refused = plane.call(line, "", body);
            proceed.countDown();

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.text()).contains("concurrency_exceeded");
            assertThat(refused.header("x-should-retry")).isEqualTo("false");
            assertThat(refused.header("retry-after")).isEqualTo("1");
            assertThat(refused.header("x-weir-request-id")).startsWith("wrq_");
            assertThat(one.answer().status()).isEqualTo(200);
            assertThat(two.answer().status()).isEqualTo(200);
        }
        assertThat(plane.settled()).hasSize(2);
        assertThat(plane.journal.refused()).singleElement()
                .matches(event -> event.outcome() == Outcome.BLOCKED
                        && "concurrency_exceeded".equals(event.reasonCode()));
        assertThat(plane.call(line, "", body).status()).isEqualTo(200);
    }

    @Test
    void refusedCallsTakeNoPlace() throws Exception {
        planeWith(LONG, 100, 100, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(plane.call("POST /openai/v1/chat/completions", "", "{").status()).isEqualTo(400);
            assertThat(plane.call("GET /tickets/a", "", "").status()).isEqualTo(200);
        }
    }

    @Test
    void placesAreCountedExactlyByManyThreads() throws Exception {
        planeWith(LONG, 100, 100, 1);
        var calls = new TenantCalls(10);
        var tenant = new TenantId("acme");
        var entered = new AtomicInteger();
        var running = new AtomicInteger();
        var most = new AtomicInteger();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int thread = 0; thread < 8; thread++) {
                threads.execute(() -> {
                    for (int i = 0; i < 50_000; i++) {
                        if (calls.enter(tenant)) {
                            entered.incrementAndGet();
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            running.decrementAndGet();
                            calls.leave(tenant);
                        }
                    }
                });
            }
        }
        // Eight threads hold eight places at most: with ten, none is ever refused.
        assertThat(entered).hasValue(400_000);
        assertThat(most.get()).isBetween(1, 8);
        for (int i = 0; i < 10; i++) {
            assertThat(calls.enter(tenant)).isTrue();
        }
        assertThat(calls.enter(tenant)).isFalse();
        assertThat(calls.enter(new TenantId("other"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIdleConnectionIsClosed(boolean afterACall) throws Exception {
        planeWith(Duration.ofMillis(300), 100, 100, 100);
        try (var client = plane.client()) {
            if (afterACall) {
                assertThat(answers(client)).isTrue();
            }
            assertThat(client.isClosed()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIdleConnectionOfHttp2IsClosed(boolean afterACall) throws Exception {
        planeWith(Duration.ofMillis(300), 100, 100, 100);
        var client = plane.vertx()
                .createHttpClient(new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false));
        var request = TestPlane.done(client.request(HttpMethod.GET, plane.port(), "127.0.0.1", "/tickets/a"));
        HttpConnection connection = request.connection();
        var closed = Promise.<Boolean>promise();
        connection.closeHandler(gone -> closed.tryComplete(true));
        if (afterACall) {
            request.putHeader("authorization", "Bearer " + plane.key.reveal());
            assertThat(TestPlane.done(request.send()).statusCode()).isEqualTo(200);
        }

        assertThat(TestPlane.done(closed.future())).isTrue();
    }

    /// Nothing passes for several times as long as a connection may lie idle.
    @ParameterizedTest
    @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
    void aConnectionWithASilentCallIsNotClosed(String version) throws Exception {
        planeWith(Duration.ofMillis(50), 100, 100, 100);
        var proceed = new CountDownLatch(1);
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("first");
            assertThat(proceed.await(20, TimeUnit.SECONDS)).isTrue();
            wire.sendChunk("last").send("0\r\n\r\n");
        });
        var client = plane.vertx()
                .createHttpClient(new HttpClientOptions().setProtocolVersion(HttpVersion.valueOf(version))
                        .setHttp2ClearTextUpgrade(false));
        var request = TestPlane.done(client.request(HttpMethod.GET, plane.port(), "127.0.0.1", "/tickets/a"));
        request.putHeader("authorization", "Bearer " + plane.key.reveal());
        var body = OnLoop.run(plane.vertx(), () -> request.send().compose(HttpClientResponse::body));
        // An idle connection that was opened later is closed by the same sweeps that must spare this one.
        for (int i = 0; i < 3; i++) {
            try (var idle = plane.client()) {
                assertThat(isClosedAfterACall(idle)).isTrue();
            }
        }
        proceed.countDown();

        assertThat(TestPlane.done(body).toString()).isEqualTo("firstlast");
    }

    /// Makes a call that is refused, and waits until the connection is closed for having no other.
    private boolean isClosedAfterACall(Wire client) throws Exception {
        return client.request("GET /nowhere", plane.auth(), "").answer().status() == 404 && client.isClosed();
    }
}
