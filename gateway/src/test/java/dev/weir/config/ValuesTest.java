package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Sizes, durations, addresses, upstreams and rules as people write them.
class ValuesTest {
    @ParameterizedTest
    @CsvSource({"0, 0, 0B", "500, 500, 500B", "500B, 500, 500B", "1kB, 1000, 1000B", "32 KiB, 32768, 32KiB",
        "32mib, 33554432, 32MiB", "1536KiB, 1572864, 1536KiB", "2GB, 2000000000, 1953125KiB",
        "1TiB, 1099511627776, 1TiB"})
    void aSizeIsReadAndShown(String text, long bytes, String shown) {
        assertThat(ByteSize.parse(text)).isEqualTo(ByteSize.of(bytes)).hasToString(shown);
        assertThat(ByteSize.parse(shown).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "10ms, 10000, 10ms", "1500ms, 1500000, 1s500ms", "90s, 90000000, 1m30s",
        "1h30m, 5400000000, 1h30m", "1d, 86400000000, 1d", "250us, 250, 250us"})
    void aDurationIsReadAndShown(String text, long micros, String shown) {
        Duration duration = DurationText.parse(text);

        assertThat(duration).isEqualTo(Duration.ofNanos(micros * 1_000));
        assertThat(DurationText.show(duration)).isEqualTo(shown);
        assertThat(DurationText.parse(shown)).isEqualTo(duration);
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:80, 127.0.0.1, true", "'[::1]:80', ::1, true", "localhost:80, localhost, true",
        "0.0.0.0:80, 0.0.0.0, false", "weir.internal:80, weir.internal, false"})
    void anAddressKnowsWhetherOnlyThisMachineReachesIt(String text, String host, boolean loopback) {
        assertThat(Address.parse(text)).isEqualTo(new Address(host, 80)).hasToString(text);
        assertThat(Address.parse(text).isLoopback()).isEqualTo(loopback);
    }

    @ParameterizedTest
    @CsvSource({"https://api.openai.com, api.openai.com, 443, '', api.openai.com",
        "https://API.Example:443/, api.example, 443, '', api.example",
        "http://h:8443/a/b/, h, 8443, /a/b, h:8443", "'http://[2001:db8::1]/x', 2001:db8::1, 80, /x, '[2001:db8::1]'"})
    void anUpstreamIsTakenApart(String text, String host, int port, String prefix, String authority) {
        UpstreamUrl url = UpstreamUrl.parse(text);

        assertThat(url).isEqualTo(new UpstreamUrl(text.startsWith("https"), host, port, prefix));
        assertThat(url.authority()).isEqualTo(authority);
        assertThat(UpstreamUrl.parse(url.toString())).isEqualTo(url);
    }

    @ParameterizedTest
    @CsvSource({"POST /graphql, POST, /graphql, true", "POST /graphql, GET, /graphql, false",
        "* /graphql, PUT, /graphql, true", "GET /a/*, GET, /a/b, true", "GET /a/*, GET, /a/b/c, false",
        "GET /a/**, GET, /a/b/c, true", "GET /a/*/c, GET, /a/b/c, true", "GET /v*.1/x, GET, /v2.1/x, true",
        "GET /v*.1/x, GET, /v2a1/x, false", "get /a, GET, /a, true"})
    void aRuleNamesCalls(String rule, String method, String path, boolean matches) {
        assertThat(AccessRule.parse(rule).matches(method, path)).isEqualTo(matches);
    }

    @Test
    void rulesDecideBeforeTheMethodDoes() {
        RouteConfig route = Configs.config("routes: {a: {kind: connector, upstream: https://a.example, reads: [POST"
                + " /graphql], writes: [GET /do/*]}}").routes().get("a");

        assertThat(route).isNotNull()
                .matches(one -> one.isRead("POST", "/graphql"))
                .matches(one -> one.isRead("GET", "/x"))
                .matches(one -> !one.isRead("GET", "/do/x"))
                .matches(one -> !one.isRead("DELETE", "/x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lisen", "listne", "Listen", "isten"})
    void aMistypedNameFindsItsNeighbour(String typed) {
        assertThat(Suggestion.of(typed, java.util.List.of("limits", "listen", "log")))
                .isEqualTo(" Did you mean \"listen\"?");
    }

    @Test
    void aNameLikeNothingGetsNoSuggestion() {
        assertThat(Suggestion.of("zebra", java.util.List.of("limits", "listen"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "bedrock-runtime.us-east-1.amazonaws.com, bedrock, us-east-1",
        "bedrock-runtime-fips.us-gov-west-1.amazonaws.com, bedrock, us-gov-west-1",
        "bedrock-runtime.cn-north-1.amazonaws.com.cn, bedrock, cn-north-1",
        "vpce-0a1b-2c3d.bedrock-runtime.eu-central-1.vpce.amazonaws.com, bedrock, eu-central-1",
        "bedrock-mantle.ap-northeast-1.api.aws, bedrock-mantle, ap-northeast-1",
        "bedrock-runtime.us-east-1.amazonaws.com.evil.example, -, -", "s3.us-east-1.amazonaws.com, -, -",
        "bedrock.example, -, -"})
    void aHostOfBedrockTellsServiceAndRegion(String host, @Nullable String service, @Nullable String region) {
        assertThat(AwsHost.of(host).map(AwsHost::service).orElse(null)).isEqualTo(service);
        assertThat(AwsHost.of(host).map(AwsHost::region).orElse(null)).isEqualTo(region);
    }

    @Test
    void theRegionOfABedrockRouteIsThatOfItsHostUnlessItSaysOtherwise() {
        String route = "routes: {a: {kind: llm, provider: bedrock, credential: k, upstream:"
                + " https://bedrock-runtime.eu-west-1.amazonaws.com%s}}";
        assertThat(Configs.route(Configs.config(route.formatted("")), "a").region()).isEqualTo("eu-west-1");
        assertThat(Configs.route(Configs.config(route.formatted(", region: here")), "a").region()).isEqualTo("here");
    }

    @Test
    void aKeyOfAwsIsTakenApartAndShowsNoSecret() {
        AwsKey key = AwsKey.of(Secret.of("AKID:canary/+secret:canary==")).orElseThrow();
        assertThat(key.accessKeyId()).isEqualTo("AKID");
        assertThat(key.secretAccessKey().reveal()).isEqualTo("canary/+secret");
        assertThat(key.sessionToken()).contains(Secret.of("canary=="));
        assertThat(key.toString()).doesNotContain("canary");
        assertThat(CredentialForm.parse("SigV4")).hasToString("sigv4").matches(CredentialForm::signs);
    }
}
