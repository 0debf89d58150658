package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Realtime sessions through a running data plane: what passes, whose key it is, what is refused before 101, what it costs.
class WebSocketTest {
    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    private static final String TARGET = "GET /openai/v1/realtime?model=gpt-realtime";
    private static final String SESSION = "{\"type\":\"session.created\",\"session\":{\"model\":\"gpt-realtime\"}}";
    private static final String CREATED = "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}";
    private static final String DONE = "{\"type\":\"response.done\",\"response\":{\"id\":\"resp_1\",\"usage\":"
            + "{\"input_tokens\":10,\"output_tokens\":4,\"total_tokens\":14}}}";

    @Test
    void framesOfEveryKindPassUnchangedInBothDirections() throws Exception {
        byte[][] down = {FrameWire.fromServer(SESSION), FrameWire.frame(FrameWire.PING, true, false, "p".getBytes()),
            FrameWire.frame(FrameWire.TEXT, false, false, DONE.substring(0, 20).getBytes()),
            FrameWire.frame(FrameWire.PONG, true, false, new byte[0]),
            FrameWire.frame(FrameWire.CONTINUATION, false, false, new byte[0]),
            FrameWire.frame(FrameWire.CONTINUATION, true, false, DONE.substring(20).getBytes()),
            FrameWire.frame(FrameWire.BINARY, true, false, new byte[70_000]), FrameWire.close(false, 1000)};
        byte[][] up = {FrameWire.fromClient("{}"), FrameWire.frame(FrameWire.PONG, true, true, "p".getBytes()),
            FrameWire.frame(FrameWire.BINARY, false, true, new byte[300]),
            FrameWire.frame(FrameWire.PING, true, true, new byte[125]),
            FrameWire.frame(FrameWire.CONTINUATION, true, true, new byte[65_536]), FrameWire.close(true, 1000)};
        BlockingQueue<byte[]> seen = new ArrayBlockingQueue<>(1);
        PLANE.upstream.serves((wire, number) -> {
            // In one piece with the answer: a server speaks first.
            wire.send(concat(FrameWire.switching(head(wire)).getBytes(), concat(down)));
            seen.add(wire.raw(concat(up).length));
        });

        try (Wire client = opened()) {
            for (byte b : concat(up)) {
                client.send(new byte[]{b});
            }
            assertThat(client.raw(concat(down).length)).isEqualTo(concat(down));
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo(concat(up));
            assertThat(client.isClosed()).isTrue();
        }

        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.OK);
        assertThat(event.clientStatus()).isEqualTo(101);
        assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(10);
        assertThat(event.quantities().amount(Meter.CALLS)).isEqualTo(1);
        assertThat(event.modelAsked()).isEqualTo("gpt-realtime");
        assertThat(event.cost()).isNotNull();
        long downPayload = SESSION.length() + 1 + DONE.length() + 70_000 + 2;
        long upPayload = 2 + 1 + 300 + 125 + 65_536 + 2;
        assertThat(event.bytes().toString()).contains("" + downPayload, "" + upPayload);
    }

    @Test
    void clientOfTheJdkSpeaksThroughIt() throws Exception {
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire)));
            FrameWire.Frame asked = FrameWire.read(wire);
            wire.send(FrameWire.frame(FrameWire.PING, true, false, "beat".getBytes()));
            assertThat(FrameWire.read(wire).text()).isEqualTo("beat");
            wire.send(FrameWire.fromServer(CREATED)).send(FrameWire.fromServer(DONE));
            FrameWire.Frame goodbye = FrameWire.read(wire);
            wire.send(FrameWire.close(false, goodbye.closeCode()));
            assertThat(asked.text()).isEqualTo("{\"type\":\"response.create\"}");
            assertThat(goodbye.closeCode()).isEqualTo(3000);
        });
        BlockingQueue<String> heard = new ArrayBlockingQueue<>(10);
        try (var http = HttpClient.newHttpClient()) {
            WebSocket socket = http.newWebSocketBuilder()
                    .header("Authorization", "Bearer " + PLANE.key.reveal())
                    .buildAsync(URI.create("ws://127.0.0.1:" + PLANE.port() + "/openai/v1/realtime"), listener(heard))
                    .get(20, TimeUnit.SECONDS);
            socket.sendText("{\"type\":\"response.create\"}", true).get(20, TimeUnit.SECONDS);
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(CREATED);
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(DONE);
            socket.sendClose(3000, "bye").get(20, TimeUnit.SECONDS);
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("closed 3000");
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.OK);
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    Authorization: Bearer KEY                                                      |          |
                    api-key: KEY                                                                   |          |
                    X-Weir-Key: KEY                                                                |          |
                    A: b                                                                           | &key=KEY |
                    Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.KEY, openai-beta.v1  |          | realtime, openai-beta.v1
                    Sec-WebSocket-Protocol: openai-insecure-api-key.KEY                            |          |
                    """)
    void keyIsFoundAndReplacedByTheUpstreamsCredential(String header, String query, String protocols) throws Exception {
        PLANE.upstream.answers((request, wire, number) -> {
            wire.send(FrameWire.switching(request)).send(FrameWire.close(false, 1000));
            FrameWire.read(wire);
        });
        String key = PLANE.key.reveal();
        try (Wire client = PLANE.client()) {
            client.request(TARGET + (query == null ? "" : query.replace("KEY", key)),
                    FrameWire.HANDSHAKE + "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                            + header.replace("KEY", key) + "\r\n",
                    "");
            assertThat(FrameWire.head(client).start()).isEqualTo("HTTP/1.1 101 Switching Protocols");
            client.send(FrameWire.close(true, 1000));
            FrameWire.read(client);
        }
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.OK);
        Wire.Message sent = PLANE.upstream.onlyRequest();
        assertThat(sent.toString()).doesNotContain("wr_");
        assertThat(sent.header("authorization")).isEqualTo("Bearer " + TestPlane.PROVIDER_KEY);
        assertThat(sent.header("sec-websocket-protocol")).isEqualTo(protocols);
        assertThat(sent.header("sec-websocket-extensions")).isNull();
        assertThat(sent.header("upgrade")).isEqualTo("websocket");
        assertThat(sent.target()).isEqualTo("/v1/realtime?model=gpt-realtime");
    }

    @ParameterizedTest
    @CsvSource({"openai-insecure-api-key.sk-mine, openai-insecure-api-key.sk-mine",
        "openai-insecure-api-key.wr_mine, ", "'realtime, wr_x', realtime"})
    void subprotocolOfAPassRouteIsTheClientsOwn(String offered, String expected) throws Exception {
        PLANE.upstream.answers((request, wire, number) -> wire.close());
        PLANE.call("GET /mine/v1/realtime", "Sec-WebSocket-Protocol: " + offered.replace("wr_mine", PLANE.key.reveal())
                + "\r\n" + FrameWire.HANDSHAKE, "");
        assertThat(PLANE.upstream.onlyRequest().header("sec-websocket-protocol")).isEqualTo(expected);
        PLANE.settled();
    }

    @Test
    void headOfTheAnswerIsTheUpstreamsAndNamesTheCall() throws Exception {
        PLANE.upstream.serves((wire, number) -> wire.send(FrameWire.switching(head(wire))));
        try (Wire client = PLANE.client()) {
            client.request(TARGET, PLANE.auth() + FrameWire.HANDSHAKE, "");
            Wire.Message head = FrameWire.head(client);
            assertThat(head.header("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            assertThat(head.header("x-upstream")).isEqualTo("yes");
            assertThat(head.header("x-weir-request-id")).startsWith("wrq_");
            assertThat(head.header("upgrade")).isEqualTo("websocket");
            assertThat(head.header("connection")).isEqualToIgnoringCase("upgrade");
        }
        PLANE.settled();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 429, 503, 200})
    void whatTheUpstreamSaysInsteadOf101Passes(int status) throws Exception {
        PLANE.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 " + status
                + " Because\r\nContent-Length: 8\r\nX-Why: so\r\n\r\n{\"a\":42}"));
        Wire.Message answer = PLANE.call("GET /mine/v1/realtime", FrameWire.HANDSHAKE, "");
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo("{\"a\":42}");
        assertThat(answer.header("x-why")).isEqualTo("so");
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.UPSTREAM_ERROR);
        assertThat(event.upstreamStatus()).isEqualTo(status);
    }

    @Test
    void refusedCredentialOfOursIsABadGateway() throws Exception {
        PLANE.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
        Wire.Message answer = PLANE.call(TARGET, FrameWire.HANDSHAKE, "");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("upstream_credential_rejected");
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_ERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOx=\r\n", "",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"})
    void answerWithoutProofOpensNothing(String proof) throws Exception {
        PLANE.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + proof + "\r\n"));
        Wire.Message answer = PLANE.call(TARGET, FrameWire.HANDSHAKE, "");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
    }

    @Test
    void refusalsComeBefore101InTheDialectsShape() throws Exception {
        try (Wire client = PLANE.client()) {
            client.request(TARGET, "Authorization: Bearer sk-other\r\n" + FrameWire.HANDSHAKE, "");
            Wire.Message answer = client.answer();
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.text()).contains("\"error\":{", "\"code\":\"key_missing\"");
        }
        PLANE.limits(Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.TOTAL,
                1_000_000));
        Wire.Message answer = PLANE.call(TARGET, FrameWire.HANDSHAKE, "");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("\"code\":\"unbounded_request\"", "realtime session");
        assertThat(PLANE.journal.opened()).isEmpty();
        assertThat(PLANE.journal.refused()).singleElement()
                .satisfies(event -> assertThat(event.outcome()).isEqualTo(Outcome.BLOCKED));
        assertThat(PLANE.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/openai/v1/chat/completions", "/anthropic/v1/realtime", "/tickets/v1/realtime", "/nowhere/x"})
    void headCheckRefusesAWebSocketWhereNoRouteTakesOne(String path) throws Exception {
        Wire.Message answer = PLANE.call("GET " + path, FrameWire.HANDSHAKE, "");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("\"code\":\"websocket_not_here\"");
        assertThat(PLANE.journal.entries()).isEmpty();
    }

    @Test
    void upgradeOfTheJdksClientIsToldWhatToDo() throws Exception {
        Wire.Message answer = PLANE.call("POST /openai/v1/chat/completions",
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", "{}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("HttpClient.Version.HTTP_1_1");
    }

    @Test
    void nothingGoesUpstreamBeforeItsOpeningRecordIsKept() throws Exception {
        PLANE.upstream.answers((request, wire, number) -> wire.send(FrameWire.switching(request)));
        PLANE.journal.keeps(RecordingJournal.Part.OPEN, false);
        assertThat(PLANE.call(TARGET, FrameWire.HANDSHAKE, "").status()).isEqualTo(503);
        assertThat(PLANE.upstream.requests()).isEmpty();
    }

    @Test
    void sessionThatAskedNothingCostsNothing() throws Exception {
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire)))
                    .send(FrameWire.fromServer(SESSION))
                    .send(FrameWire.close(false, 1000));
            FrameWire.read(wire);
        });
        try (Wire client = opened()) {
            FrameWire.read(client);
            FrameWire.read(client);
            client.send(FrameWire.close(true, 1000));
            assertThat(client.isClosed()).isTrue();
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.quantities().has(Meter.TOKENS_IN)).isFalse();
        assertThat(String.valueOf(event.cost())).isEqualTo(String.valueOf(dev.weir.money.Money.ZERO));
    }

    @Test
    void transcriptIsSoldAtItsOwnModelsPrice() throws Exception {
        PLANE.upstream.serves((wire, number) -> {
            wire.send(FrameWire.switching(head(wire)))
                    .send(FrameWire.fromServer(SESSION.replace("}}",
                            ",\"audio\":{\"input\":{\"transcription\":{\"model\":\"gpt-4o-transcribe\"}}}}}")))
                    .send(FrameWire.fromServer("{\"type\":\"conversation.item.input_audio_transcription.completed\","
                            + "\"usage\":{\"input_tokens\":1000,\"output_tokens\":100,"
                            + "\"input_token_details\":{\"audio_tokens\":1000}}}"))
                    .send(FrameWire.fromServer(DONE))
                    .send(FrameWire.close(false, 1000));
            FrameWire.read(wire);
        });
        try (Wire client = opened()) {
            assertThat(closeCode(client)).isEqualTo(1000);
            client.send(FrameWire.close(true, 1000));
            assertThat(client.isClosed()).isTrue();
        }
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(1_010);
        // 10 at $4, 4 at $16; 1,000 of sound at $2.50, or $6 before 2026-05-14, 100 at $10; all per million.
        long picos = 10 * 4_000_000L + 4 * 16_000_000L + 100 * 10_000_000L;
        assertThat(java.util.Objects.requireNonNull(event.cost()).picos()).isIn(picos + 1_000 * 2_500_000L,
                picos + 1_000 * 6_000_000L);
    }

    @Test
    void firstMessageNamesTheModelOfGemini() throws Exception {
        String gemini = """
                  live: {kind: llm, provider: google, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
                """;
        try (var plane = new TestPlane(gemini, ExchangeLimits.DEFAULTS)) {
            plane.upstream.serves((wire, number) -> {
                wire.send(FrameWire.switching(head(wire)));
                FrameWire.read(wire);
                wire.send(FrameWire.frame(FrameWire.BINARY, true, false,
                        "{\"usageMetadata\":{\"promptTokenCount\":5,\"responseTokenCount\":3}}".getBytes()));
                wire.send(FrameWire.close(false, 1000));
                FrameWire.read(wire);
            });
            try (Wire client = plane.client()) {
                client.request("GET /live/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
                        + "?key=" + plane.key.reveal(), FrameWire.HANDSHAKE, "");
                assertThat(FrameWire.head(client).status()).isEqualTo(101);
                client.send(FrameWire.fromClient("{\"setup\":{\"model\":\"models/gemini-2.0-flash-live-001\"}}"));
                assertThat(closeCode(client)).isEqualTo(1000);
                client.send(FrameWire.close(true, 1000));
                assertThat(client.isClosed()).isTrue();
            }
            UsageEvent event = plane.onlySettled();
            assertThat(event.modelAsked()).isEqualTo("gemini-2.0-flash-live-001");
            assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(5);
            assertThat(event.cost()).isNotNull();
        }
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

    /// Reads on to a close frame.
    private static int closeCode(Wire wire) throws Exception {
        FrameWire.Frame frame = FrameWire.read(wire);
        while (frame.opcode() != FrameWire.CLOSE) {
            frame = FrameWire.read(wire);
        }
        return frame.closeCode();
    }

    private static WebSocket.Listener listener(BlockingQueue<String> heard) {
        return new WebSocket.Listener() {
            private final StringBuilder message = new StringBuilder();

            @Override
            public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                message.append(data);
                if (last) {
                    heard.add(message.toString());
                    message.setLength(0);
                }
                socket.request(1);
                return null;
            }

            @Override
            public @Nullable CompletionStage<?> onPing(WebSocket socket, ByteBuffer data) {
                socket.request(1);
                return null;
            }

            @Override
            public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                heard.add("closed " + code);
                return null;
            }
        };
    }

    private static byte[] concat(byte[]... pieces) {
        var all = new java.io.ByteArrayOutputStream();
        List.of(pieces).forEach(all::writeBytes);
        return all.toByteArray();
    }
}
