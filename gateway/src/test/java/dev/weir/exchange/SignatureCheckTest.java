package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.SignatureRules;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Signatures of the senders' own documentation are right; everything else is wrong.
class SignatureCheckTest {
    private static final String GITHUB = "scheme: github, secret: \"It's a Secret to Everybody\"";
    private static final String GITHUB_SIGNATURE = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    private static final String SLACK_BODY = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
            + "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command="
            + "%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J"
            + "%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
            + "803a0bc887a14d10d2c447fce8b6703c";
    private static final String STANDARD = "scheme: standard, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String STANDARD_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"sha256=" + GITHUB_SIGNATURE + ", Hello World, false", GITHUB_SIGNATURE + ", 'Hello, World!', false",
        "sha256=" + GITHUB_SIGNATURE + ", 'Hello, World!', true",
        "sha1=" + GITHUB_SIGNATURE + ", 'Hello, World!', false", "sha256=, 'Hello, World!', false",
        "xsha256=" + GITHUB_SIGNATURE + ", 'Hello, World!', false", "'', 'Hello, World!', false",
        "sha256=zz7107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17, 'Hello, World!', false",
        "sha256=757107ea, 'Hello, World!', false"})
    void gitHub(String signature, String body, boolean right) {
        assertThat(isRight(GITHUB, Map.of("X-Hub-Signature-256", signature), null, body, 0)).isEqualTo(right);
    }

    @Test
    void aMissingOrDoubledHeaderIsWrong() {
        MultiMap twice = MultiMap.caseInsensitiveMultiMap()
                .add("X-Hub-Signature-256", "sha256=" + GITHUB_SIGNATURE)
                .add("X-Hub-Signature-256", "sha256=00");
        byte[] body = "Hello, World!".getBytes(StandardCharsets.UTF_8);

        assertThat(isRight(GITHUB, Map.of(), null, "Hello, World!", 0)).isFalse();
        assertThat(SignatureCheck.isRight(rules(GITHUB), twice, null, body, body.length, Instant.EPOCH)).isFalse();
    }

    @ParameterizedTest(name = "{0} at {1}")
    @CsvSource({"1531420618, 1531420618, true", "1531420618, 1531420918, true", "1531420618, 1531420919, false",
        "1531420618, 1531420317, false", "1531420619, 1531420618, false", "-1, 1531420618, false",
        "'', 1531420618, false"})
    void slackWithItsTime(String timestamp, long now, boolean right) {
        String slack = "scheme: slack, secret: 8f742231b10e8888abcd99yyyzzz85a5";
        assertThat(isRight(slack, Map.of("X-Slack-Signature",
                "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503", "X-Slack-Request-Timestamp",
                timestamp), null, SLACK_BODY, now)).isEqualTo(right);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {STANDARD_SIGNATURE + " | true",
        "v1,AAAA v1a,BBBB " + STANDARD_SIGNATURE + " | true", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= | false",
        "v1,h0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= | false", "v1, | false"})
    void standardWebhooksWithSeveralSignatures(String signatures, boolean right) {
        assertThat(isRight(STANDARD, Map.of("webhook-signature", signatures, "webhook-timestamp", "1614265330"),
                "msg_p5jXN8AQM9LWM0D4loKWxJek", "{\"test\": 2432232314}", 1614265330)).isEqualTo(right);
    }

    @Test
    void aSignedIdThatIsAbsentIsWrong() {
        assertThat(isRight(STANDARD, Map.of("webhook-signature", STANDARD_SIGNATURE, "webhook-timestamp", "1614265330"),
                null, "{\"test\": 2432232314}", 1614265330)).isFalse();
    }

    /// Its own libraries' example, signed here by the JDK: Stripe publishes none.
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {"t=1000,v1=%s | true", "t=1000,v1=00,v1=%s,v0=11 | true",
        "t=1001,v1=%s | false", "v1=%s | false", "t=1000,v0=%s | false"})
    void stripeWithTheTimeInTheSignature(String header, boolean right) throws Exception {
        var mac = javax.crypto.Mac.getInstance("HmacSHA256");
        mac.init(new javax.crypto.spec.SecretKeySpec("whsec_x".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String signature = java.util.HexFormat.of()
                .formatHex(mac.doFinal("1000.{}".getBytes(StandardCharsets.UTF_8)));

        assertThat(isRight("scheme: stripe, secret: whsec_x",
                Map.of("Stripe-Signature", header.formatted(signature)), null, "{}", 1000)).isEqualTo(right);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"hush, true", "Hush, false", "hus, false", "'', false"})
    void aSharedSecret(String shown, boolean right) {
        assertThat(isRight("scheme: shared-secret, secret: hush, header: X-Gitlab-Token",
                Map.of("X-Gitlab-Token", shown), null, "{}", 0)).isEqualTo(right);
    }

    /// RFC 2202 case 2 (SHA-1) and RFC 4231 case 2 (SHA-512): key "Jefe".
    @ParameterizedTest(name = "{0}")
    @CsvSource({"'algorithm: sha1, encoding: base64', 7/zfauXrL6LSdBbV8YTfnCWafHk=",
        "algorithm: sha512, 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6"
                + "fdcaeab1a34d4a6b4b636e070a38bce737"})
    void otherHashesAndEncodings(String how, String signature) {
        assertThat(isRight("secret: Jefe, " + how, Map.of("X-Signature", signature), null,
                "what do ya want for nothing?", 0)).isTrue();
        assertThat(isRight("secret: jefe, " + how, Map.of("X-Signature", signature), null,
                "what do ya want for nothing?", 0)).isFalse();
    }

    private static boolean isRight(String signature, Map<String, String> headers, @Nullable String id, String body,
            long now) {
        byte[] bytes = (body + "behind the end").getBytes(StandardCharsets.UTF_8);
        return SignatureCheck.isRight(rules(signature), MultiMap.caseInsensitiveMultiMap().addAll(headers), id, bytes,
                body.getBytes(StandardCharsets.UTF_8).length, Instant.ofEpochSecond(now));
    }

    private static SignatureRules rules(String signature) {
        String yaml = "routes: {in: {kind: webhook, upstream: 'https://in.example', tenant: acme, delivery-id: X-Id,"
                + " signature: {" + signature + "}}}";
        var loaded = (ConfigResult.Loaded) ConfigReader.read(new ConfigSource("t", yaml, Path.of("/weir")), Map.of(),
                Map.of());
        return Objects.requireNonNull(loaded.config().routes().get("in")).webhook().orElseThrow().signature();
    }
}
