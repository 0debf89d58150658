package dev.weir.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.AwsKey;
import dev.weir.config.Secret;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.upstream.SigV4;
import dev.weir.usage.Meter;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A Bedrock route: who the client is, what goes upstream under whose credential, and what comes back.
class BedrockRouteTest {
    private static final String CONVERSE = "/model/us.amazon.nova-lite-v1%3A0/converse";
    private static final String ASKED = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}";
    private static final String TOLD = "{\"output\":{\"message\":{\"content\":[{\"text\":\"ho\"}]}},\"stopReason\":"
            + "\"end_turn\",\"usage\":{\"inputTokens\":3,\"outputTokens\":2,\"totalTokens\":5}}";
    /// What an SDK of AWS sends that was given some key pair, any at all.
    private static final String DUMMY_SIGNATURE = "Authorization: AWS4-HMAC-SHA256 Credential=dummy/20261125/us-east-1"
            + "/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\nX-Amz-Date: 20261125T000000Z\r\n"
            + "X-Amz-Security-Token: dummy-token\r\nX-Amz-Content-Sha256: 00\r\n";
    private static TestPlane plane;

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane("""
                  bedrock: {kind: llm, provider: bedrock, upstream: "%1$s/aws", credential: "AKID:secret:token",
                    credential-as: sigv4, region: us-east-1, allow-private: true}
                  bearer: {kind: llm, provider: bedrock, upstream: "%1$s", credential: api-key, allow-private: true}
                  passed: {kind: llm, provider: bedrock, upstream: "%1$s", client-credential: pass, allow-private: true}
                """, ExchangeLimits.DEFAULTS);
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nx-amzn-RequestId: req-1\r\n"
                + "Content-Length: " + TOLD.length() + "\r\n\r\n" + TOLD));
    }

    @Test
    void aClientThatSignsWithAnyKeyIsKnownByItsHeaderAndSignedForAnew() throws Exception {
        Wire.Message answer = call("POST /bedrock" + CONVERSE, weirKey() + DUMMY_SIGNATURE
                + "Content-Type: application/json\r\nX-Amz-User-Agent: aws-sdk-js/3\r\n", ASKED);
        assertThat(answer.text()).isEqualTo(TOLD);

        Wire.Message sent = plane.upstream.onlyRequest();
        assertThat(sent.target()).isEqualTo("/aws" + CONVERSE);
        assertThat(sent.headers().toString()).doesNotContain("dummy", "wr_");
        assertSigned(sent, "content-type;host;x-amz-date;x-amz-security-token;x-amz-user-agent");
        UsageEvent event = plane.onlySettled();
        assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(3);
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(2);
        assertThat(event.modelAsked()).isEqualTo("us.amazon.nova-lite-v1:0");
        assertThat(event.providerRequestId()).isEqualTo("req-1");
        assertThat(event.cost()).isNotNull();
    }

    @Test
    void theSignatureIsOverTheBodyThatGoesUpstream() throws Exception {
        plane.limits(cap(2_000));
        assertThat(call("POST /bedrock" + CONVERSE, weirKey(), ASKED).status()).isEqualTo(200);

        Wire.Message sent = plane.upstream.onlyRequest();
        assertThat(sent.text()).startsWith("{\"inferenceConfig\":{\"maxTokens\":").endsWith(ASKED.substring(1));
        assertSigned(sent, "host;x-amz-date;x-amz-security-token");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET  | /bedrock/foundation-models?byProvider=a%20b&x | ''
            POST | /bedrock/model/a/count-tokens                 | {"input":{}}
            POST | /bedrock/model/arn%3Aaws%3Ab%2Fc/invoke       | {"prompt":"hi"}
            """)
    void whateverPassesOnTheRouteIsSigned(String method, String target, String body) throws Exception {
        assertThat(call(method + " " + target, weirKey(), body).status()).isEqualTo(200);
        assertSigned(plane.upstream.onlyRequest(), "host;x-amz-date;x-amz-security-token");
    }

    @Test
    void whatUsesNoTokensPassesWhereNoneAreLeft() throws Exception {
        plane.limits(cap(0));
        assertThat(call("POST /bedrock/model/a/count-tokens", weirKey(), "{\"input\":{}}").status()).isEqualTo(200);
        assertThat(call("GET /bedrock/foundation-models", weirKey(), "").status()).isEqualTo(200);
        plane.limits(cap(2_000));
        assertThat(call("POST /bedrock/guardrail/a/version/1/apply", weirKey(), "{}").status()).isEqualTo(403);
    }

    @Test
    void aBearerRouteSendsItsApiKeyAndNoSignature() throws Exception {
        assertThat(call("POST /bearer" + CONVERSE, plane.auth(), ASKED).status()).isEqualTo(200);
        assertThat(call("POST /bearer" + CONVERSE, weirKey() + DUMMY_SIGNATURE, ASKED).status()).isEqualTo(200);
        for (Wire.Message sent : plane.upstream.requests()) {
            assertThat(sent.header("authorization")).isEqualTo("Bearer api-key");
            assertThat(sent.headers()).doesNotContainKeys("x-amz-date", "x-amz-security-token", "x-amz-content-sha256");
        }
    }

    @Test
    void aRouteThatPassesTheClientsKeyPassesABearerKeyAndNoWeirKey() throws Exception {
        assertThat(call("POST /passed" + CONVERSE, weirKey() + "Authorization: Bearer its-own\r\n", ASKED).status())
                .isEqualTo(200);
        assertThat(plane.upstream.onlyRequest().header("authorization")).isEqualTo("Bearer its-own");
        plane.forget();
        call("POST /passed" + CONVERSE, weirKey() + "Authorization: AWS4-HMAC-SHA256 Credential=" + plane.key.reveal()
                + "/x\r\n", ASKED);
        assertThat(plane.upstream.requests().toString()).doesNotContain(plane.key.reveal());
    }

    @Test
    void aSignatureAloneNamesNoTenant() throws Exception {
        Wire.Message answer = call("POST /bedrock" + CONVERSE, DUMMY_SIGNATURE, ASKED);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("x-amzn-errortype")).isEqualTo("AccessDeniedException");
        assertThat(plane.upstream.requests()).isEmpty();
    }

    @Test
    void aBlockIsWhatTheSdksOfAwsDoNotTryAgain() throws Exception {
        plane.limits(cap(10));
        Wire.Message answer = call("POST /bedrock" + CONVERSE, weirKey(), ASKED);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("x-amzn-errortype")).isEqualTo("ServiceQuotaExceededException");
        assertThat(answer.text()).startsWith("{\"message\":").contains("\"code\":\"cap_exceeded\"");
        assertThat(plane.journal.refused()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            attempt=1; max=3   | 0
            attempt=2; max=3   | 1
            max=5; attempt=4   | 3
            attempt=3          | 2
            attempt=0          | 0
            ttl=x;attempt=2x   | 0
            attempts=2         | 0
            2                  | 0
            """)
    void theClientsOwnRetriesAreCountedAndWeirMakesNone(String header, int retries) throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send(
                "HTTP/1.1 429 No\r\nx-amzn-errortype: ThrottlingException\r\nContent-Length: 2\r\n\r\n{}"));
        assertThat(call("POST /bedrock" + CONVERSE, weirKey() + "amz-sdk-request: " + header + "\r\n", ASKED).status())
                .isEqualTo(429);
        UsageEvent event = plane.onlySettled();
        assertThat(event.clientRetryCount()).isEqualTo(retries);
        assertThat(event.quantities().amount(Meter.RETRIES)).isEqualTo(retries > 0 ? 1 : 0);
        assertThat(event.quantities().amount(Meter.RATE_LIMITED)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/openai/v1/chat/completions"})
    void theHostsThatSpeakOpenaisApiAreMeteredAsThat(String path) throws Exception {
        String told = "{\"model\":\"openai.gpt-oss-20b\",\"choices\":[{\"message\":{\"content\":\"ho\"}}],\"usage\":"
                + "{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}";
        plane.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nContent-Length: " + told.length() + "\r\n\r\n" + told));
        assertThat(call("POST /bedrock" + path, plane.auth(),
                "{\"model\":\"openai.gpt-oss-20b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}").status())
                .isEqualTo(200);
        UsageEvent event = plane.onlySettled();
        assertThat(event.quantities().amount(Meter.TOKENS_IN)).isEqualTo(3);
        assertThat(event.modelAnswered()).isEqualTo("openai.gpt-oss-20b");
        assertThat(event.cost()).isNotNull();
        assertSigned(plane.upstream.onlyRequest(), "host;x-amz-date;x-amz-security-token");
    }

    @Test
    void whatBedrockRefusesForWeirsOwnKeyIsNotTheClientsFault() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send(
                "HTTP/1.1 403 No\r\nx-amzn-errortype: AccessDeniedException\r\nContent-Length: 2\r\n\r\n{}"));
        assertThat(call("POST /bedrock" + CONVERSE, weirKey(), ASKED).status()).isEqualTo(502);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.UPSTREAM_ERROR);
    }

    /// Signs what the upstream got a second time, as it stood on the wire.
    private static void assertSigned(Wire.Message sent, String signedHeaders) {
        String authorization = String.valueOf(sent.header("authorization"));
        assertThat(authorization).contains("Credential=AKID/", "/us-east-1/bedrock/aws4_request",
                "SignedHeaders=" + signedHeaders + ",");
        Map<String, String> headers = new HashMap<>();
        for (String name : signedHeaders.split(";")) {
            if (!name.equals("x-amz-date") && !name.equals("x-amz-security-token")) {
                headers.put(name, String.valueOf(sent.header(name)));
            }
        }
        Instant time = LocalDateTime
                .parse(String.valueOf(sent.header("x-amz-date")), DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'"))
                .toInstant(ZoneOffset.UTC);
        var signer = new SigV4(AwsKey.of(Secret.of("AKID:secret:token")).orElseThrow(), "us-east-1", "bedrock");
        assertThat(sent.header("x-amz-security-token")).isEqualTo("token");
        assertThat(signer.sign(sent.method(), sent.target(), headers, sent.body(), sent.body().length, time))
                .containsEntry("authorization", authorization);
    }

    private static Limit cap(long tokens) {
        return Limit.block("tokens", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, tokens);
    }

    private static String weirKey() {
        return "X-Weir-Key: " + plane.key.reveal() + "\r\n";
    }

    private static Wire.Message call(String line, String headers, String body) throws Exception {
        try (var client = plane.client()) {
            return client.request(line, headers, body.getBytes(UTF_8)).answer();
        }
    }
}
