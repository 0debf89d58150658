package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.io.EOFException;
import java.net.SocketException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who fails, when, in what kind of answer, on what kind of route: one event each, with the right outcome, status and bytes,
/// nothing reserved afterwards, and a client that is never told that a cut answer is whole.
class FailureMatrixTest {
    private enum Side {
        CLIENT, UPSTREAM
    }

    private enum When {
        /// The request is up, nothing of an answer is down.
        BEFORE_HEAD,
        /// Half of the answer has passed.
        MID_STREAM,
        /// Everything has passed but the end: the last byte of a declared length, the last chunk.
        AT_END,
        /// Everything has passed.
        AFTER_END
    }

    private enum How {
        STREAMING, WHOLE
    }

    private enum Kind {
        OPENAI("/openai/v1/chat/completions"), ANTHROPIC("/anthropic/v1/messages"), CONNECTOR("/tickets/a");

        final String path;

        Kind(String path) {
            this.path = path;
        }
    }

    private record Case(Side side, When when, How how, Kind kind) {
        String request() {
            boolean stream = how == How.STREAMING;
            return "{\"model\":\"" + (kind == Kind.ANTHROPIC ? "claude-haiku-4-5" : "gpt-4o-mini")
                    + "\",\"max_tokens\":50,\"stream\":" + stream
                    + (kind == Kind.OPENAI && stream ? ",\"stream_options\":{\"include_usage\":true}" : "")
                    + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        }

        /// The answer in two halves, each of whole server-sent events where it streams.
        List<String> halves() {
            return inQuotes().stream().map(half -> half.replace('\'', '"')).toList();
        }

        private List<String> inQuotes() {
            return switch (how) {
                case WHOLE -> kind == Kind.ANTHROPIC
                        ? List.of("{'model':'claude-haiku-4-5','content':[{'type':'text','text':'Hello there'}],",
                                "'usage':{'input_tokens':8,'output_tokens':4}}")
                        : List.of("{'model':'gpt-4o-mini','choices':[{'message':{'content':'Hello there'}}],",
                                "'usage':{'prompt_tokens':8,'completion_tokens':4,'total_tokens':12}}");
                case STREAMING -> kind == Kind.ANTHROPIC ? MESSAGES : CHUNKS;
            };
        }

        String whole() {
            return String.join("", halves());
        }

        /// What passes before the failure.
        String passes() {
            return switch (when) {
                case BEFORE_HEAD -> "";
                case MID_STREAM -> halves().getFirst();
                case AT_END -> how == How.WHOLE ? whole().substring(0, whole().length() - 1) : whole();
                case AFTER_END -> whole();
            };
        }

        boolean completes() {
            return when == When.AFTER_END;
        }

        Outcome outcome() {
            return completes() ? Outcome.OK : side == Side.CLIENT ? Outcome.CLIENT_GONE : Outcome.UPSTREAM_GONE;
        }
    }

    private static final List<String> CHUNKS = List.of(
            """
                    data: {'model':'gpt-4o-mini','choices':[{'index':0,'delta':{'content':'Hello there'}}]}

                    """,
            """
                    data: {'model':'gpt-4o-mini','choices':[],'usage':{'prompt_tokens':8,'completion_tokens':4,'total_tokens':12}}

                    data: [DONE]

                    """);
    private static final List<String> MESSAGES = List.of(
            """
                    event: message_start
                    data: {'type':'message_start','message':{'model':'claude-haiku-4-5','usage':{'input_tokens':8,'output_tokens':1}}}

                    event: content_block_delta
                    data: {'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hello there'}}

                    """,
            """
                    event: message_delta
                    data: {'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':4}}

                    event: message_stop
                    data: {'type':'message_stop'}

                    """);

