package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each bad input has its status, its shape and its code, and none shows a secret or a stack trace.
class BadInputIT {
    private static final String CANARY = "sk-canary-7d1f";
    private static final String GOOD = "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @TempDir
    private static Path folder;
    private static WeirProcess weir;
    private static String key;

    @BeforeAll
    static void start() throws Exception {
        int nobody = WeirProcess.freePort();
        weir = WeirProcess.start(folder,
                """
                        routes:
                          sandbox: {kind: llm, provider: sandbox, body-max: 64KiB}
                          slow: {kind: llm, provider: sandbox, deadlines: {first-byte: 300ms}}
                          gone: {kind: llm, provider: openai, upstream: "http://127.0.0.1:%d", credential: %s, allow-private: true}
                          private: {kind: connector, provider: internal, upstream: "http://localhost:%d", credential: %s, allow-private: true}
                        """
                        .formatted(nobody, CANARY, nobody, CANARY));
        key = weir.newKey("acme", "pro");
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /nowhere/v1/x                    | good      | 404 | route_unknown        | urn:weir:problem
            /sandbox/v1/chat/completions     | {"model": | 400 | bad_request          | "type":"invalid_request_error"
            /sandbox/v1/messages             | {"model": | 400 | bad_request          | "type":"error"
            /sandbox/v1/chat/completions     | large     | 413 | body_too_large       | "error"
            /gone/v1/chat/completions        | good      | 502 | upstream_unreachable | "error"
            /private/x                       | good      | 502 | upstream_unreachable | urn:weir:problem
            /slow/v1/chat/completions        | slow      | 504 | upstream_timeout     | "error"
            """)
    void badInputHasItsStatusCodeAndShape(String path, String body, int status, String code, String shape)
            throws Exception {
        HttpResponse<String> answer = post(path, key, switch (body) {
            case "good" -> GOOD;
            case "large" -> GOOD.replace("hi", "x".repeat(70_000));
            case "slow" -> GOOD.replace("\"max_tokens\"", "\"weir_sandbox\":{\"delay_ms\":2000},\"max_tokens\"");
            default -> body;
        });
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains(code).contains(shape).doesNotContain(CANARY).doesNotContain("Exception");
        assertThat(answer.headers().firstValue("x-weir-request-id")).isPresent();
    }

    @Test
    void pricesAreCheckedAgainstWhatTheRunningWeirHasSeen() {
        var out = new java.io.StringWriter();
        var line = Main.commandLine().setOut(new java.io.PrintWriter(out, true));
        var words = new java.util.ArrayList<>(List.of("prices", "check"));
        words.addAll(weir.place());

        assertThat(line.execute(words.toArray(new String[0]))).as(out.toString()).isEqualTo(Main.DONE);

        assertThat(out.toString()).contains("Price book list-", "Everything that was used has a price.");
    }

    @Test
    void keysThatDoNotOpenAre401() throws Exception {
        String revoked = weir.newKey("gone", "pro");
        String id = weir.control("GET", "/api/keys?tenant=gone", "").replaceAll(".*\"id\":\"(key_[^\"]+)\".*", "$1");
        assertThat(post("/sandbox/v1/chat/completions", revoked, GOOD).statusCode()).isEqualTo(200);
        weir.control("DELETE", "/api/keys/" + id, "");

        assertThat(post("/sandbox/v1/chat/completions", revoked, GOOD).body()).contains("key_revoked");
        assertThat(post("/sandbox/v1/chat/completions", revoked, GOOD).statusCode()).isEqualTo(401);
        assertThat(post("/sandbox/v1/chat/completions", "wr_unknown", GOOD).statusCode()).isEqualTo(401);
        assertThat(post("/sandbox/v1/chat/completions", "sk-other", GOOD).body()).contains("key_missing");
    }

    @Test
    void aHeadThatIsTooLargeIs431AndOneWithTwoReadingsIs400() throws Exception {
        assertThat(
                RawHttp.statusOf(weir.dataPort(), "GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(40_000) + "\r\n\r\n"))
                .isEqualTo(431);
        assertThat(RawHttp.statusOf(weir.dataPort(),
                "POST /sandbox/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .isEqualTo(400);
    }

    @Test
    void noSecretIsInEventsMetricsOrLog() throws Exception {
        post("/gone/v1/chat/completions", key, GOOD);
        Events.atLeast(1, weir, "acme");
        assertThat(weir.control("GET", "/api/events?tenant=acme", "")).doesNotContain(CANARY).doesNotContain(key);
        assertThat(weir.control("GET", "/metrics", "")).doesNotContain(CANARY).doesNotContain(key);
        assertThat(weir.log()).doesNotContain(CANARY).doesNotContain(key).doesNotContain("\tat dev.weir");
    }

    private static HttpResponse<String> post(String path, String withKey, String body) throws Exception {
        return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url(path)))
                .header("Authorization", "Bearer " + withKey)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(), HttpResponse.BodyHandlers.ofString());
    }
}
