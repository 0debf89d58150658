package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What stops the start of a Weir with `mcp` and `webhook` routes.
class WebhookConfigTest {
    private static final String HOOK = "kind: webhook, upstream: 'https://in.example', ";
    private static final String MCP = "kind: mcp, upstream: 'https://mcp.example', ";

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            textBlock = """
                    tenant: acme                                                     | A webhook comes without a key
                    signature: {secret: s}                                           | A webhook comes without a key
                    tenant: acme, signature: {secret: ''}                            | The secret is empty
                    tenant: acme, signature: {secret: '${EMPTY}'}                    | signature.secret
                    tenant: acme, signature: {secret: '${ABSENT}'}                   | signature.secret
                    tenant: acme, signature: {secret: whsec_, scheme: standard}      | The secret is empty behind
                    tenant: acme, signature: {secret: s, scheme: gihub}              | Did you mean "github"?
                    tenant: acme, signature: {secret: s, timestamp-header: X-T, signed: '{body}'} | A time that is not signed
                    tenant: acme, signature: {secret: s, signed: '{timestamp}{body}'} | A time that is not signed
                    tenant: acme, signature: {secret: s, signed: '{body}x'}          | does not end with {body}
                    tenant: acme, signature: {secret: s, signed: '{id}{body}'}       | {id} is signed
                    tenant: acme, signature: {secret: s, tolerance: 2d}              | is not within 1s and 1d
                    tenant: acme, signature: {secret: s, hedaer: X}                  | Did you mean "header"?
                    tenant: 'a b', signature: {secret: s}                            | is not a tenant's name
                    tenant: acme, signature: {secret: s}, client-credential: pass    | no token of the client's goes upstream
                    """)
    void aWebhookThatProvesNothingStopsTheStart(String keys, String problem) {
        assertThat(Configs.problems("routes: {in: {" + HOOK + keys + "}}", Map.of("EMPTY", "")))
                .as(keys)
                .anyMatch(text -> text.contains(problem));
    }

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            client-credential: pass                          | no token of the client's goes upstream
            origins: [app.example.com]                       | is not a list of origins
            hosts: ['https://weir']                          | is not a list of hosts
            listening: 2d                                    | is above the most
            tenant: acme, signature: {secret: s}             | Only a route of kind webhook
            """)
    void anMcpRouteThatMeansSomethingElseStopsTheStart(String keys, String problem) {
        assertThat(Configs.problems("routes: {in: {" + MCP + keys + "}}")).as(keys)
                .anyMatch(text -> text.contains(problem));
    }

    @Test
    void theKeysOfAnotherKindAreAWarning() {
        var loaded = Configs.loaded("routes: {a: {kind: connector, upstream: 'https://a.example', origins:"
                + " ['https://app.example']}}", Map.of());

        assertThat(loaded.warnings()).singleElement().asString().contains("no effect on a route of kind connector");
    }

    @Test
    void aSchemeSetsEveryOtherKey() {
        var signature = Configs.route(Configs.config("routes: {in: {" + HOOK
                + "tenant: acme, signature: {secret: s, timestamp-header: X-Time}}}"), "in")
                .webhook()
                .orElseThrow()
                .signature();

        assertThat(signature.signed()).isEqualTo("{timestamp}.{body}");
        assertThat(signature.header()).isEqualTo("X-Signature");
        assertThat(signature.toString()).contains(Secret.MASK);
    }

    @Test
    void aWebhooksBodyIsBoundedBelowTheOthers() {
        String routes = "routes: {in: {" + HOOK + "tenant: acme, signature: {secret: s}}}";

        assertThat(Configs.route(Configs.config(routes), "in").bodyMax()).isEqualTo(ByteSize.ofMiB(4));
        assertThat(Configs.route(Configs.config("limits: {body-max: 1MiB}\n" + routes), "in").bodyMax())
                .isEqualTo(ByteSize.ofMiB(1));
    }
}
