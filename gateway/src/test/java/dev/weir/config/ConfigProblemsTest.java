package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The mistakes people make, and the words that help them: what, why, what to do.
class ConfigProblemsTest {
    private static final String ROUTE = "routes: {openai: {kind: llm, provider: openai, upstream: https://a.example%s}}";

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    listen: {dta: "1:1"}              | weir.yaml:1 listen.dta: There is no such key. Did you mean "data"?
                    lisen: {}                         | weir.yaml:1 lisen: There is no such key. Did you mean "listen"?
                    listen: {data: 8080}              | weir.yaml:1 listen.data: "8080" is not an address. Write HOST:PORT
                    listen: {data: "::1:8080"}        | "::1:8080" is not an address
                    listen: {data: "a:65536"}         | a port of 0 to 65535
                    listen: 8080                      | listen: A map of keys belongs here, not a single value
                    listen: {data: {port: 1}}         | listen.data: A value belongs here, not a map
                    listen: {data: }                  | listen.data: The key has no value
                    limits: {head: 32 KBB}            | "32 KBB" is not a size. Write a whole number and a unit
                    limits: {head: 0}                 | limits.head: "0" is below the least, 1KiB. Nothing here can be
                    limits: {head: 2MiB}              | "2MiB" is above the most, 1MiB
                    limits: {header-fields: many}     | "many" is not a whole number from 8 to 10000
                    deadlines: {head: 10}             | "10" is not a duration. Write whole numbers with units, as 10ms, 5s
                    deadlines: {silence: 0}           | "0" is below the least, 1ms
                    log: {level: inof}                | "inof" is not one of error, warn, info, debug. Did you mean "info"?
                    demo: {enabled: yes}              | demo.enabled: "yes" is neither true nor false
                    database: {url: "postgresql://u:p@h/d"} | carries a user or password. Put them into database.user
                    database: {url: "mysql://h/d"}    | is not a database. Write postgresql://HOST:PORT/NAME
                    database: {url: "postgresql://h/d"} | database.password is missing
                    database: {url: "postgresql://h/d?sslmode=allow", password: p} | sslmode=disable, prefer, require, verify-ca or
                    database: {url: "postgresql://h/d?sslmode=require&ssl=1", password: p} | has a parameter Weir does not know
                    pipeline: kafka                   | kafka.bootstrap is missing: nobody says where the brokers are
                    pipeline: kafak                   | "kafak" is not one of direct, kafka. Did you mean "kafka"?
                    kafka: {bootstrap: "broker"}      | names no brokers. Write HOST:PORT, several with commas between
                    kafka: {topic: "my topic"}        | is no name that Kafka takes
                    kafka: {user: weir}               | SASL needs both, and kafka.password is missing
                    kafka: {password: p}              | SASL needs both, and kafka.user is missing
                    kafka: {tls-ca: ca.pem}           | Nothing is encrypted without kafka.tls
                    kafka: {mechanism: scram}         | is not one of scram-sha-512, scram-sha-256, plain
                    admin: {key: ""}                  | admin.key: The secret is empty, and an empty secret protects nothing
                    keys: {pepper: "${NOWHERE}"}      | The secret needs the environment variable NOWHERE, which is not set
                    keys: {pepper: "${file:no/such}"} | The secret needs the file no/such, which cannot be read
                    keys: {pepper: "${A B}"}          | is neither a variable, as ${OPENAI_API_KEY}, nor a file
                    keys: {pepper: "${OPEN"}          | has a ${ without its }
                    listen: {tls: {cert: a.pem}}      | TLS needs both files, and `key` is missing
                    listen: {control: "0.0.0.0:8085"} | is reachable from other machines, and admin keys would cross
                    listen: {control: "127.0.0.1:8080"} | and listen.control=127.0.0.1:8080 are the same port
                    limits: {request-line: 64KiB}     | limits.request-line=64KiB > limits.head=32KiB
                    limits: {body-max: 256MiB}        | limits.body-max=256MiB > limits.held-bytes-total=128MiB
                    spool: {quota: 100MiB}            | spool.quota=100MiB < 4 x spool.segment=64MiB
                    routes: {A: {kind: llm}}          | routes.A: A route's name is the first segment of its paths
                    routes: {a: {kind: lm}}           | "lm" is not one of llm, connector, mcp, webhook. Did you mean "llm"?
                    routes: {a: {}}                   | The key `kind` is missing. Write llm, connector, mcp or webhook
                    routes: {a: {kind: llm, upstream: "https://h"}} | The key `provider` is missing. Name who answers
                    routes: {a: {kind: connector}}    | The key `upstream` is missing. Write where calls go
                    a: b: c                           | weir.yaml:1: This is not readable YAML
                    [1, 2]                            | The file is not a map of keys
                    """)
    void aMistakeIsToldWithWhatWhyAndWhatToDo(String yaml, String expected) {
        assertThat(Configs.problems(yaml)).anySatisfy(problem -> assertThat(problem).contains(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    , upsteam: x                           | routes.openai.upsteam: There is no such key. Did you mean "upstream"?
                    , retries: 2                           | "2" is above the most, 1
                    , methods: CONNECT                     | CONNECT and TRACE never pass
                    , methods: []                          | The list is empty: no call could pass
                    , reads: graphql                       | is not a rule. Write METHOD /path
                    , client-credential: keep              | is neither swap
                    , credential: a, client-credential: pass | a credential is never used. Take one of the two out
                    , credential: ""                       | routes.openai.credential: The secret is empty
                    , credential-as: "a b"                 | is not a way to send a credential
                    , credential-as: sigv4, credential: "a:b" | routes.openai.credential-as: sigv4 signs calls to AWS Bedrock, and this route is none
                    , proxy: "proxy:3128"                  | is not a proxy. Write http://HOST:PORT
                    , encoded-slash: keep                  | is neither pass nor refuse
                    , websocket: maybe                     | is neither allow nor refuse
                    , output-limit-field: "a b"            | is not a field. Write auto
                    , deadlines: {first-byte: 2h}          | deadlines.first-byte=2h >= routes.openai.deadlines.call=1h
                    """)
    void aRoutesMistakeIsToldWithItsPath(String addition, String expected) {
        assertThat(Configs.problems(ROUTE.formatted(addition)))
                .anySatisfy(problem -> assertThat(problem).contains(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            api.openai.com            | is not an upstream. Write https://HOST
            ftp://host                | is not an upstream
            https://                  | is not an upstream
            https://u:p@host          | carries a user or password
            https://host/a?b=c        | has a query or fragment
            https://host/a/../b       | has an empty, . or .. segment
            http://127.0.0.1:1        | is on this machine or a private network
            http://localhost:1        | is on this machine or a private network
            http://[::1]:1            | is on this machine or a private network
            http://10.1.2.3           | is on this machine or a private network
            http://169.254.169.254    | is on this machine or a private network
            http://100.64.0.1         | is on this machine or a private network
            http://[fd00::1]          | is on this machine or a private network
            http://[::ffff:10.0.0.1]  | is on this machine or a private network
            """)
    void anUpstreamThatCannotBeMeantIsRefused(String upstream, String expected) {
        String yaml = "routes: {a: {kind: llm, provider: ollama, upstream: \"" + upstream + "\"}}";

        assertThat(Configs.problems(yaml)).singleElement().asString().contains("routes.a.upstream", expected);
    }

    @Test
    void allProblemsAreToldAtOnce() {
        String yaml = """
                listen:
                  data: nowhere
                limits:
                  head: tiny
                  haed: 1
                routes:
                  a: {kind: llm, provider: opnai, upstream: x}
                """;

        assertThat(Configs.problems(yaml, Map.of("WEIR_LOG_LEVEL", "loud", "WEIR_LISEN_DATA", "x")))
                .extracting(problem -> problem.substring(0, problem.indexOf(": ")))
                .containsExactlyInAnyOrder("weir.yaml:2 listen.data", "weir.yaml:4 limits.head",
                        "weir.yaml:5 limits.haed", "WEIR_LOG_LEVEL", "weir.yaml:7 routes.a.provider",
                        "weir.yaml:7 routes.a.upstream", "WEIR_LISEN_DATA");
    }

    @Test
    void aKeyWrittenTwiceIsRefused() {
        assertThat(Configs.problems("data: a\ndata: b\n")).singleElement()
                .asString()
                .contains("weir.yaml:2",
                        "Duplicate");
    }

    @Test
    void aDeadlineThatAllRoutesShareIsNamedOnce() {
        String yaml = "deadlines: {first-byte: 2m, call: 1m}\nroutes: {a: {kind: connector, upstream: 'https://a.example'},"
                + " b: {kind: connector, upstream: 'https://b.example'}}";

        assertThat(Configs.problems(yaml)).singleElement()
                .asString()
                .contains("deadlines.first-byte=2m >="
                        + " deadlines.call=1m", "Raise deadlines.call above 2m or lower deadlines.first-byte");
    }

    @Test
    void aVariableThatNoKeyHasIsRefusedWithAHint() {
        assertThat(Configs.problems("", Map.of("WEIR_LISTEN_DAT", "127.0.0.1:1"))).singleElement()
                .asString()
                .contains("Did you mean \"WEIR_LISTEN_DATA\"?");
    }

    @Test
    void aVariableThatTwoRoutesShareIsRefused() {
        String yaml = "routes: {a-b: {kind: connector, upstream: 'https://a.example'}, a_b: {kind: connector, upstream:"
                + " 'https://b.example'}}";

        assertThat(Configs.problems(yaml)).isEmpty();
        assertThat(Configs.problems(yaml, Map.of("WEIR_ROUTES_A_B_RETRIES", "0"))).singleElement()
                .asString()
                .contains("It could mean routes.a-b.retries or routes.a_b.retries");
    }

    @Test
    void theLaunchersVariablesAreNoMistake() {
        assertThat(Configs.problems("", Map.of("WEIR_JAVA_OPTS", "-Xmx1g", "PATH", "/bin"))).isEmpty();
    }

    @Test
    void aControlPlaneForOthersNeedsTlsOrAProxy() {
        String open = "listen: {control: '10.0.0.1:8085'}\n";

        assertThat(Configs.problems(open)).hasSize(1);
        assertThat(Configs.problems(open + "control: {behind-proxy: true}")).isEmpty();
        assertThat(Configs.problems(open + "control: {tls: {cert: a, key: b}}")).isEmpty();
    }

    @Test
    void whatIsProbablyNotMeantIsAWarning() {
        var loaded = Configs
                .loaded("routes: {a: {kind: llm, provider: openai, upstream: 'http://a.example', credential:"
                        + " k}, b: {kind: llm, provider: groq, upstream: 'https://b.example'}}", Map.of());

        assertThat(loaded.warnings()).extracting(Problem::where)
                .isEqualTo(List.of("weir.yaml:1 routes.a.upstream", "weir.yaml routes.b.credential"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    https://h.example                              | , credential: "AKID:secret"                            | routes.a.region: The upstream's name does not tell the AWS region
                    https://h.example                              | , credential: "AKID:secret", client-credential: pass   | there is nothing to sign with
                    https://bedrock-runtime.eu-west-1.amazonaws.com | , credential: AKID                                     | ACCESS_KEY_ID:SECRET_ACCESS_KEY, and :SESSION_TOKEN behind it
                    https://bedrock-runtime.eu-west-1.amazonaws.com | , credential: "AKID:secret:token:more"                 | ACCESS_KEY_ID:SECRET_ACCESS_KEY, and :SESSION_TOKEN behind it
                    https://bedrock-runtime.eu-west-1.amazonaws.com | , credential: "AKID:"                                  | ACCESS_KEY_ID:SECRET_ACCESS_KEY, and :SESSION_TOKEN behind it
                    """)
    void aRouteThatSignsNeedsAKeyARegionAndBedrock(String upstream, String more, String expected) {
        String yaml = "routes: {a: {kind: llm, provider: bedrock, credential-as: sigv4, upstream: \"" + upstream + "\""
                + more
                + "}}";
        assertThat(Configs.problems(yaml)).anySatisfy(problem -> assertThat(problem).contains(expected));
        assertThat(Configs.problems(yaml).toString()).doesNotContain("secret:token");
    }
}
