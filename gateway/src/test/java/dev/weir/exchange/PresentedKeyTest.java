package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where a Weir key is found, how it is taken out again, and that none reaches the upstream from any of its places (G9.4).
class PresentedKeyTest {
    @RegisterExtension
    private static final TestPlane PLANE = TestPlane.shared();

    @BeforeEach
    void theProviderIsContent() {
        PLANE.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
    }

    private static MultiMap headers(String lines) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (String line : lines.split("\\|")) {
            if (line.contains(":")) {
                headers.add(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1).strip());
            }
        }
        return headers;
    }

    @ParameterizedTest(name = "{0}, query {1}: {2}")
    @CsvSource(nullValues = "-", value = {"'', -, absent", "Authorization: Bearer wr_a, -, wr_a",
        "authorization: bearer wr_a, -, wr_a", "Authorization: Bearer sk-a, -, absent", "x-api-key: wr_a, -, wr_a",
        "x-goog-api-key: wr_a, -, wr_a", "api-key: wr_a, -, wr_a", "api-key: sk-wr_a, -, absent",
        "X-Weir-Key: nonsense, -, nonsense", "'', a=b&key=wr_a&c, wr_a", "'', key=wr%5Fa, wr_a",
        "'', k%65y=wr_a, wr_a", "'', keys=wr_a, absent", "'', key=AIza, absent",
        "Authorization: Bearer sk-a|X-Weir-Key: wr_a, -, wr_a", "x-api-key: wr_a|api-key: wr_b, -, conflict",
        "x-api-key: wr_a, key=wr_b, conflict",
        "'Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.wr_a', -, wr_a",
        "Sec-WebSocket-Protocol: openai-insecure-api-key.sk-a, -, absent",
        "Sec-WebSocket-Protocol: openai-insecure-api-key.wr_a|api-key: wr_b, -, conflict"})
    void theKeyIsFoundWhereSdksPutIt(String headers, String query, String expected) {
        String found = switch (PresentedKey.of(headers(headers), query)) {
            case PresentedKey.Presented(String text) -> text;
            case PresentedKey.Absent _ -> "absent";
            case PresentedKey.Conflicting _ -> "conflict";
        };

        assertThat(found).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} leaves {1} and the provider's key {2}")
    @CsvSource(nullValues = "-", value = {"-, -, -", "a=b, a=b, -", "key=wr_a, -, -", "a=1&key=x&b=2, a=1&b=2, x",
        "a=&&b, a=&&b, -", "k%65y=wr_a&alt=sse, alt=sse, -", "key=wr%5fa, -, -", "key=a%2Bb, -, a+b",
        "'key=a%0d%0ab', -, 'a  b'"})
    void theKeyIsTakenOffTheQuery(String query, String rest, String providers) {
        assertThat(PresentedKey.withoutKey(query)).isEqualTo(rest);
        assertThat(PresentedKey.providerKeyIn(query)).isEqualTo(providers);
    }

    @ParameterizedTest(name = "{0}{1} to {2}")
    @CsvSource({"Authorization: Bearer KEY, '', openai", "x-api-key: KEY, '', openai",
        "x-goog-api-key: KEY, '', openai", "api-key: KEY, '', openai", "X-Weir-Key: KEY, '', openai",
        "'', ?alt=sse&key=KEY, openai", "'', ?k%65y=KEY, openai", "Authorization: Bearer KEY, '', mine",
        "x-api-key: KEY, '', mine", "X-Weir-Key: KEY, ?key=KEY, mine", "'', ?k%65y=KEY, mine"})
    void aWeirKeyNeverGoesUpstream(String header, String query, String route) throws Exception {
        String key = PLANE.key.reveal();
        try (var client = PLANE.client()) {
            String line = "POST /" + route + "/v1/chat/completions" + query.replace("KEY", key);
            assertThat(client.request(line, header.isEmpty() ? "" : header.replace("KEY", key) + "\r\n",
                    "{\"model\":\"gpt-4o-mini\",\"messages\":[]}").answer().status()).isEqualTo(200);
        }
        Wire.Message request = PLANE.upstream.onlyRequest();

        assertThat(request.start() + request.headers()).doesNotContain("wr_");
    }

    @ParameterizedTest
    @CsvSource({"Authorization: Bearer sk-mine, '', authorization, Bearer sk-mine",
        "api-key: sk-live_wr_mine, '', api-key, sk-live_wr_mine", "'', ?key=AIza, authorization, Bearer AIza"})
    void theClientsOwnKeyPassesWhereTheRouteSaysSo(String header, String query, String name, String value)
            throws Exception {
        try (var client = PLANE.client()) {
            client.request("POST /mine/v1/chat/completions" + query,
                    "X-Weir-Key: " + PLANE.key.reveal() + "\r\n" + (header.isEmpty() ? "" : header + "\r\n"),
                    "{\"model\":\"gpt-4o-mini\",\"messages\":[]}").answer();
        }

        assertThat(PLANE.upstream.onlyRequest().header(name)).isEqualTo(value);
        assertThat(PLANE.upstream.onlyRequest().target()).isEqualTo("/v1/chat/completions");
    }
}
