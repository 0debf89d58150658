package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.ledger.Standing;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.io.EOFException;
import java.net.SocketException;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A stream under a cap on bytes that nodes share: it waits until this node is lent what it lacks, and ends where that is not to
/// be had (docs/leases.md).
@Timeout(60)
class ByteLoanTest {
    private static final int LENGTH = 1_000_000;
    private static final int CHUNK = 10_000;
    private static final String CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String EVENT = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + "w".repeat(900)
            + "\"}}]}\n\n";
    private static final String CHAT = """
            {"model": "gpt-4o-mini", "stream": true, "max_tokens": 9000, "messages": [{"role": "user", "content": "hi"}]}""";

    private static MiserlyAllocator allocator;
    private static TestPlane plane;
    private Limit cap = limit(Meter.EGRESS_BYTES, 1);

    /// The ways on which bytes pass.
    private enum Way {
        /// An answer of unknown length.
        DOWN,
        /// One that says how long it is.
        DOWN_DECLARED,
        /// One of events that can end early in its dialect.
        DOWN_EVENTS,
        /// A body of unknown length, which goes up as it comes.
        UP,
        /// A body that is held until the call is admitted.
        UP_HELD
    }

    @BeforeAll
    static void start() throws Exception {
        allocator = new MiserlyAllocator();
        plane = TestPlane.sharing(allocator);
    }

    @AfterAll
    static void stop() throws Exception {
        allocator.forget();
        plane.close();
    }

    @BeforeEach
    void forget() {
        allocator.forget();
        plane.forget();
    }

