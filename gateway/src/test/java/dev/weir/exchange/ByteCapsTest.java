package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Flags.Flag;
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
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Caps on bytes: a declared length is reserved whole, other bytes in slices, and what passes is never more than what is
/// reserved; where nothing is to be had the connection is reset (design decision 5). Streams of `llm` routes: [CapEndTest].
class ByteCapsTest {
    private static TestPlane plane;
    private Limit cap = limit(Meter.EGRESS_BYTES, 1);

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane();
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
    }

    /// A limit of a new id each time, so that nothing of it is used.
    private void cap(Meter meter, long amount) {
        cap = limit(meter, amount);
        plane.limits(cap);
    }

    private static Limit limit(Meter meter, long amount) {
        return Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(meter), Window.TOTAL, amount);
    }

    private Standing standing() {
        return plane.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now());
    }

    private static void answersWithLength(int length) {
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + length
                + "\r\n\r\n" + "x".repeat(length)));
    }

    /// What the client got of an answer; null where the connection was reset before one.
    private static Wire.@Nullable Message seen(String line, String headers, byte[] body) throws Exception {
        try (var client = plane.client()) {
            return client.request(line, plane.auth() + headers, body).answer();
        } catch (EOFException | SocketException reset) {
            return null;
        }
    }

    private static Wire.@Nullable Message get() throws Exception {
        return seen("GET /tickets/a", "", new byte[0]);
    }

    private static Wire.Message whole(Wire.@Nullable Message answer) {
        assertThat(answer).isNotNull().matches(Wire.Message::whole);
        return Objects.requireNonNull(answer);
    }

    @ParameterizedTest
    @EnumSource(value = Meter.class, names = {"EGRESS_BYTES", "INGRESS_BYTES"})
    void aDeclaredAnswerIsHadWholeOrNotAtAll(Meter meter) throws Exception {
        cap(meter, 1_000);
        answersWithLength(600);

        assertThat(whole(get()).body()).hasSize(600);
        assertThat(get()).isNull();
        List<UsageEvent> events = plane.settled();
        assertThat(events).extracting(UsageEvent::outcome).containsExactly(Outcome.OK, Outcome.CUT_BY_CAP);
        assertThat(events.get(1).reasonCode()).isEqualTo("cap_exceeded");
        assertThat(events.get(1).clientStatus()).isZero();
        assertThat(events.get(1).bytes().clientOut()).isZero();
        assertThat(standing().settled()).isEqualTo(600);
        assertThat(standing().reserved()).isZero();
    }

    @Test
    void exactlyTheRestIsHad() throws Exception {
        cap(Meter.EGRESS_BYTES, 1_000);
        answersWithLength(400);
        assertThat(whole(get()).body()).hasSize(400);
        answersWithLength(600);
        assertThat(whole(get()).body()).hasSize(600);

        answersWithLength(0);
        Wire.Message refused = whole(get());
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.text()).contains("cap_exceeded");
        assertThat(plane.upstream.requests()).hasSize(2);
        assertThat(plane.settled()).hasSize(2);
        assertThat(standing().settled()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @EnumSource(value = Meter.class, names = {"EGRESS_BYTES", "INGRESS_BYTES"})
    void anAnswerOfUnknownLengthIsCutWhereNoSliceIsToBeHad(Meter meter) throws Exception {
        cap(meter, 100_000);
        var standings = new CopyOnWriteArrayList<Standing>();
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 40; i++) {
                wire.sendChunk("data: {\"x\":\"" + "y".repeat(4_985) + "\"}\n\n");
                standings.add(standing());
            }
            wire.send("0\r\n\r\n");
        });
        Wire.Message seen = Objects.requireNonNull(get());

        assertThat(seen.whole()).isFalse();
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.reasonCode()).isEqualTo("cap_exceeded");
        assertThat(event.bytes().clientOut()).isEqualTo(seen.body().length).isBetween(60_000L, 100_000L);
        assertThat(event.quantities().amount(meter)).isLessThanOrEqualTo(100_000).isEqualTo(standing().settled());
        assertThat(event.flags().has(Flag.BOUND_VIOLATED)).isFalse();
        assertThat(standing().reserved()).isZero();
        assertThat(standings).allMatch(at -> at.settled() + at.reserved() <= 100_000);
    }

    @Test
    void anUploadThatDeclaresMoreThanThereIsIsRefusedBeforeItBegins() throws Exception {
        cap(Meter.EGRESS_BYTES, 1_000);
        Wire.Message refused = whole(seen("POST /tickets/a", "", new byte[1_001]));

        assertThat(refused.status()).isEqualTo(429);
        assertThat(plane.upstream.requests()).isEmpty();
        assertThat(plane.settled()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(value = Meter.class, names = {"EGRESS_BYTES", "INGRESS_BYTES"})
    void anUploadOfUnknownLengthIsCut(Meter meter) throws Exception {
        cap(meter, 100_000);
        answersWithLength(0);
        boolean reset = false;
        try (var client = plane.client()) {
            client.send("POST /tickets/a HTTP/1.1\r\nHost: weir\r\n" + plane.auth()
                    + "Transfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 40; i++) {
                client.sendChunk(new byte[5_000], 0, 5_000);
            }
            client.send("0\r\n\r\n").answer();
        } catch (EOFException | SocketException cut) {
            reset = true;
        }

        assertThat(reset).isTrue();
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.bytes().upstreamOut()).isBetween(30_000L, 100_000L);
        assertThat(standing().settled()).isEqualTo(event.quantities().amount(meter)).isLessThanOrEqualTo(100_000);
    }

    @Test
    void bothDirectionsCountOnOneCap() throws Exception {
        cap(Meter.EGRESS_BYTES, 1_000);
        answersWithLength(500);

        assertThat(whole(seen("POST /tickets/a", "", new byte[500])).body()).hasSize(500);
        assertThat(plane.onlySettled().bytes().egress()).isEqualTo(1_000);
        assertThat(standing().settled()).isEqualTo(1_000);
    }

    @Test
    void theAnswerToAHeadDeclaresALengthThatNeverComes() throws Exception {
        cap(Meter.EGRESS_BYTES, 1_000);
        plane.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"));

        assertThat(plane.call("HEAD /tickets/a", "", "").status()).isEqualTo(200);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4_000})
    void notEvenAnErrorOfWeirsPassesACap(int room) throws Exception {
        cap(Meter.EGRESS_BYTES, room);
        plane.upstream.answers((request, wire, number) -> wire.close());
        Wire.@Nullable Message seen = get();

        assertThat(seen == null).isEqualTo(room == 1);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
        assertThat(standing().settled()).isLessThanOrEqualTo(room);
    }

    @Test
    void whereNoCapOnBytesAppliesNoneIsAsked() throws Exception {
        plane.limits(Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.TOOL_CALLS), Window.TOTAL, 100));
        answersWithLength(200_000);

        assertThat(whole(get()).body()).hasSize(200_000);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }
}
