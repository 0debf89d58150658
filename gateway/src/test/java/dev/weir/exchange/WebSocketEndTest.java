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
import dev.weir.usage.Provenance;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How realtime sessions end: who ends them, when, and what both sides and the event are told.
class WebSocketEndTest {
    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    private static final String TARGET = "GET /openai/v1/realtime?model=gpt-realtime";
    private static final String CREATED = "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}";
    private static final String DELTA = "{\"type\":\"response.output_text.delta\",\"delta\":\"Hello there, friend\"}";
    private static final String DONE = "{\"type\":\"response.done\",\"response\":{\"id\":\"resp_1\",\"usage\":"
            + "{\"input_tokens\":10,\"output_tokens\":4,\"total_tokens\":14}}}";

    @Test
    void usageIsKeptBeforeTheClientSeesIt() throws Exception {
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire))).send(FrameWire.fromServer(CREATED));
            FrameWire.read(wire);
            wire.send(FrameWire.fromServer(DONE));
            FrameWire.read(wire);
        });
        PLANE.journal.keeps(RecordingJournal.Part.PROGRESS, false);
        try (Wire client = opened()) {
            assertThat(FrameWire.read(client).text()).isEqualTo(CREATED);
            client.send(FrameWire.fromClient("{}"));
            FrameWire.Frame instead = FrameWire.read(client);
            assertThat(instead.opcode()).isEqualTo(FrameWire.CLOSE);
            assertThat(instead.closeCode()).isEqualTo(1011);
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.INTERRUPTED);
        assertThat(event.reasonCode()).isEqualTo("spool_unavailable");
        assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(10);
    }

    /// Who ends it, how, and whether inside an answer: outcome, what the client hears, what the upstream hears.
    @ParameterizedTest
    @CsvSource({"UPSTREAM, CLOSE 1000, false, ok, 1000, 0", "UPSTREAM, CLOSE 1001, false, ok, 1001, 0",
        "UPSTREAM, CLOSE 1011, false, upstream_error, 1011, 0", "UPSTREAM, CLOSE 4000, true, upstream_error, 4000, 0",
        "UPSTREAM, END, false, upstream_gone, 1011, 0", "UPSTREAM, END, true, upstream_gone, 1011, 0",
        "UPSTREAM, RESET, true, upstream_gone, 1011, 0", "UPSTREAM, JUNK, false, upstream_gone, 1011, 1011",
        "CLIENT, CLOSE 1000, false, ok, 0, 1000", "CLIENT, CLOSE 1000, true, client_gone, 0, 1000",
        "CLIENT, END, false, client_gone, 0, 1001", "CLIENT, END, true, client_gone, 0, 1001",
        "CLIENT, RESET, true, client_gone, 0, 1001", "CLIENT, JUNK, true, client_gone, 1002, 1002"})
    void endOfEitherSideIsOneEventAndBothAreTold(String side, String how, boolean inAnswer, String outcome,
            int clientHears, int upstreamHears) throws Exception {
        boolean byUpstream = side.equals("UPSTREAM");
        var passed = new CountDownLatch(1);
        BlockingQueue<Integer> heard = new ArrayBlockingQueue<>(1);
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire)))
                    .send(FrameWire.fromServer(CREATED))
                    .send(FrameWire.fromServer(DONE));
            if (inAnswer) {
                wire.send(FrameWire.fromServer(CREATED)).send(FrameWire.fromServer(DELTA));
            }
            if (byUpstream) {
                passed.await();
                end(wire, how, false);
            }
            if (upstreamHears > 0) {
                heard.add(closeCode(wire));
            }
        });
        try (Wire client = opened()) {
            for (int i = 0; i < (inAnswer ? 4 : 2); i++) {
                FrameWire.read(client);
            }
            passed.countDown();
            if (!byUpstream) {
                end(client, how, true);
            }
            if (clientHears > 0) {
                assertThat(closeCode(client)).isEqualTo(clientHears);
            }
            if (upstreamHears > 0) {
                assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(upstreamHears);
            }
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome().id()).isEqualTo(outcome);
        assertThat(event.quantities().provenance(Meter.TOKENS_OUT))
                .isEqualTo(inAnswer ? Provenance.TOKENIZER : Provenance.REPORTED);
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(inAnswer ? 4 + 4 : 4);
    }

    @ParameterizedTest
    @CsvSource({"true, 1009", "false, 1009"})
    void messageLargerThanAllowedDoesNotPass(boolean fromClient, int code) throws Exception {
        String small = """
                  small: {kind: llm, provider: openai, upstream: "%1$s", credential: sk-of-weir, allow-private: true,
                    body-max: 1KiB}
                """;
        try (var plane = new TestPlane(small, ExchangeLimits.DEFAULTS)) {
            byte[] half = new byte[600];
            plane.upstream.serves((wire, number) -> {
                wire.send(FrameWire.switching(head(wire)));
                if (!fromClient) {
                    wire.send(FrameWire.frame(FrameWire.BINARY, false, false, half));
                    wire.send(FrameWire.frame(FrameWire.CONTINUATION, true, false, half));
                }
                closeCode(wire);
            });
            try (Wire client = plane.client()) {
                client.request("GET /small/v1/realtime", plane.auth() + FrameWire.HANDSHAKE, "");
                assertThat(FrameWire.head(client).status()).isEqualTo(101);
                if (fromClient) {
                    client.send(FrameWire.frame(FrameWire.BINARY, false, true, half));
                    client.send(FrameWire.frame(FrameWire.CONTINUATION, true, true, half));
                }
                assertThat(closeCode(client)).isEqualTo(code);
            }
            assertThat(plane.onlySettled().reasonCode()).isEqualTo("body_too_large");
        }
    }

    @Test
    void capOnBytesEndsTheSession() throws Exception {
        PLANE.limits(Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(Meter.INGRESS_BYTES),
                Window.TOTAL, 100_000));
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire)));
            FrameWire.Frame taken = new FrameWire.Frame(FrameWire.TEXT, true, true, new byte[0]);
            while (taken.opcode() != FrameWire.CLOSE) {
                wire.send(FrameWire.frame(FrameWire.BINARY, true, false, new byte[5_000]));
                taken = FrameWire.read(wire);
            }
            assertThat(taken.closeCode()).isEqualTo(1008);
        });
        try (Wire client = opened()) {
            FrameWire.Frame frame = FrameWire.read(client);
            while (frame.opcode() != FrameWire.CLOSE) {
                client.send(FrameWire.fromClient(""));
                frame = FrameWire.read(client);
            }
            assertThat(frame.closeCode()).isEqualTo(1008);
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.quantities().amount(Meter.INGRESS_BYTES)).isLessThanOrEqualTo(100_000);
    }

    @Test
    void drainEndsSessionsWith1001() throws Exception {
        try (var plane = new TestPlane()) {
            plane.upstream.serves((wire, number) -> {
                wire.send(FrameWire.switching(head(wire))).send(FrameWire.fromServer(CREATED));
                assertThat(closeCode(wire)).isEqualTo(1001);
            });
            try (Wire client = plane.client()) {
                client.request(TARGET, plane.auth() + FrameWire.HANDSHAKE, "");
                assertThat(FrameWire.head(client).status()).isEqualTo(101);
                FrameWire.read(client);
                plane.drain(1);
                assertThat(closeCode(client)).isEqualTo(1001);
            }
            assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.INTERRUPTED);
        }
    }

    @Test
    void silenceOnBothSidesEndsTheSession() throws Exception {
        String quick = """
                  quick: {kind: llm, provider: openai, upstream: "%1$s", credential: sk-of-weir, allow-private: true,
                    deadlines: {silence: 300ms, first-byte: 20s}}
                """;
        try (var plane = new TestPlane(quick, ExchangeLimits.DEFAULTS)) {
            plane.upstream.serves((wire, number) -> {
                wire.send(FrameWire.switching(head(wire)));
                closeCode(wire);
            });
            try (Wire client = plane.client()) {
                client.request("GET /quick/v1/realtime", plane.auth() + FrameWire.HANDSHAKE, "");
                assertThat(FrameWire.head(client).status()).isEqualTo(101);
                assertThat(closeCode(client)).isEqualTo(1001);
            }
            assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.TIMEOUT);
        }
    }

    @Test
    void clientThatLeavesBeforeTheAnswerIsOneEvent() throws Exception {
        var asked = new CountDownLatch(1);
        PLANE.upstream.serves((wire, number) -> {
            head(wire);
            asked.countDown();
            wire.isClosed();
        });
        try (Wire client = PLANE.client()) {
            client.request(TARGET, PLANE.auth() + FrameWire.HANDSHAKE, "");
            assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.CLIENT_GONE);
    }

    /// A reader that takes nothing stops the sender: what the upstream could write is a few socket buffers, not all.
    @Test
    void slowReaderStopsTheSender() throws Exception {
        int piece = 64 << 10;
        int pieces = 1_000;
        var sent = new AtomicInteger();
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire)));
            for (int i = 0; i < pieces; i++) {
                wire.send(FrameWire.frame(FrameWire.BINARY, true, false, new byte[piece]));
                sent.incrementAndGet();
            }
            wire.send(FrameWire.close(false, 1000));
            FrameWire.read(wire);
        });
        try (Wire client = Wire.narrowTo(PLANE.port())) {
            client.request(TARGET, PLANE.auth() + FrameWire.HANDSHAKE, "");
            FrameWire.head(client);
            await().during(Duration.ofMillis(300)).atMost(Duration.ofSeconds(20)).until(stands(sent));
            assertThat(sent.get()).isLessThan(pieces);
            for (int i = 0; i < pieces; i++) {
                assertThat(FrameWire.read(client).payload()).hasSize(piece);
            }
            assertThat(FrameWire.read(client).closeCode()).isEqualTo(1000);
            client.send(FrameWire.close(true, 1000));
        }
        assertThat(PLANE.onlySettled().bytes().toString()).contains("" + ((long) piece * pieces + 2));
    }

    private static java.util.concurrent.Callable<Boolean> stands(AtomicInteger count) {
        var before = new AtomicInteger(-1);
        return () -> before.getAndSet(count.get()) == count.get();
    }

    private static Wire opened() throws Exception {
        Wire client = PLANE.client();
        client.request(TARGET, PLANE.auth() + FrameWire.HANDSHAKE, "");
        assertThat(FrameWire.head(client).start()).isEqualTo("HTTP/1.1 101 Switching Protocols");
        return client;
    }

    private static Wire.Message head(Wire wire) throws Exception {
        Wire.Message request = wire.request();
        if (request == null) {
            throw new java.io.EOFException("no handshake came");
        }
        return request;
    }

    private static void end(Wire wire, String how, boolean masked) throws Exception {
        switch (how) {
            case "END" -> wire.close();
            case "RESET" -> wire.reset();
            case "JUNK" -> wire.send(new byte[]{(byte) 0xff, (byte) 0xff, 1, 2, 3});
            default -> wire.send(FrameWire.close(masked, Integer.parseInt(how.substring(6))));
        }
        if (how.startsWith("CLOSE") && !masked) {
            wire.close();
        }
    }

    /// Reads on to a close frame.
    private static int closeCode(Wire wire) throws Exception {
        FrameWire.Frame frame = FrameWire.read(wire);
        while (frame.opcode() != FrameWire.CLOSE) {
            frame = FrameWire.read(wire);
        }
        return frame.closeCode();
    }
}