    private static Limit limit(Meter meter, long amount) {
        return Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(meter), Window.TOTAL, amount);
    }

    /// A limit of a new id each time, so that nothing of it is used.
    private void cap(Meter meter, long amount) {
        cap = limit(meter, amount);
        plane.limits(cap);
    }

    private Standing standing() {
        return plane.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now());
    }

    /// Sends so many bytes that way, or a few more.
    ///
    /// @return what the client got; null where its connection was reset before an answer
    private static Wire.@Nullable Message send(Way way) throws Exception {
        plane.upstream.answers((request, wire, number) -> {
            switch (way) {
                case DOWN -> {
                    wire.send(CHUNKED_HEAD);
                    for (int sent = 0; sent < LENGTH; sent += CHUNK) {
                        wire.sendChunk("x".repeat(CHUNK));
                    }
                    wire.send("0\r\n\r\n");
                }
                case DOWN_EVENTS -> {
                    wire.send(CHUNKED_HEAD.replace("text/plain", "text/event-stream"));
                    for (int sent = 0; sent < LENGTH; sent += EVENT.length()) {
                        wire.sendChunk(EVENT);
                    }
                    wire.sendChunk("data: [DONE]\n\n");
                    wire.send("0\r\n\r\n");
                }
                case DOWN_DECLARED -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + LENGTH + "\r\n\r\n"
                        + "x".repeat(LENGTH));
                case UP, UP_HELD -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        try (var client = plane.client()) {
            switch (way) {
                case DOWN, DOWN_DECLARED -> client.request("GET /tickets/a", plane.auth(), "");
                case DOWN_EVENTS -> client.request("POST /openai/v1/chat/completions", plane.auth(), CHAT);
                case UP_HELD -> client.request("POST /openai/v1/chat/completions", plane.auth(), CHAT.replace("hi",
                        "x".repeat(LENGTH)));
                case UP -> {
                    client.send("POST /tickets/a HTTP/1.1\r\nHost: weir\r\n" + plane.auth()
                            + "Transfer-Encoding: chunked\r\n\r\n");
                    for (int sent = 0; sent < LENGTH; sent += CHUNK) {
                        client.sendChunk(new byte[CHUNK], 0, CHUNK);
                    }
                    client.send("0\r\n\r\n");
                }
            }
            return client.answer();
        } catch (EOFException | SocketException reset) {
            return null;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsLackingIsLentAndEverythingPasses(Way way) throws Exception {
        for (Meter meter : new Meter[]{Meter.EGRESS_BYTES, Meter.INGRESS_BYTES}) {
            plane.forget();
            cap(meter, 3L * LENGTH);
            Wire.Message seen = Objects.requireNonNull(send(way));

            assertThat(seen.whole()).isTrue();
            assertThat(seen.status()).isEqualTo(200);
            UsageEvent event = plane.onlySettled();
            assertThat(event.outcome()).isEqualTo(Outcome.OK);
            assertThat(event.quantities().amount(meter)).isGreaterThanOrEqualTo(LENGTH).isEqualTo(standing().settled());
            boolean atOnce = way == Way.DOWN_DECLARED || way == Way.UP_HELD;
            assertThat(allocator.asked(cap.id())).isGreaterThan(atOnce ? 0 : 10);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whereTheCapItselfHasNoRoomItEndsTheStreamAndNobodyIsAskedAgain(Way way) throws Exception {
        cap(Meter.EGRESS_BYTES, 3L * LENGTH);
        allocator.others(3L * LENGTH - 300_000, 3L * LENGTH - 300_000);
        Wire.Message seen = send(way);

        assertThat(seen == null || !seen.whole()
                || way == Way.DOWN_EVENTS && seen.text().contains("cut_by_cap cap_exceeded")
                || way == Way.UP_HELD && seen.status() == 429).isTrue();
        if (way != Way.UP_HELD) {
            UsageEvent event = plane.onlySettled();
            assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
            assertThat(event.reasonCode()).isEqualTo("cap_exceeded");
            assertThat(event.bytes().egress()).isLessThanOrEqualTo(300_000);
        }
        assertThat(allocator.refused(cap.id())).isLessThanOrEqualTo(1);
        assertThat(standing().reserved()).isEqualTo(0);
    }

    @Test
    void whatOthersHoldIdleIsWaitedFor() throws Exception {
        cap(Meter.EGRESS_BYTES, 2L * LENGTH);
        allocator.others(2L * LENGTH - 300_000, 0);
        allocator.onLack(times -> {
            if (allocator.refused(cap.id()) == 3) {
                allocator.others(0, 0);
            }
        });
        assertThat(Objects.requireNonNull(send(Way.DOWN)).body()).hasSize(LENGTH);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
        assertThat(allocator.refused(cap.id())).isEqualTo(3);
    }

    @Test
    void whatOthersHoldAndKeepIsNotWaitedForForEver() throws Exception {
        cap(Meter.EGRESS_BYTES, 2L * LENGTH);
        allocator.others(2L * LENGTH - 300_000, 0);
        assertThat(Objects.requireNonNull(send(Way.DOWN)).whole()).isFalse();
        UsageEvent event = plane.onlySettled();
        assertThat(event.reasonCode()).isEqualTo("cap_exceeded");
        assertThat(event.bytes().clientOut()).isBetween(200_000L, 300_000L);
        assertThat(allocator.refused(cap.id())).isEqualTo(9);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UP_HELD")
    void whereNobodyCanBeAskedTheStreamEndsAndSaysSo(Way way) throws Exception {
        cap(Meter.EGRESS_BYTES, 3L * LENGTH);
        int atFirst = way == Way.DOWN_DECLARED ? 2 : 4;
        allocator.onLack(times -> allocator.away(times >= atFirst));
        Wire.Message seen = send(way);

        assertThat(seen == null || !seen.whole() || way == Way.DOWN_EVENTS
                && seen.text().contains("cut_by_cap cap_unavailable")).isTrue();
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.reasonCode()).isEqualTo("cap_unavailable");
    }

    /// Lets the stream wait in the middle until something has happened.
    private void whileItWaits(CountDownLatch happened) {
        allocator.onLack(times -> {
            if (times == 4) {
                assertThat(happened.await(20, TimeUnit.SECONDS)).isTrue();
            }
        });
    }

    @Test
    void aClientThatLeavesWhileItsAnswerWaitsEndsTheCallAtOnce() throws Exception {
        cap(Meter.EGRESS_BYTES, 3L * LENGTH);
        var settled = new CountDownLatch(1);
        whileItWaits(settled);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(CHUNKED_HEAD);
            for (int sent = 0; sent < LENGTH; sent += CHUNK) {
                wire.sendChunk("x".repeat(CHUNK));
            }
        });
        try (var client = plane.client()) {
            client.request("GET /tickets/a", plane.auth(), "").head();
        }
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.CLIENT_GONE);
        settled.countDown();
    }

    @Test
    void anUpstreamThatBreaksOffWhileItsAnswerWaitsIsSeenToHaveBrokenOff() throws Exception {
        cap(Meter.EGRESS_BYTES, 3L * LENGTH);
        var gone = new CountDownLatch(1);
        whileItWaits(gone);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(CHUNKED_HEAD);
            for (int i = 0; i < 30; i++) {
                wire.sendChunk("x".repeat(CHUNK));
            }
            wire.close();
            gone.countDown();
        });
        assertThat(plane.call("GET /tickets/a", "", "").whole()).isFalse();
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
    }

    @Test
    void anAnswerThatEndsWhileItWaitsIsWhole() throws Exception {
        cap(Meter.EGRESS_BYTES, 3L * LENGTH);
        var sent = new CountDownLatch(1);
        whileItWaits(sent);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(CHUNKED_HEAD);
            for (int i = 0; i < 30; i++) {
                wire.sendChunk("x".repeat(CHUNK));
            }
            wire.send("0\r\n\r\n");
            sent.countDown();
        });
        assertThat(plane.call("GET /tickets/a", "", "").body()).hasSize(30 * CHUNK);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void aStopEndsWhatWaits() throws Exception {
        var own = new MiserlyAllocator();
        var settled = new CountDownLatch(1);
        var waits = new CountDownLatch(1);
        own.onLack(times -> {
            if (times == 4) {
                waits.countDown();
                assertThat(settled.await(20, TimeUnit.SECONDS)).isTrue();
            }
        });
        try (var stopping = TestPlane.sharing(own)) {
            stopping.limits(limit(Meter.EGRESS_BYTES, 3L * LENGTH));
            stopping.upstream.answers((request, wire, number) -> {
                wire.send(CHUNKED_HEAD);
                for (int sent = 0; sent < LENGTH; sent += CHUNK) {
                    wire.sendChunk("x".repeat(CHUNK));
                }
            });
            try (var client = stopping.client()) {
                client.request("GET /tickets/a", stopping.auth(), "").head();
                assertThat(waits.await(20, TimeUnit.SECONDS)).isTrue();
                stopping.interrupt();
            }
            assertThat(stopping.onlySettled().outcome()).isEqualTo(Outcome.INTERRUPTED);
            settled.countDown();
        }
    }
}
