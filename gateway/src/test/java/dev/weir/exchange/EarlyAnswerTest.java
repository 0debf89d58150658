package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// An upstream that answers before an upload has ended: the answer passes, and the client's connection is then either clean
/// or closed (RFC 9112 §9.3, §9.6), or its stream is reset (RFC 9113 §8.1).
class EarlyAnswerTest {
    private static final String TOO_LARGE = "HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big";
    private static final int SHORT = 200_000;
    private static final int LONG = 8 << 20;
    private TestPlane plane;
    private HttpClient h2c;

    /// One for each test, so that none finds a connection that another one's upstream is closing.
    @BeforeEach
    void start() throws Exception {
        plane = new TestPlane();
        h2c = plane.vertx()
                .createHttpClient(new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false));
    }

    @AfterEach
    void stop() throws Exception {
        plane.close();
    }

    /// Reads a head, answers, and reads nothing more until the other side hangs up.
    private void answersAtOnce(String answer) {
        plane.upstream.serves((wire, number) -> {
            if (wire.head() != null) {
                wire.send(answer);
                wire.raw(Integer.MAX_VALUE);
            }
        });
    }

    private void sendHead(Wire client, String framing) throws Exception {
        client.send("POST /tickets/a HTTP/1.1\r\nHost: weir\r\n" + plane.auth() + framing + "\r\n\r\n");
    }

    @Test
    void theRestOfAShortBodyIsDroppedAndTheConnectionStaysUsable() throws Exception {
        answersAtOnce(TOO_LARGE);
        try (var client = plane.client()) {
            sendHead(client, "Content-Length: " + SHORT);
            client.send(new byte[1_000]);
            Wire.Message early = client.answer();
            client.send(new byte[SHORT - 1_000]);
            Wire.Message next = client.request("GET /tickets/b", plane.auth(), "").answer();

            assertThat(early.status()).isEqualTo(413);
            assertThat(early.text()).isEqualTo("too big");
            assertThat(early.header("connection")).isNull();
            assertThat(next.status()).isEqualTo(413);
        }
        assertThat(plane.settled()).hasSize(2).allMatch(event -> event.outcome() == Outcome.UPSTREAM_ERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: " + LONG, "Transfer-Encoding: chunked"})
    void aLongBodyIsNotReadToItsEndAndTheAnswerSaysThatTheConnectionCloses(String framing) throws Exception {
        answersAtOnce(TOO_LARGE);
        try (var client = plane.client()) {
            sendHead(client, framing);
            Wire.Message early = client.answer();

            assertThat(early.status()).isEqualTo(413);
            assertThat(early.whole()).isTrue();
            assertThat(early.header("connection")).isEqualTo("close");
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(plane.onlySettled().clientStatus()).isEqualTo(413);
    }

    /// The upstream takes nothing, so the client is paused when the answer comes; it writes all before it reads.
    @Test
    void aClientThatWritesEverythingBeforeItReadsStillGetsTheAnswer() throws Exception {
        answersAtOnce(TOO_LARGE);
        try (var client = plane.client()) {
            sendHead(client, "Content-Length: " + LONG);
            client.send(new byte[LONG]);

            assertThat(client.answer().status()).isEqualTo(413);
        }
        assertThat(plane.onlySettled().upstreamStatus()).isEqualTo(413);
    }

    @Test
    void anEarlyAnswerThatIsNoErrorDoesNotStopTheUpload() throws Exception {
        plane.upstream.serves((wire, number) -> {
            if (wire.head() != null) {
                wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").sendChunk("first");
                wire.raw(SHORT);
                wire.sendChunk("last").send("0\r\n\r\n");
            }
        });
        try (var client = plane.client()) {
            sendHead(client, "Content-Length: " + SHORT);
            client.head();
            assertThat(client.line()).isEqualTo("5");
            client.send(new byte[SHORT]);
            assertThat(client.raw(7)).asString().isEqualTo("first\r\n");
            assertThat(client.line()).isEqualTo("4");
        }
        assertThat(plane.onlySettled().bytes().upstreamOut()).isEqualTo(SHORT);
    }

    @Test
    void anUpstreamThatEndsItsAnswerInMidUploadIsNotSentTheRest() throws Exception {
        answersAtOnce("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        try (var client = plane.client()) {
            sendHead(client, "Content-Length: " + SHORT);
            Wire.Message early = client.answer();
            client.send(new byte[SHORT]);

            assertThat(early.text()).isEqualTo("ok");
            assertThat(client.request("GET /tickets/b", plane.auth(), "").answer().status()).isEqualTo(200);
        }
        assertThat(plane.settled()).extracting(event -> event.bytes().upstreamOut()).containsExactly(0L, 0L);
    }

    @Test
    void aStreamOfHttp2IsResetBehindItsAnswerAndItsConnectionGoesOn() throws Exception {
        answersAtOnce(TOO_LARGE);
        var reset = Promise.<Throwable>promise();
        var answered = Promise.<Buffer>promise();
        var request = TestPlane.done(h2c.request(HttpMethod.POST, plane.port(), "127.0.0.1", "/tickets/a"));
        request.putHeader("authorization", "Bearer " + plane.key.reveal()).setChunked(true);
        request.exceptionHandler(reset::tryComplete);
        request.response().compose(answer -> answer.body()).onComplete(answered);
        TestPlane.done(request.write(Buffer.buffer(new byte[1_000])));

        assertThat(TestPlane.done(answered.future()).toString()).isEqualTo("too big");
        assertThat(TestPlane.done(reset.future())).hasMessageContaining("reset");
        assertThat(get("/tickets/b", request.connection())).isEqualTo(413);
        assertThat(plane.settled()).hasSize(2);
    }

    private int get(String path, io.vertx.core.http.HttpConnection expected) throws Exception {
        var request = TestPlane.done(h2c.request(HttpMethod.GET, plane.port(), "127.0.0.1", path));
        assertThat(request.connection()).isSameAs(expected);
        request.putHeader("authorization", "Bearer " + plane.key.reveal());
        return TestPlane.done(OnLoop.run(plane.vertx(),
                () -> request.send().compose(answer -> answer.body().map(answer.statusCode()))));
    }

    @ParameterizedTest
    @EnumSource(value = HttpVersion.class, names = {"HTTP_1_1", "HTTP_2"})
    void aRequestWithoutABodyGoesUpWithoutOne(HttpVersion version) throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        HttpClient client = plane.vertx()
                .createHttpClient(new HttpClientOptions().setProtocolVersion(version)
                        .setHttp2ClearTextUpgrade(false));
        var request = TestPlane.done(client.request(HttpMethod.GET, plane.port(), "127.0.0.1", "/tickets/a"));
        request.putHeader("authorization", "Bearer " + plane.key.reveal());
        TestPlane.done(OnLoop.run(plane.vertx(), () -> request.send().compose(answer -> answer.body())));

        Wire.Message sent = plane.upstream.onlyRequest();
        assertThat(sent.headers()).doesNotContainKeys("transfer-encoding", "content-length");
        assertThat(sent.body()).isEmpty();
        assertThat(plane.onlySettled().bytes().upstreamOut()).isZero();
    }

    @Test
    void aGetOverHttp2IsTriedAgainLikeAnyOther() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send(number == 1
                ? "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        var request = TestPlane.done(h2c.request(HttpMethod.GET, plane.port(), "127.0.0.1", "/tickets/a"));
        request.putHeader("authorization", "Bearer " + plane.key.reveal());

        assertThat(TestPlane.done(request.send()).statusCode()).isEqualTo(200);
        assertThat(plane.settled()).hasSize(2);
    }

    @Test
    void aBodyOfUnknownLengthOverHttp2GoesUpInChunksAndItsHeadDoesNotWaitForIt() throws Exception {
        plane.upstream.serves((wire, number) -> {
            Wire.Message head = wire.head();
            if (head != null) {
                assertThat(head.header("transfer-encoding")).isEqualTo("chunked");
                wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                assertThat(wire.line()).isEqualTo("5");
                wire.raw(7);
                assertThat(wire.line()).isEqualTo("0");
                wire.sendChunk("heard").send("0\r\n\r\n");
            }
        });
        var request = TestPlane.done(h2c.request(HttpMethod.POST, plane.port(), "127.0.0.1", "/tickets/a"));
        request.putHeader("authorization", "Bearer " + plane.key.reveal()).setChunked(true);
        TestPlane.done(request.sendHead());
        var answer = TestPlane.done(request.response());
        var body = answer.body();
        TestPlane.done(request.end(Buffer.buffer("hello")));

        assertThat(TestPlane.done(body).toString()).isEqualTo("heard");
        assertThat(plane.onlySettled().bytes().clientIn()).isEqualTo(5);
    }

    @Test
    void aRefusedGetLeavesItsConnectionOpen() throws Exception {
        try (var client = plane.client()) {
            Wire.Message refused = client.request("GET /nowhere/a", plane.auth(), "").answer();

            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.header("connection")).isNull();
            assertThat(client.request("GET /nowhere/b", plane.auth(), "").answer().status()).isEqualTo(404);
        }
    }
}