    private final Limit cap = Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.TOTAL, 100_000);
    private TestPlane plane;

    static Stream<Case> cases() {
        var cases = new ArrayList<Case>();
        for (Side side : Side.values()) {
            for (When when : When.values()) {
                for (How how : How.values()) {
                    for (Kind kind : Kind.values()) {
                        cases.add(new Case(side, when, how, kind));
                    }
                }
            }
        }
        return cases.stream();
    }

    @BeforeEach
    void start() throws Exception {
        plane = new TestPlane();
        plane.limits(cap);
    }

    @AfterEach
    void stop() throws Exception {
        plane.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void aFailureIsOneEventAndNoLie(Case row) throws Exception {
        var clientLeft = new CountDownLatch(1);
        plane.upstream.answers((request, wire, number) -> {
            if (row.when != When.BEFORE_HEAD) {
                wire.send("HTTP/1.1 200 OK\r\n" + (row.how == How.WHOLE
                        ? "Content-Length: " + row.whole().length() + "\r\n\r\n" + row.passes()
                        : "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"));
                if (row.how == How.STREAMING) {
                    wire.sendChunk(row.passes());
                    wire.send(row.completes() ? "0\r\n\r\n" : "");
                }
            }
            if (row.side == Side.CLIENT && !row.completes()) {
                assertThat(wire.isClosed()).as("the upstream is told that nobody waits").isTrue();
                clientLeft.countDown();
            } else {
                wire.close();
            }
        });
        Wire.@Nullable Message seen = row.side == Side.CLIENT ? leave(row) : stay(row);
        if (row.side == Side.CLIENT && !row.completes()) {
            assertThat(clientLeft.await(20, TimeUnit.SECONDS)).isTrue();
        }

        UsageEvent event = plane.onlySettled();
        assertThat(plane.journal.refused()).isEmpty();
        assertThat(event.outcome()).isEqualTo(row.outcome());
        assertStatus(row, event);
        assertBytes(row, event, seen);
        assertTokens(row, event);
    }

    /// Reads to the end of what comes.
    private Wire.Message stay(Case row) throws Exception {
        Wire.Message seen = plane.call("POST " + row.kind.path, "", row.request());
        assertThat(seen.whole()).isEqualTo(row.completes() || row.when == When.BEFORE_HEAD);
        if (row.when != When.BEFORE_HEAD) {
            assertThat(seen.text()).isEqualTo(row.passes());
        }
        return seen;
    }

    /// Reads what passes before the failure, then leaves with a reset.
    private Wire.@Nullable Message leave(Case row) throws Exception {
        try (var client = plane.client()) {
            client.request("POST " + row.kind.path, plane.auth(), row.request());
            Wire.@Nullable Message seen = null;
            if (row.completes()) {
                seen = client.answer();
                assertThat(seen.whole()).isTrue();
            } else if (row.when == When.BEFORE_HEAD) {
                await().until(() -> plane.upstream.requests().size() == 1);
            } else {
                seen = Objects.requireNonNull(client.head());
                assertThat(seen.status()).isEqualTo(200);
                if (row.how == How.STREAMING) {
                    assertThat(client.line()).isEqualTo(Integer.toHexString(row.passes().length()));
                }
                assertThat(client.raw(row.passes().length())).asString().isEqualTo(row.passes());
            }
            client.reset();
            return seen;
        }
    }

    private static void assertStatus(Case row, UsageEvent event) {
        boolean headPassed = row.when != When.BEFORE_HEAD;
        assertThat(event.upstreamStatus()).isEqualTo(headPassed ? 200 : 0);
        assertThat(event.clientStatus()).isEqualTo(headPassed ? 200 : row.side == Side.UPSTREAM ? 502 : 0);
    }

    private static void assertBytes(Case row, UsageEvent event, Wire.@Nullable Message seen) {
        assertThat(event.bytes().clientIn()).isEqualTo(row.request().length());
        assertThat(event.bytes().upstreamOut()).isEqualTo(row.request().length());
        assertThat(event.bytes().upstreamIn()).isEqualTo(row.passes().length());
        long told = row.side == Side.UPSTREAM && row.when == When.BEFORE_HEAD
                ? Objects.requireNonNull(seen).body().length
                : 0;
        assertThat(event.bytes().clientOut()).isEqualTo(row.passes().length() + told);
        assertThat(event.quantities().amount(Meter.EGRESS_BYTES)).isEqualTo(event.bytes().egress());
        assertThat(event.quantities().amount(Meter.INGRESS_BYTES)).isEqualTo(event.bytes().ingress());
    }

    private void assertTokens(Case row, UsageEvent event) {
        long in = event.quantities().amount(Meter.TOKENS_IN);
        long out = event.quantities().amount(Meter.TOKENS_OUT);
        if (row.kind == Kind.CONNECTOR || row.when == When.BEFORE_HEAD) {
            assertThat(in + out).isZero();
        } else if (row.completes()) {
            assertThat(in).isEqualTo(8);
            assertThat(out).isEqualTo(4);
        } else {
            assertThat(in).isPositive();
            assertThat(out).isBetween(2L, 50L);
        }
        var standing = plane.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now());
        assertThat(standing.settled()).isEqualTo(in + out);
        assertThat(standing.reserved()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/openai/v1/chat/completions", "/tickets/a"})
    void aClientThatLeavesInMidUploadLeavesNothingBehind(String path) throws Exception {
        plane.upstream.serves((wire, number) -> {
            while (!wire.isClosed()) {
                Thread.onSpinWait();
            }
        });
        try (var client = plane.client()) {
            client.send(
                    "POST " + path + " HTTP/1.1\r\nHost: weir\r\n" + plane.auth() + "Content-Length: 1000\r\n\r\n{");
            await().until(() -> plane.isAnyRunning());
            client.reset();
        }

        assertThat(plane.settled()).hasSize(path.startsWith("/openai") ? 0 : 1)
                .allMatch(event -> event.outcome() == Outcome.CLIENT_GONE);
        assertThat(plane.parts.held().bytes()).isZero();
    }

    @Test
    void anAnswerLongerThanItDeclaresEndsWhereItSays() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"));
        try (var client = plane.client()) {
            assertThat(client.request("GET /tickets/a", plane.auth(), "").answer().text()).isEqualTo("ok");
        } catch (EOFException | SocketException cut) {
            // A connection with broken framing may be cut as well, but never be taken for a longer answer.
        }
        assertThat(plane.onlySettled().bytes().clientOut()).isLessThanOrEqualTo(2);
    }
}
