package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.Certificates;
import dev.weir.event.Outcome;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How upstreams are reached: by TLS with the authorities of the route, and through an outbound proxy. No credential goes to
/// whom it is not for.
class UpstreamConnectionTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    private static final String CHAT = "{\"model\":\"gpt-4o-mini\",\"messages\":[]}";
    private static final String ROUTES = """
              trusted: {kind: connector, upstream: "%2$s", ca: "%4$s", %1$s}
              trustedllm: {kind: llm, provider: openai, upstream: "%2$s", ca: "%4$s", %1$s}
              unknown: {kind: connector, upstream: "%2$s", %1$s}
              unknownllm: {kind: llm, provider: openai, upstream: "%2$s", %1$s}
              stranger: {kind: connector, upstream: "%2$s", ca: "%5$s", %1$s}
              misnamed: {kind: connector, upstream: "%3$s", ca: "%4$s", %1$s}
              tunnel: {kind: connector, upstream: "%2$s", ca: "%4$s", proxy: "%6$s", %1$s}
              tunnelllm: {kind: llm, provider: openai, upstream: "%2$s", ca: "%4$s", proxy: "%6$s", %1$s}
              tunnelunknown: {kind: connector, upstream: "%2$s", proxy: "%6$s", %1$s}
              tunnelmisnamed: {kind: connector, upstream: "%3$s", ca: "%4$s", proxy: "%6$s", %1$s}
              passed: {kind: connector, upstream: "%7$s/prefix", proxy: "%6$s", %1$s}
            """;

    private static ScriptedUpstream secure;
    private static ForwardProxy proxy;
    private static TestPlane plane;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        var certificates = new Certificates(folder.resolve("one"));
        var others = new Certificates(folder.resolve("other"));
        secure = new ScriptedUpstream(certificates.server("upstream", "dns:localhost").context());
        proxy = new ForwardProxy();
        plane = new TestPlane(ROUTES.formatted("credential: sk-of-weir, allow-private: true", secure.url("localhost"),
                secure.url("127.0.0.1"), certificates.authority(), others.authority(),
                "http://127.0.0.1:" + proxy.port(), "%1$s"), ExchangeLimits.DEFAULTS);
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
        proxy.close();
        secure.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
        proxy.forget();
        secure.forget();
        secure.answers((request, wire, number) -> wire.send(OK));
        plane.upstream.answers((request, wire, number) -> wire.send(OK));
    }

    @ParameterizedTest
    @CsvSource({"GET /trusted/a?b=c, ''", "POST /trustedllm/v1/chat/completions, CHAT"})
    void anUpstreamWhoseAuthorityTheRouteNamesIsReached(String line, String body) throws Exception {
        assertThat(plane.call(line, "", body.replace("CHAT", CHAT)).text()).isEqualTo("{}");
        assertThat(secure.onlyRequest().header("authorization")).isEqualTo("Bearer sk-of-weir");
        assertThat(secure.onlyRequest().header("host")).isEqualTo("localhost:" + secure.port());
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    /// Neither Weir nor the SDK tries again what cannot become better by trying.
    @ParameterizedTest
    @CsvSource({"GET /unknown/a, ''", "POST /unknownllm/v1/chat/completions, CHAT", "GET /stranger/a, ''",
        "GET /misnamed/a, ''", "GET /tunnelunknown/a, ''", "GET /tunnelmisnamed/a, ''"})
    void anUpstreamThatCannotProveWhoItIsGetsNothing(String line, String body) throws Exception {
        Wire.Message answer = plane.call(line, "", body.replace("CHAT", CHAT));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("upstream_unreachable", "certificate", "`ca`").doesNotContain("sk-of-weir");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        assertThat(secure.requests()).isEmpty();
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
    }

    @ParameterizedTest
    @CsvSource({"GET /tunnel/a?b=c, ''", "POST /tunnelllm/v1/chat/completions, CHAT"})
    void aProxySeesOfAnEncryptedUpstreamOnlyItsHostAndPort(String line, String body) throws Exception {
        assertThat(plane.call(line, "X-Secret: of-the-client\r\n", body.replace("CHAT", CHAT)).text()).isEqualTo("{}");

        assertThat(proxy.heads()).hasSize(1);
        String head = proxy.heads().getFirst();
        assertThat(head).startsWith("CONNECT localhost:" + secure.port() + " HTTP/1.");
        assertThat(head.toLowerCase(Locale.ROOT)).doesNotContain("authorization", "sk-of-weir", "wr_", "secret", "/a",
                "chat");
        assertThat(secure.onlyRequest().header("authorization")).isEqualTo("Bearer sk-of-weir");
        assertThat(secure.onlyRequest().header("host")).isEqualTo("localhost:" + secure.port());
        assertThat(secure.onlyRequest().text()).isEqualTo(body.replace("CHAT", CHAT));
    }

    @Test
    void aProxyGetsRequestsForAPlaintextUpstreamInAbsoluteForm() throws Exception {
        assertThat(plane.call("GET /passed/a?b=c", "", "").text()).isEqualTo("{}");

        assertThat(proxy.heads()).hasSize(1);
        assertThat(proxy.heads().getFirst())
                .startsWith("GET http://127.0.0.1:" + plane.upstream.port() + "/prefix/a?b=c HTTP/1.1\r\n")
                .doesNotContain("wr_");
        assertThat(plane.upstream.onlyRequest().target()).isEqualTo("/prefix/a?b=c");
        assertThat(plane.upstream.onlyRequest().header("host")).isEqualTo("127.0.0.1:" + plane.upstream.port());
        assertThat(plane.upstream.onlyRequest().header("authorization")).isEqualTo("Bearer sk-of-weir");
    }

    @Test
    void aProxyThatRefusesIsAnUpstreamThatCannotBeReached() throws Exception {
        proxy.refuses(true);
        Wire.Message answer = plane.call("POST /tunnelllm/v1/chat/completions", "", CHAT);

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("upstream_unreachable", "cannot be reached");
        assertThat(secure.requests()).isEmpty();
        assertThat(plane.settled()).hasSize(2).allMatch(event -> event.outcome() == Outcome.UPSTREAM_GONE);
    }
}
