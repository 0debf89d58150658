package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.ToolCounts;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Routes of kind `mcp`: one tool call for each `tools/call` that got a result, by name; everything else passes.
class McpTest {
    private static final String POST = "POST /tools/mcp";
    private static final String JSON = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
    private static TestPlane plane;
    private static int limits;

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane("""
                  tools: {kind: mcp, upstream: "%1$s", credential: sk-of-weir, allow-private: true,
                    deadlines: {first-byte: 1s, silence: 1s}, origins: ["https://app.example"]}
                  named: {kind: mcp, upstream: "%1$s", credential: sk-of-weir, allow-private: true, hosts: [weir]}
                  elsewhere: {kind: mcp, upstream: "%1$s", credential: s, allow-private: true, hosts: ["weir:8080"]}
                  briefly: {kind: mcp, upstream: "%1$s", credential: s, allow-private: true, listening: 300ms}
                """, ExchangeLimits.DEFAULTS);
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
    }

    private static String call(String id, String tool) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"canary\":\"argument\"}}}";
    }

    private static String result(String id) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[]}}";
    }

    private static void answers(String type, String body) {
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Type: " + type
                + "\r\nMcp-Session-Id: s-1\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\n\r\n" + body));
    }

    /// What a limit has counted stays counted under its name, so each test has its own.
    private static void limitOf(long toolCalls) {
        plane.limits(
                Limit.block("tools-" + ++limits, Entity.THE_TENANT, Measure.of(Meter.TOOL_CALLS), Window.TOTAL,
                        toolCalls));
    }

    @Test
    void aToolCallIsCountedByItsNameAndPassesAsItIs() throws Exception {
        answers("application/json", result("1"));
        Wire.Message answer = plane.call(POST, JSON + "Mcp-Session-Id: s-1\r\n", call("1", "search"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(result("1"));
        assertThat(answer.header("mcp-session-id")).isEqualTo("s-1");
        Wire.Message seen = plane.upstream.onlyRequest();
        assertThat(seen.text()).isEqualTo(call("1", "search"));
        assertThat(seen.header("mcp-session-id")).isEqualTo("s-1");
        assertThat(seen.header("authorization")).isEqualTo("Bearer sk-of-weir");
        UsageEvent event = plane.onlySettled();
        assertThat(event.tools()).isEqualTo(ToolCounts.of("search"));
        assertThat(event.quantities().amount(Meter.TOOL_CALLS)).isEqualTo(1);
        assertThat(event.quantities().provenance(Meter.TOOL_CALLS)).isEqualTo(Provenance.REPORTED);
        assertThat(event.quantities().has(Meter.WRITES)).isFalse();
        assertThat(event.cost()).isEqualTo(Money.ZERO);
        assertThat(event.toString()).doesNotContain("canary");
        assertThat(plane.journal.opened().getFirst().tools()).isEqualTo(ToolCounts.of("search"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}
            {"jsonrpc":"2.0","method":"notifications/initialized"}
            {"jsonrpc":"2.0","id":1,"method":"tools/list"}
            {"jsonrpc":"2.0","id":1,"method":"ping"}
            {"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}
            """)
    void whatIsNoToolCallPassesEvenWhenNoneIsLeft(String message) throws Exception {
        limitOf(0);
        answers("application/json", result("1"));

        assertThat(plane.call(POST, JSON, message).text()).isEqualTo(result("1"));
        assertThat(plane.onlySettled().quantities().has(Meter.TOOL_CALLS)).isFalse();
        assertThat(plane.onlySettled().quantities().amount(Meter.CALLS)).isEqualTo(1);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void aBatchIsReservedWholeAndCountedByItsResults() throws Exception {
        limitOf(3);
        String batch = "[" + call("1", "search") + "," + call("2", "fetch") + "," + call("3", "search") + "]";
        answers("text/event-stream", "event: message\r\ndata: [" + result("2") + "," + result("1")
                + ",{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32602,\"message\":\"no\"}}]\r\n\r\n");

        assertThat(plane.call(POST, JSON, batch).status()).isEqualTo(200);
        assertThat(plane.onlySettled().tools().byName()).hasToString("{fetch=1, search=1}");
        assertThat(plane.call(POST, JSON, "[" + call("4", "a") + "," + call("5", "a") + "]").status()).isEqualTo(429);
        assertThat(plane.call(POST, JSON, call("4", "a")).status()).isEqualTo(200);
    }

    @Test
    void aBlockIsAJsonRpcErrorForEachRequest() throws Exception {
        limitOf(1);
        Wire.Message answer = plane.call(POST, JSON, "[" + call("\"a\"", "x") + "," + call("2", "y")
                + ",{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}]");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        assertThat(answer.text())
                .startsWith("[{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32000,\"message\":\"")
                .contains("{\"jsonrpc\":\"2.0\",\"id\":2,\"error\"",
                        "\"data\":{\"code\":\"cap_exceeded\",\"status\":429")
                .endsWith("}}}]");
        assertThat(plane.upstream.requests()).isEmpty();
        UsageEvent event = plane.journal.refused().getFirst();
        assertThat(event.outcome()).isEqualTo(Outcome.BLOCKED);
        assertThat(event.quantities().isEmpty()).isTrue();
    }

    @Test
    void underConcurrencyExactlyTheLimitPasses() throws Exception {
        limitOf(10);
        answers("application/json", result("1"));
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = IntStream.range(0, 60)
                    .mapToObj(i -> clients.submit(() -> plane.call(POST, JSON, call("1", "search")).status()))
                    .toList();
            int passed = 0;
            for (Future<Integer> answer : answers) {
                passed += answer.get() == 200 ? 1 : 0;
            }
            assertThat(passed).isEqualTo(10);
        }
        assertThat(plane.settled()).hasSize(10);
        assertThat(plane.upstream.requests()).hasSize(10);
    }

    @ParameterizedTest(name = "{0}: {1} → {2} {3}")
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            textBlock = """
                    {"id":1,"method":"ping","method":"tools/call"}            |                                    | 400 | -32600
                    {"id":1,"method":                                          |                                    | 400 | -32700
                    {"id":1,"method":"tools/call","params":{"name":"a"}}       | Mcp-Method: tools/list              | 400 | -32020
                    {"id":1,"method":"tools/call","params":{"name":"a"}}       | Mcp-Name: b                         | 400 | -32020
                    {"id":1,"method":"tools/list"}                             | Mcp-Name: a                         | 400 | -32020
                    {"id":1,"method":"tools/call","params":{"name":"é"}}       | Mcp-Name: =?base64?w6g=?=           | 400 | -32020
                    {"id":1,"method":"tools/call","params":{"name":"é"}}       | Mcp-Name: =?base64?!?=              | 400 | -32020
                    [{"id":1,"method":"tools/call","params":{"name":"a"}}]     | Mcp-Name: a                         | 400 | -32020
                    {"id":1,"method":"ping"}                                   | Content-Encoding: gzip              | 400 | -32000
                    {"id":1,"method":"ping"}                                   | Origin: https://evil.example        | 403 | -32000
                    {"id":1,"method":"ping"}                                   | Origin: null                        | 403 | -32000
                    """)
    void whatHasTwoReadingsOrComesFromElsewhereIsRefused(String body, String header, int status, int code)
            throws Exception {
        Wire.Message answer = plane.call(POST, JSON + (header == null ? "" : header + "\r\n"), body);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).contains("\"error\":{\"code\":" + code + ",");
        assertThat(plane.upstream.requests()).isEmpty();
        assertThat(plane.journal.refused()).hasSize(1);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"id":1,"method":"tools/call","params":{"name":"a"}}             | Mcp-Method: tools/call
            {"id":1,"method":"tools/call","params":{"name":"a"}}             | Mcp-Name: a
            {"id":1,"method":"tools/call","params":{"name":"é"}}             | Mcp-Name: =?base64?w6k=?=
            {"id":1,"method":"resources/read","params":{"uri":"file:///a"}}  | Mcp-Name: file:///a
            {"id":1,"method":"ping"}                                         | Origin: https://APP.example
            """)
    void headersThatAgreePass(String body, String header) throws Exception {
        answers("application/json", result("1"));

        assertThat(plane.call(POST, JSON + header + "\r\n", body).status()).isEqualTo(200);
    }

    @Test
    void aRouteWithHostsIsCalledByThoseOnly() throws Exception {
        answers("application/json", result("1"));

        assertThat(plane.call("POST /named/mcp", JSON, call("1", "a")).status()).isEqualTo(200);
        assertThat(plane.call("POST /elsewhere/mcp", JSON, call("1", "a")).status()).isEqualTo(403);
        assertThat(plane.upstream.requests()).hasSize(1);
    }

    @Test
    void withoutAKeyTheErrorIsInJsonRpcToo() throws Exception {
        try (var client = plane.client()) {
            Wire.Message answer = client.request(POST, JSON, call("1", "a")).answer();

            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.text()).startsWith("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,")
                    .contains("\"code\":\"key_missing\"");
        }
    }

    @Test
    void aStreamThatBreaksOffCountsItsCallAsABound() throws Exception {
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.sendChunk("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n");
            wire.close();
        });
        Wire.Message answer = plane.call(POST, JSON, call("1", "slow"));

        assertThat(answer.whole()).isFalse();
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.UPSTREAM_GONE);
        assertThat(event.quantities().amount(Meter.TOOL_CALLS)).isEqualTo(1);
        assertThat(event.quantities().provenance(Meter.TOOL_CALLS)).isEqualTo(Provenance.BOUND);
        assertThat(event.tools()).isEqualTo(ToolCounts.of("slow"));
    }

    @Test
    void aServersOwnRefusalCountsNothing() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"));

        assertThat(plane.call(POST, JSON, call("1", "a")).status()).isEqualTo(404);
        assertThat(plane.onlySettled().quantities().has(Meter.TOOL_CALLS)).isFalse();
        assertThat(plane.onlySettled().tools().isEmpty()).isTrue();
        answers("application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"no\"}}");
        plane.call(POST, JSON, call("1", "a"));
        assertThat(plane.settled().getLast().outcome()).isEqualTo(Outcome.UPSTREAM_ERROR);
        assertThat(plane.settled().getLast().tools().isEmpty()).isTrue();
    }

    /// Silence and first byte have a limit of one second on this route.
    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"GET /tools/mcp |", "POST /tools/mcp | {\"id\":2,\"method\":\"subscriptions/listen\"}"})
    void whoListensIsNotEndedBySilence(String line, String body) throws Exception {
        var spoken = new CountDownLatch(1);
        plane.upstream.answers((request, wire, number) -> {
            if (request.text().contains("ping")) {
                assertThat(wire.isClosed()).isTrue();
                return;
            }
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            spoken.await();
            wire.sendChunk("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n");
            wire.send("0\r\n\r\n");
        });
        try (var client = plane.client()) {
            client.request(line, plane.auth() + JSON + "Mcp-Session-Id: s-1\r\n", body == null ? "" : body);
            assertThat(Objects.requireNonNull(client.head()).start()).contains("200");
            // Another call on the route shows that its limit has passed meanwhile: it is ended by it.
            assertThat(timedOut()).isEqualTo(504);
            spoken.countDown();
            assertThat(client.line()).isNotEmpty();
            assertThat(client.line()).contains("list_changed");
        }
        plane.quiet();
        assertThat(plane.journal.settled()).hasSize(2);
    }

    private static int timedOut() throws Exception {
        try (var client = plane.client()) {
            return client.request(POST, plane.auth() + JSON, "{\"id\":1,\"method\":\"ping\"}").answer().status();
        }
    }

    @Test
    void listeningHasALimitOfItsOwn() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"));

        Wire.Message answer = plane.call("GET /briefly/mcp", "Accept: text/event-stream\r\n", "");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.whole()).isFalse();
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.TIMEOUT);
    }

    @Test
    void aSessionIsDeletedAndOtherMethodsDoNotPass() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 204 No Content\r\n\r\n"));

        assertThat(plane.call("DELETE /tools/mcp", "Mcp-Session-Id: s-1\r\n", "").status()).isEqualTo(204);
        assertThat(plane.upstream.onlyRequest().header("mcp-session-id")).isEqualTo("s-1");
        assertThat(plane.call("PUT /tools/mcp", JSON, call("1", "a")).status()).isEqualTo(405);
        assertThat(plane.upstream.requests()).hasSize(1);
    }

    @Test
    void aSessionIsTheKeysThatOpenedIt() throws Exception {
        answers("application/json", result("1"));
        plane.call(POST, JSON, "{\"id\":1,\"method\":\"initialize\"}");
        assertThat(plane.call(POST, JSON + "Mcp-Session-Id: s-1\r\n", call("1", "a")).status()).isEqualTo(200);
        assertThat(plane.call(POST, JSON + "Mcp-Session-Id: unknown-here\r\n", call("1", "a")).status())
                .isEqualTo(200);
        plane.otherKeyInstead();

        Wire.Message answer = plane.call(POST, JSON + "Mcp-Session-Id: s-1\r\n", call("1", "a"));

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text()).contains("\"code\":\"session_unknown\"");
        assertThat(plane.upstream.requests()).hasSize(3);
        assertThat(plane.call("POST /briefly/mcp", JSON + "Mcp-Session-Id: s-1\r\n", call("1", "a")).status())
                .as("another route is another server")
                .isEqualTo(200);
    }

    @Test
    void recordedTrafficPassesAndIsCounted() throws Exception {
        int calls = 0;
        for (JsonNode record : RecordedTraffic.of(Set.of("mcp-server"), Set.of("mcp"))) {
            plane.forget();
            JsonNode response = record.path("response");
            byte[] body = response.path("body").asText().getBytes(StandardCharsets.UTF_8);
            plane.upstream.answers((request, wire, number) -> wire
                    .send("HTTP/1.1 " + response.path("status").asInt() + " X\r\nContent-Type: text/event-stream\r\n"
                            + "Content-Length: " + body.length + "\r\n\r\n")
                    .send(body));
            String request = record.path("request").path("body").asText();

            Wire.Message answer = plane.call(POST, JSON, request);

            boolean isCall = request.contains("tools/call");
            calls += isCall ? 1 : 0;
            assertThat(answer.body()).as(record.path("id").asText()).isEqualTo(body);
            assertThat(plane.onlySettled().quantities().amount(Meter.TOOL_CALLS)).isEqualTo(isCall ? 1 : 0);
            assertThat(plane.onlySettled().tools()).isEqualTo(isCall ? ToolCounts.of("ask_question") : ToolCounts.NONE);
        }
        assertThat(calls).isEqualTo(2);
    }

    @Test
    void aClientThatLeavesEndsItsListening() throws Exception {
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            assertThat(wire.isClosed()).isTrue();
        });
        try (var client = plane.client()) {
            client.request("GET /tools/mcp", plane.auth(), "");
            client.head();
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> plane.journal.settled().size() == 1);
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.CLIENT_GONE);
    }
}
