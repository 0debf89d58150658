package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bad input: each fault is named with its field, what is wrong and what to do.
class BadRequestTest {
    private static RunningControlPlane plane = RunningControlPlane.start();

    @BeforeAll
    static void start() {
        plane.post("/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\"}");
    }

    @AfterAll
    static void close() {
        plane.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            textBlock = """
                    {}                                             | /id: is required and was not given; /plan: is required and was not given
                    {"id":"acme"}                                  | /plan: is required and was not given
                    {"id":"ACME","plan":"pro"}                     | /id: has not the declared form
                    {"id":"","plan":"pro"}                         | /id: has not the declared form
                    {"id":7,"plan":"pro"}                          | /id: must be of type string
                    {"id":null,"plan":"pro"}                       | /id: must be of type string
                    {"id":"a","plan":"gold"}                       | /plan: is no plan
                    {"id":"a","plan":"pro","region":"EU"}          | /region: has not the declared form
                    {"id":"a","plan":"pro","region":5}             | /region: must be of type string or null
                    {"id":"a","plan":"pro","reigon":"eu"}          | /reigon: is no field of this document; it would have had no effect
                    {"id":"A","plan":"gold","x":1}                 | /id: has not the declared form; /x: is no field of this document; it would have had no effect
                    """)
    void bodyFaultsAreNamedAllAtOnce(String body, String expected) {
        var answer = plane.post("/api/tenants", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(faults(answer)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            textBlock = """
                    /api/tenants?limit=0                                   | limit: is too small
                    /api/tenants?limit=1001                                | limit: is too large
                    /api/tenants?limit=ten                                 | limit: must be of type integer
                    /api/tenants?limit=99999999999999999999                | limit: must be of type integer
                    /api/tenants?limit=                                    | limit: must be of type integer
                    /api/tenants?cursor=nonsense                           | cursor: is no cursor of this list
                    /api/tenants?cursor=WyJBIl0                            | cursor: is no cursor of this list
                    /api/tenants?limit=1&limit=2                           | limit: was given 2 times
                    /api/tenants/ACME                                      | id: has not the declared form
                    /api/keys                                              | tenant: is required and was not given
                    /api/events?teant=acme                                 | teant: is no parameter of this operation; nothing was filtered by it
                    /api/events?outcome=fine                               | outcome: is none of the possible values
                    /api/events?run=                                       | run: is too short
                    /api/events?from=yesterday                             | from: has not the declared form
                    /api/events?from=2026-02-30T00:00:00Z                  | from: names no moment of the calendar
                    /api/events?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z | to: is not after `from`: no time lies between them
                    /api/events?cursor=WyIyMDI2LTAzLTAxVDAwOjAwOjAwWiIsIm4iLCIwIiwiMSJd | cursor: is no cursor of this list
                    /api/costs/summary                                     | tenant: is required and was not given
                    /api/costs/summary?tenant=acme&period=2026             | period: has not the declared form
                    /api/costs/summary?tenant=acme&period=2026-13          | period: is no month or day of the calendar
                    /api/costs/summary?tenant=acme&period=2026-02-30       | period: is no month or day of the calendar
                    /api/costs/summary?tenant=acme&groupBy=moon            | groupBy: is none of the possible values
                    """)
    void parameterFaultsAreNamed(String uri, String expected) {
        var answer = plane.get(uri);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(faults(answer)).isEqualTo(expected);
        assertThat(answer.json().getJsonArray("errors").getJsonObject(0).getString("fix")).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"id":"a"                         | malformed_json
            {"id":"a","id":"b","plan":"pro"}  | malformed_json
            {"id":"a","plan":"pro"} {}        | malformed_json
            []                                | malformed_json
            "text"                            | malformed_json
            ``                                | malformed_json
            null                              | invalid_request
            """)
    void bodyThatIsNotOneJsonObjectIsRefused(String body, String code) {
        var answer = plane.post("/api/tenants", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo(code);
    }

    @Test
    void bodyOfAnotherTypeIsRefused() {
        var headers = new HashMap<>(RunningControlPlane.admin());
        headers.put("Content-Type", "text/plain");
        var answer = plane.send(HttpMethod.POST, "/api/tenants", headers, "{\"id\":\"a\",\"plan\":\"pro\"}");
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.json().getString("detail")).contains("application/json");
    }

    @Test
    void bodyOverTheLimitIsRefused() {
        var answer = plane.post("/api/tenants", "{\"id\":\"" + "a".repeat(ControlOptions.BODY_BYTES_MAX) + "\"}");
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.json().getString("detail")).contains("65536");
    }

    @Test
    void unknownPathIsAProblemToo() {
        for (String path : new String[]{"/", "/api", "/api/nothing", "/../etc/passwd", "/metrics/x"}) {
            var answer = plane.get(path);
            assertThat(answer.status()).as(path).isEqualTo(404);
            assertThat(answer.headers()).containsEntry("content-type", Problem.CONTENT_TYPE);
        }
    }

    @Test
    void valueThatWasSentIsNotRepeated() {
        var answer = plane.post("/api/tenants",
                new JsonObject().put("id", "CANARY-secret").put("plan", "CANARY-secret"));
        assertThat(answer.text()).doesNotContain("CANARY");
    }

    private static String faults(RunningControlPlane.Answer answer) {
        assertThat(answer.headers()).containsEntry("content-type", Problem.CONTENT_TYPE);
        return answer.json()
                .getJsonArray("errors")
                .stream()
                .map(JsonObject.class::cast)
                .map(error -> error.getString("field") + ": " + error.getString("detail"))
                .collect(Collectors.joining("; "));
    }
}
