package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.Certificates;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.usage.Meter;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A whole call over each of the ways that `listen` offers: TLS with HTTP/2 by ALPN and with HTTP/1.1, and without TLS h2c by
/// prior knowledge. What the client gets and what is metered is the same on all.
class TlsCallTest {
    private static final String REQUEST = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String STREAMED = REQUEST.replace("}]}",
            "}],\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    private static final String WHOLE = "{\"id\":\"c1\",\"model\":\"gpt-4o-mini\",\"choices\":[],"
            + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}";
    private static final List<String> EVENTS = List.of(
            "data: {\"id\":\"c1\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"he\"}}]}\n\n",
            "data: {\"id\":\"c1\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"llo\"}}]}\n\n",
            "data: {\"id\":\"c1\",\"model\":\"gpt-4o-mini\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
                    + "\"completion_tokens\":4,\"total_tokens\":7}}\n\n",
            "data: [DONE]\n\n");

    private static Path authority;
    private static TestPlane tls;
    private static TestPlane plain;

    private enum Way {
        HTTP2_BY_ALPN(true, HttpVersion.HTTP_2, true),
        HTTP11_BY_ALPN(true, HttpVersion.HTTP_1_1, true),
        HTTP11_WITHOUT_ALPN(true, HttpVersion.HTTP_1_1, false),
        H2C_BY_PRIOR_KNOWLEDGE(false, HttpVersion.HTTP_2, false);

        private final boolean overTls;
        private final HttpVersion version;
        private final boolean alpn;

        Way(boolean overTls, HttpVersion version, boolean alpn) {
            this.overTls = overTls;
            this.version = version;
            this.alpn = alpn;
        }

        TestPlane plane() {
            return overTls ? tls : plain;
        }

        HttpClient client() {
            var options = new HttpClientOptions().setProtocolVersion(version)
                    .setHttp2ClearTextUpgrade(false)
                    .setSsl(overTls)
                    .setUseAlpn(alpn);
            if (alpn) {
                options.setAlpnVersions(List.of(version));
            }
            if (overTls) {
                options.setTrustOptions(new PemTrustOptions().addCertPath(authority.toString()));
            }
            return plane().vertx().createHttpClient(options);
        }
    }

    private record Answer(HttpVersion version, int status, io.vertx.core.MultiMap headers, String text) {}

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        var certificates = new Certificates(folder);
        authority = certificates.authority();
        tls = TestPlane.over(certificates.server("localhost", "dns:localhost"));
        plain = TestPlane.shared();
    }

    @AfterAll
    static void stop() throws Exception {
        tls.close();
        plain.close();
    }

    @BeforeEach
    void forget() {
        tls.forget();
        plain.forget();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aWholeChatPassesAndIsMetered(Way way) throws Exception {
        way.plane().upstream.answers((request, wire, number) -> wire.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive\r\n"
                        + "Content-Length: " + WHOLE.length() + "\r\n\r\n" + WHOLE));

        Answer answer = call(way, REQUEST, way.plane().key.reveal());

        assertThat(answer.version()).isEqualTo(way.version);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(WHOLE);
        assertThat(answer.headers().get("content-length")).isEqualTo("" + WHOLE.length());
        assertThat(answer.headers().get("x-weir-request-id")).startsWith("wrq_");
        assertThat(answer.headers().names()).doesNotContain("keep-alive", "Keep-Alive", "transfer-encoding");
        assertMetered(way);
        assertThat(way.plane().upstream.onlyRequest().text()).isEqualTo(REQUEST);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aStreamedChatPassesAndIsMetered(Way way) throws Exception {
        way.plane().upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (String event : EVENTS) {
                wire.sendChunk(event);
            }
            wire.send("0\r\n\r\n");
        });

        Answer answer = call(way, STREAMED, way.plane().key.reveal());

        assertThat(answer.version()).isEqualTo(way.version);
        assertThat(answer.text()).isEqualTo(String.join("", EVENTS));
        assertMetered(way);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aRefusalIsTheDialectsOwn(Way way) throws Exception {
        Answer answer = call(way, REQUEST, "wr_nonsense");

        assertThat(answer.version()).isEqualTo(way.version);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text()).contains("\"error\"", "key_unknown");
        assertThat(way.plane().upstream.requests()).isEmpty();
    }

    /// HTTP/2 has no connection to close: the stream is reset, so the client does not take a part for the whole.
    @ParameterizedTest
    @EnumSource(Way.class)
    void anAnswerThatBreaksOffIsNotTakenForWhole(Way way) {
        way.plane().upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.sendChunk(EVENTS.getFirst());
            wire.close();
        });

        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> call(way, STREAMED, way.plane().key.reveal())))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(way.version == HttpVersion.HTTP_2
                        ? StreamResetException.class
                        : io.vertx.core.http.HttpClosedException.class);
        assertThat(way.plane().onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
    }

    private static void assertMetered(Way way) {
        UsageEvent event = way.plane().onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.OK);
        assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(3);
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(4);
    }

    private static Answer call(Way way, String body, String key) throws Exception {
        HttpClient client = way.client();
        var options = new RequestOptions().setMethod(HttpMethod.POST)
                .setHost("localhost")
                .setPort(way.plane().port())
                .setURI("/openai/v1/chat/completions")
                .putHeader("authorization", "Bearer " + key);
        return TestPlane.done(OnLoop.run(way.plane().vertx(),
                () -> client.request(options).compose(request -> request.send(body)).compose(TlsCallTest::read))
                .eventually(client::close));
    }

    private static io.vertx.core.Future<Answer> read(HttpClientResponse response) {
        return response.body()
                .map(body -> new Answer(response.version(), response.statusCode(), response.headers(),
                        body.toString()));
    }
}
