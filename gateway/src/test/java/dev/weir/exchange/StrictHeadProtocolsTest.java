package dev.weir.exchange;

import static dev.weir.exchange.GuardedServer.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The guard on the other ways in: TLS with and without ALPN, HTTP/2 by ALPN, HTTP/2 by prior knowledge beside HTTP/1.1.
class StrictHeadProtocolsTest {
    private static final String GOOD = "GET /good HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n";
    private static final String SMUGGLED = "POST /bad HTTP/1.1\r\nHost: weir\r\nContent-Length: 4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    private static final byte[] PREFACE = bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final String PASSWORD = "changeit";

    private static GuardedServer tls;
    private static GuardedServer plain;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        String store = selfSigned(folder);
        tls = new GuardedServer(HeadLimits.DEFAULT, new HttpServerOptions().setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(new PfxOptions().setPath(store).setPassword(PASSWORD)));
        plain = new GuardedServer(HeadLimits.DEFAULT, GuardedServer.plaintext());
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

    @ParameterizedTest(name = "ALPN offers \"{0}\"")
    @ValueSource(strings = {"", "http/1.1"})
    void firstHeadOverTlsIsChecked(String protocol) throws Exception {
        assertThat(talkTls(protocol, SMUGGLED)).startsWith("HTTP/1.1 400").contains("length_and_coding");
        assertThat(tls.routed).isEmpty();
        assertThat(tls.refused).containsExactly(HeadRefusal.LENGTH_AND_CODING);
    }

    @ParameterizedTest(name = "ALPN offers \"{0}\"")
    @ValueSource(strings = {"", "http/1.1"})
    void laterHeadOverTlsIsCheckedAndAnsweredInTurn(String protocol) throws Exception {
        String answer = talkTls(protocol, GOOD.replace("Connection: close\r\n", "") + SMUGGLED);
        assertThat(answer).startsWith("HTTP/1.1 200").contains("GET /good 0\n").contains("HTTP/1.1 400");
        assertThat(tls.routed).containsExactly("GET /good");
    }

    @ParameterizedTest(name = "ALPN offers \"{0}\"")
    @ValueSource(strings = {"", "http/1.1"})
    void goodRequestsOverTlsPass(String protocol) throws Exception {
        assertThat(talkTls(protocol, GOOD)).startsWith("HTTP/1.1 200").contains("GET /good 0");
        assertThat(tls.refused).isEmpty();
    }

    @Test
    void prefaceInAnySplitIsHttp2() throws Exception {
        byte[] opening = Arrays.copyOf(PREFACE, PREFACE.length + EMPTY_SETTINGS.length);
        System.arraycopy(EMPTY_SETTINGS, 0, opening, PREFACE.length, EMPTY_SETTINGS.length);
        for (int at = 1; at < opening.length; at++) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), plain.port())) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(opening, 0, at);
                socket.getOutputStream().flush();
                socket.getOutputStream().write(opening, at, opening.length - at);
                assertThat(frameType(socket.getInputStream())).as("split at %d", at).isEqualTo(4);
            }
        }
        assertThat(plain.refused).isEmpty();
    }

    @Test
    void prefaceOnATlsConnectionWithoutH2IsRefused() throws Exception {
        assertThat(talkTls("", new String(PREFACE))).startsWith("HTTP/1.1 400");
        assertThat(tls.routed).isEmpty();
    }

    @Test
    void http2ByPriorKnowledgeAndByAlpnPasses() throws Exception {
        assertThat(http2(plain, HttpMethod.GET, "/good?a=b")).isEqualTo("200 GET /good?a=b 0\n");
        assertThat(http2(tls, HttpMethod.GET, "/good?a=b")).isEqualTo("200 GET /good?a=b 0\n");
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({"/a/../b, target_dot_segment", "/a/%2e%2e/b, target_dot_segment", "/a%00, target_encoded_control",
        "/a%, target_percent_coding", "/a\\b, target_backslash", "//a, target_empty_first_segment"})
    void http2TargetWithTwoReadingsIsRefused(String target, String code) throws Exception {
        assertThat(http2(plain, HttpMethod.GET, target)).isEqualTo("400 " + code);
        assertThat(plain.routed).isEmpty();
        assertThat(plain.refused).extracting(HeadRefusal::code).containsExactly(code);
    }

    @Test
    void http2TraceIsRefused() throws Exception {
        assertThat(http2(plain, HttpMethod.TRACE, "/a")).isEqualTo("501 trace");
    }

    @Test
    void everyPortOfAGuardedVertxIsGuarded() throws Exception {
        var other = plain.vertx.createHttpServer()
                .requestHandler(request -> request.response().end("routed"))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), other.actualPort())) {
            assertThat(GuardedServer.talk(socket, bytes(SMUGGLED))).startsWith("HTTP/1.1 400");
        }
    }

    private static int frameType(InputStream in) throws IOException {
        byte[] header = in.readNBytes(9);
        return header.length < 9 ? -1 : header[3];
    }

    private static String http2(GuardedServer server, HttpMethod method, String target) throws Exception {
        boolean overTls = server == tls;
        var options = new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setSsl(overTls)
                .setUseAlpn(overTls)
                .setTrustAll(true)
                .setVerifyHost(false);
        var client = server.vertx.createHttpClient(options);
        var asked = new RequestOptions().setMethod(method)
                .setHost("127.0.0.1")
                .setPort(server.port())
                .setURI(target);
        return OnLoop.run(server.vertx, () -> client.request(asked)
                .compose(request -> request.send())
                .compose(response -> response.body().map(body -> {
                    assertThat(response.version()).isEqualTo(HttpVersion.HTTP_2);
                    return response.statusCode() + " " + body;
                })))
                .eventually(client::close)
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private static String talkTls(String protocol, String request) throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[]{new TrustAll()}, null);
        try (var socket = (SSLSocket) context.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), tls.port())) {
            if (!protocol.isEmpty()) {
                var parameters = socket.getSSLParameters();
                parameters.setApplicationProtocols(new String[]{protocol});
                socket.setSSLParameters(parameters);
            }
            return GuardedServer.talk(socket, bytes(request));
        }
    }

    private static String selfSigned(Path folder) throws Exception {
        Path store = folder.resolve("weir.p12");
        var keytool = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "weir", "-keyalg", "EC", "-dname", "CN=localhost", "-validity", "2",
                "-storetype",
                "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD)).inheritIO().start();
        assertThat(keytool.waitFor(Duration.ofSeconds(30))).isTrue();
        assertThat(keytool.exitValue()).isZero();
        return store.toString();
    }

    private static final class TrustAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
