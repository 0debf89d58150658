package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.RefusalCode;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Routes of kind `webhook`: whose signature is right is let in and counted for the route's tenant; nobody else gets near the
/// target.
class WebhookTest {
    private static final String BODY = "{\"action\":\"opened\"}";
    private static TestPlane plane;

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane("""
                  pushes: {kind: webhook, provider: github, upstream: "%1$s", allow-private: true, tenant: acme,
                    signature: {scheme: github, secret: hush}, body-max: 1KiB}
                  plain: {kind: webhook, upstream: "%1$s", allow-private: true, tenant: acme, credential: inside,
                    delivery-id: X-Delivery, signature: {scheme: shared-secret, secret: hush}}
                  lost: {kind: webhook, upstream: "%1$s", allow-private: true, tenant: nobody,
                    signature: {scheme: shared-secret, secret: hush}}
                """, ExchangeLimits.DEFAULTS);
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
        plane.upstream.answers(
                (request, wire, number) -> wire.send("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"));
    }

    private static Wire.Message deliver(String line, String headers, String body) throws Exception {
        try (var client = plane.client()) {
            return client.request(line, headers, body).answer();
        }
    }

    private static String signed(String body) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("hush".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return "X-Hub-Signature-256: sha256="
                + HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8))) + "\r\n";
    }

    @Test
    void aSignedDeliveryGoesToTheTargetAndIsTheTenants() throws Exception {
        Wire.Message answer = deliver("POST /pushes/in?x=1",
                signed(BODY) + "X-GitHub-Delivery: d-1\r\nX-Weir-Run: run-1\r\n", BODY);

        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text()).isEqualTo("ok");
        Wire.Message seen = plane.upstream.onlyRequest();
        assertThat(seen.target()).isEqualTo("/in?x=1");
        assertThat(seen.text()).isEqualTo(BODY);
        assertThat(seen.header("x-github-delivery")).isEqualTo("d-1");
        assertThat(seen.header("x-weir-run")).isNull();
        UsageEvent event = plane.onlySettled();
        assertThat(event.tenant()).isEqualTo(TestPlane.ACME);
        assertThat(event.attribution().run()).isEqualTo("run-1");
        assertThat(event.provider()).isEqualTo("github");
        assertThat(event.providerRequestId()).isEqualTo("d-1");
        assertThat(event.quantities().amount(Meter.WEBHOOK_INGESTS)).isEqualTo(1);
        assertThat(event.quantities().amount(Meter.EGRESS_BYTES)).as("the target is inside").isEqualTo(2);
        assertThat(event.quantities().has(Meter.TOOL_CALLS)).isFalse();
        assertThat(event.quantities().has(Meter.WRITES)).isFalse();
        assertThat(event.tools().isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "X-Hub-Signature-256: sha256=00\r\n", "Authorization: Bearer %s\r\n"})
    void whatIsNotSignedIsCountedAndGoesNowhere(String headers) throws Exception {
        Wire.Message answer = deliver("POST /pushes/in", headers.formatted(plane.key.reveal()), BODY);

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text()).contains("signature_invalid");
        assertThat(answer.header("www-authenticate")).isNull();
        plane.quiet();
        assertThat(plane.upstream.requests()).isEmpty();
        assertThat(plane.unbooked).containsExactly(RefusalCode.SIGNATURE_INVALID);
        assertThat(plane.journal.entries()).isEmpty();
    }

    @Test
    void aChangedBodyGoesNowhere() throws Exception {
        assertThat(deliver("POST /pushes/in", signed(BODY), BODY.replace("opened", "closed")).status()).isEqualTo(401);
        assertThat(plane.upstream.requests()).isEmpty();
    }

    @Test
    void aStrangersOtherFaultsMakeNoEventEither() throws Exception {
        assertThat(deliver("GET /pushes/in", "", "").status()).isEqualTo(405);
        assertThat(deliver("POST /pushes/in", signed(BODY), "x".repeat(1025)).status()).isEqualTo(413);
        plane.quiet();
        assertThat(plane.unbooked).containsExactly(RefusalCode.METHOD_NOT_ALLOWED, RefusalCode.BODY_TOO_LARGE);
        assertThat(plane.journal.entries()).isEmpty();
    }

    @Test
    void aSharedSecretStaysHereAndTheTargetGetsItsCredential() throws Exception {
        assertThat(deliver("POST /plain/in", "X-Webhook-Secret: hush\r\nX-Delivery: 7\r\n", BODY).status())
                .isEqualTo(202);
        assertThat(plane.upstream.onlyRequest().headers()).doesNotContainKey("x-webhook-secret")
                .containsEntry("authorization", "Bearer inside");
    }

    @Test
    void aDeliveryThatComesTwicePassesTwiceAndShows() throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThat(deliver("POST /plain/in", "X-Webhook-Secret: hush\r\nX-Delivery: 7\r\n", BODY).status())
                    .isEqualTo(202);
        }
        assertThat(plane.settled()).extracting(UsageEvent::providerRequestId).containsExactly("7", "7");
    }

    @Test
    void aLimitHoldsForDeliveries() throws Exception {
        plane.limits(Limit.block("hooks", Entity.THE_TENANT, Measure.of(Meter.WEBHOOK_INGESTS), Window.DAY, 1));

        assertThat(deliver("POST /pushes/in", signed(BODY), BODY).status()).isEqualTo(202);
        Wire.Message blocked = deliver("POST /pushes/in", signed(BODY), BODY);

        assertThat(blocked.status()).isEqualTo(429);
        assertThat(blocked.header("content-type")).isEqualTo("application/problem+json");
        assertThat(blocked.header("retry-after")).isNotNull();
        assertThat(plane.journal.refused()).singleElement()
                .satisfies(event -> assertThat(event.outcome()).isEqualTo(Outcome.BLOCKED));
    }

    @Test
    void whatTheTargetDidNotTakeIsNoIngest() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"));

        assertThat(deliver("POST /pushes/in", signed(BODY), BODY).status()).isEqualTo(500);
        assertThat(plane.onlySettled().quantities().has(Meter.WEBHOOK_INGESTS)).isFalse();
    }

    @Test
    void aDeliveryForATenantThatIsNotThereIsToComeAgain() throws Exception {
        Wire.Message answer = deliver("POST /lost/in", "X-Webhook-Secret: hush\r\n", BODY);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).contains("tenant_unknown");
        assertThat(plane.upstream.requests()).isEmpty();
    }
}
