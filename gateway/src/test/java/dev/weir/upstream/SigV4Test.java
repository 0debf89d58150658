package dev.weir.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.AwsKey;
import dev.weir.config.Secret;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/// Signatures against those that AWS publishes, and against those that its SDK makes of random requests.
class SigV4Test {
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private static final Instant TIME = Instant.parse("2015-08-30T12:36:00Z");
    private static final String SEGMENT_CHARACTERS = "abcXYZ019-._~:@!$&'()*+,;=%[]{} äሴ";

    /// The values of the signing test suite of AWS (github.com/awslabs/aws-c-auth, `tests/aws-signing-test-suite/v4`, the
    /// `…-normalized` ones of each pair).
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-",
            textBlock = """
                    GET  | /                                        | -                         | 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
                    GET  | /example/..                              | -                         | 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
                    GET  | /example1/example2/../..                 | -                         | 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
                    GET  | /./                                      | -                         | 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
                    GET  | //                                       | -                         | 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
                    GET  | /./example                               | -                         | ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5
                    GET  | //example//                              | -                         | 9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84
                    GET  | /example space/                          | -                         | 652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741
                    GET  | /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz | - | 07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f
                    GET  | /ሴ                                       | -                         | 8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85
                    GET  | /?Param1=value1                          | -                         | a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb
                    GET  | /?Param2=value2&Param1=value1            | -                         | b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500
                    GET  | /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1 | -                   | 371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac
                    GET  | /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz | - | 9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197
                    GET  | /?ሴ=bar                                  | -                         | 2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04
                    GET  | /                                        | value2,value2,value1      | c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea
                    GET  | /                                        | value1 value2 value3      | cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd
                    GET  | /                                        | value4,value1,value3,value2 | 08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01
                    POST | /                                        | -                         | 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b
                    POST | /                                        | value1                    | c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c
                    POST | /                                        | VALUE1                    | cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d
                    POST | /?Param1=value1                          | -                         | 28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11
                    """)
    void thePublishedRequestsGetThePublishedSignatures(String method, String target,
            @org.jspecify.annotations.Nullable String myHeader1, String signature) {
        Map<String, String> headers = new HashMap<>();
        if (myHeader1 != null) {
            headers.put("my-header1", myHeader1);
        }
        assertThat(signatureOf(published(Optional.empty()), method, target, headers, "")).isEqualTo(signature);
    }

    @Test
    void spaceInHeadersBodiesAndSessionTokensAreSignedAsPublished() {
        SigV4 plain = published(Optional.empty());
        assertThat(signatureOf(plain, "GET", "/", Map.of("my-header1", " value1", "my-header2", " \"a   b   c\""), ""))
                .isEqualTo("acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
        Map<String, String> form = new HashMap<>(Map.of("content-length", "13", "x-amz-content-sha256",
                "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "content-type",
                "application/x-www-form-urlencoded"));
        assertThat(signatureOf(plain, "POST", "/", form, "Param1=value1"))
                .isEqualTo("d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b");
        form.put("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        assertThat(signatureOf(plain, "POST", "/", form, "Param1=value1"))
                .isEqualTo("328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422");
        String token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
        assertThat(signatureOf(published(Optional.of(token)), "GET", "/", Map.of(), ""))
                .isEqualTo("07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
    }

    @Test
    void theHeadersSayWhoSignedWhat() {
        Map<String, String> added = published(Optional.of("canary")).sign("GET", "/", Map.of("host", "h"), new byte[0],
                0, TIME);
        assertThat(added).containsEntry("x-amz-date", "20150830T123600Z")
                .containsEntry("x-amz-security-token", "canary")
                .hasSize(3);
        assertThat(added.get("authorization")).startsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1"
                + "/service/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=");
        assertThat(added.toString()).doesNotContain(SECRET);
    }

    @Test
    void randomRequestsAreSignedAsTheSdkOfAwsSignsThem() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 400; round++) {
            String path = randomPath(random);
            var body = new byte[random.nextInt(300)];
            random.nextBytes(body);
            String token = random.nextBoolean() ? "to/ken+" + round : "";
            Map<String, String> query = new HashMap<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                query.put("q" + random.nextInt(9), "v/ +=%" + random.nextInt(9));
            }
            Map<String, String> theirs = bySdk(path, query, body, token);
            String said = String.valueOf(theirs.get("authorization"));
            Map<String, String> headers = new HashMap<>();
            for (String name : said.replaceAll(".*SignedHeaders=([^,]*),.*", "$1").split(";")) {
                if (!name.equals("x-amz-date") && !name.equals("x-amz-security-token")) {
                    headers.put(name, String.valueOf(theirs.get(name)));
                }
            }
            Map<String, String> ours = new SigV4(key(token.isEmpty() ? Optional.empty() : Optional.of(token)),
                    "eu-west-1", "bedrock").sign("POST", path + wire(query), headers, body, body.length, TIME);
            assertThat(ours.get("authorization")).as("seed %s: %s %s", seed, path, query).isEqualTo(said);
        }
    }

    /// As it goes over the wire: what a segment must not hold is encoded, `:` once so and once not. No segment is `.` or `..`:
    /// Weir refuses them, and AWS's signer takes them out.
    private static String randomPath(Random random) {
        var path = new StringBuilder();
        for (int segments = 1 + random.nextInt(4); segments > 0; segments--) {
            path.append("/x");
            for (int i = 1 + random.nextInt(8); i > 0; i--) {
                int c = SEGMENT_CHARACTERS.charAt(random.nextInt(SEGMENT_CHARACTERS.length()));
                boolean raw = "abcXYZ019-_~:@".indexOf(c) >= 0 && random.nextInt(4) > 0;
                path.append(raw ? String.valueOf((char) c) : encoded(String.valueOf((char) c)));
            }
        }
        return path.toString();
    }

    private static String wire(Map<String, String> query) {
        return query.isEmpty()
                ? ""
                : "?" + String.join("&",
                        query.entrySet().stream().map(one -> one.getKey() + "=" + encoded(one.getValue())).toList());
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    }

    private static Map<String, String> bySdk(String path, Map<String, String> query, byte[] body, String token) {
        var request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .protocol("https")
                .host("bedrock-runtime.eu-west-1.amazonaws.com")
                .encodedPath(path)
                .putHeader("Content-Type", "application/json");
        query.forEach(request::putRawQueryParameter);
        AwsCredentialsIdentity identity = token.isEmpty()
                ? AwsCredentialsIdentity.create("AKIDEXAMPLE", SECRET)
                : AwsSessionCredentialsIdentity.create("AKIDEXAMPLE", SECRET, token);
        var signed = AwsV4HttpSigner.create()
                .sign(sign -> sign.identity(identity)
                        .request(request.build())
                        .payload(ContentStreamProvider.fromByteArray(body))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, "eu-west-1")
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(TIME, ZoneOffset.UTC)));
        Map<String, String> headers = new HashMap<>();
        signed.request()
                .headers()
                .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT),
                        String.join(",", values)));
        return headers;
    }

    private static SigV4 published(Optional<String> token) {
        return new SigV4(key(token), "us-east-1", "service");
    }

    private static AwsKey key(Optional<String> token) {
        return new AwsKey("AKIDEXAMPLE", Secret.of(SECRET), token.map(Secret::of));
    }

    private static String signatureOf(SigV4 signer, String method, String target, Map<String, String> more,
            String body) {
        Map<String, String> headers = new HashMap<>(more);
        headers.put("host", "example.amazonaws.com");
        byte[] bytes = body.getBytes(UTF_8);
        String authorization = String
                .valueOf(signer.sign(method, target, headers, bytes, bytes.length, TIME).get("authorization"));
        return authorization.substring(authorization.indexOf("Signature=") + "Signature=".length());
    }
}
