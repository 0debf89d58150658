package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.postgres.EmbeddedPostgres;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One cap on one node and on three, in real processes that share one PostgreSQL.
@Timeout(600)
class LeasesIT {
    private static final int CALLS = 2_000;
    private static final int ROOM = 100;
    /// Two cents: 50,000 tokens out at 0.40 dollars per million.
    private static final String DEAR = """
            {"model": "sandbox-small", "max_tokens": 50000, "messages": [{"role": "user", "content": "hi"}],
             "weir_sandbox": {"output_tokens": 9000}}""";
    /// Two megabytes, about.
    private static final String STREAMED = """
            {"model": "sandbox-small", "stream": true, "max_tokens": 9000, "messages": [{"role": "user", "content": "hi"}],
             "weir_sandbox": {"output_tokens": 9000}}""";
    private static final String EGRESS = """
            {"id": "egress", "tenant": "%s", "entity": {"kind": "tenant", "value": "*"}, "meter": "egress_bytes",
             "window": "total", "amount": "%d", "action": "block"}""";
    private static final int REPETITIONS = Integer.getInteger("weir.leases.repetitions", 20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void twoThousandCallsAtOnceFillRoomForAHundredExactlyOnOneNodeAndOnThree() throws Exception {
        try (var database = EmbeddedPostgres.start(folder.resolve("db"));
                var one = WeirProcess.start(folder.resolve("one"), config(database, "one"));
                var two = WeirProcess.start(folder.resolve("two"), config(database, "two"));
                var three = WeirProcess.start(folder.resolve("three"), config(database, "three"))) {
            for (int round = 0; round < REPETITIONS; round++) {
                for (List<WeirProcess> nodes : List.of(List.of(one), List.of(one, two, three))) {
                    String tenant = "t" + round + "-" + nodes.size();
                    String key = capped(nodes, tenant);
                    var answers = burst(nodes, key, CALLS, () -> {});
                    assertThat(answers).as(tenant).isEqualTo(Map.of(200, ROOM, 429, CALLS - ROOM));
                }
            }
            assertThat(counters(one)).isEqualTo("ok");
        }
    }

    @Test
    void aNodeThatIsKilledTakesNoMoreThanItsLeaseWithItAndBringsItBack() throws Exception {
        try (var database = EmbeddedPostgres.start(folder.resolve("db"));
                var one = WeirProcess.start(folder.resolve("one"), config(database, "one"));
                var two = WeirProcess.start(folder.resolve("two"), config(database, "two"));
                var three = WeirProcess.start(folder.resolve("three"), config(database, "three"))) {
            String key = capped(List.of(one, two, three), "acme");
            var answers = burst(List.of(one, two, three), key, CALLS, () -> kill(three));
            int before = answers.getOrDefault(200, 0);
            assertThat(before).isLessThanOrEqualTo(ROOM);
            try (var again = WeirProcess.start(folder.resolve("three"), config(database, "three"))) {
                // Calls that the kill cut short are charged as they were reserved: one each.
                int after = burst(List.of(one, two, again), key, CALLS, () -> {}).getOrDefault(200, 0);
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(used(one, "acme")).containsEntry("calls", (long) ROOM));
                assertThat(before + after).isLessThanOrEqualTo(ROOM);
                assertThat(burst(List.of(one, two, again), key, 100, () -> {})).containsOnlyKeys(429);
            }
        }
    }

    @Test
    void withoutTheDatabaseCallsGoOnWithinTheLeaseAndThenSayThatNobodyCanBeAsked() throws Exception {
        try (var database = EmbeddedPostgres.start(folder.resolve("db"), WeirProcess.freePort())) {
            try (var one = WeirProcess.start(folder.resolve("one"), config(database, "one"))) {
                String key = capped(List.of(one), "acme");
                assertThat(call(one, key).statusCode()).isEqualTo(200);
                database.close();
                int admitted = 1;
                HttpResponse<String> answer = call(one, key);
                for (; answer.statusCode() == 200; answer = call(one, key)) {
                    admitted++;
                }
                assertThat(admitted).isBetween(2, ROOM - 1);
                assertThat(answer.statusCode()).isEqualTo(429);
                assertThat(answer.body()).contains("cap_unavailable");
                assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            }
        }
    }

    @Test
    void aBudgetIsOpenWithinItsBoundWithoutTheDatabaseAndItsEventsSaySo() throws Exception {
        int port = WeirProcess.freePort();
        var database = EmbeddedPostgres.start(folder.resolve("db"), port);
        try (var one = WeirProcess.start(folder.resolve("one"), config(database, "one"))) {
            String key = limited(List.of(one), "acme", """
                    {"id": "cost", "tenant": "acme", "entity": {"kind": "tenant", "value": "*"}, "meter": "cost",
                     "window": "total", "amount": "1", "action": "block"}""");
            assertThat(send(one, key, DEAR).statusCode()).isEqualTo(200);
            database.close();
            HttpResponse<String> answer = send(one, key, DEAR);
            while (answer.statusCode() == 200) {
                answer = send(one, key, DEAR);
            }
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("cap_unavailable");
            database = EmbeddedPostgres.start(folder.resolve("db"), port);
            await().atMost(PATIENCE).ignoreExceptions().until(() -> used(one, "acme").containsKey("blocked"));
            List<JsonObject> events = Events.of(one, "acme");
            assertThat(events).anyMatch(event -> event.getJsonArray("flags").contains("budget_open"));
            assertThat(events.stream().map(event -> new BigDecimal(event.getString("cost"))).reduce(BigDecimal::add))
                    .hasValueSatisfying(cost -> assertThat(cost).isBetween(new BigDecimal("0.4"),
                            new BigDecimal("1.01")));
        } finally {
            database.close();
        }
    }

    /// The cap has room for the stream, and the first node holds so much of that room that it has to give some back.
    @Test
    void aStreamThatNeedsWhatAnotherNodeHoldsIdleIsWhole() throws Exception {
        try (var database = EmbeddedPostgres.start(folder.resolve("db"));
                var one = WeirProcess.start(folder.resolve("one"), config(database, "one"));
                var two = WeirProcess.start(folder.resolve("two"), config(database, "two"))) {
            String free = limited(List.of(one, two), "free", EGRESS.formatted("free", 1L << 40));
            String whole = send(two, free, STREAMED).body();
            assertThat(whole).endsWith("data: [DONE]\n\n").hasSizeGreaterThan(1_000_000);

            long cap = whole.length() * 5L / 4;
            String key = limited(List.of(one, two), "acme", EGRESS.formatted("acme", cap));
            assertThat(call(one, key).statusCode()).isEqualTo(200);
            assertThat(idle(one, "one", "acme")).isGreaterThan(cap - whole.length());
            HttpResponse<String> answer = send(two, key, STREAMED);

            assertThat(answer.body()).endsWith("data: [DONE]\n\n").doesNotContain("cut_by_cap").hasSize(whole.length());
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(used(two, "acme")).containsEntry("ok", 2L));
        }
    }

    @Test
    void aNodeWithAnotherPepperSaysThatItKnowsNobodysKeys() throws Exception {
        try (var database = EmbeddedPostgres.start(folder.resolve("db"));
                var one = WeirProcess.start(folder.resolve("one"), config(database, "one"));
                var two = WeirProcess.start(folder.resolve("two"),
                        config(database, "two").replace("a-pepper-of-all", "some-other-pepper"))) {
            assertThat(one.log()).doesNotContain("another pepper");
            assertThat(two.log()).contains("another pepper", "keys.pepper");
        }
    }

    private static void kill(WeirProcess node) {
        try {
            node.kill();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /// A tenant with room for a hundred calls, known on all nodes.
    private static String capped(List<WeirProcess> nodes, String tenant) throws Exception {
        return limited(nodes, tenant, """
                {"id": "calls", "tenant": "%s", "entity": {"kind": "tenant", "value": "*"}, "meter": "calls",
                 "window": "total", "amount": "%d", "action": "block"}""".formatted(tenant, ROOM));
    }

    /// The limit is there before the key, so who knows the key knows the limit.
    private static String limited(List<WeirProcess> nodes, String tenant, String limit) throws Exception {
        WeirProcess first = nodes.getFirst();
        first.control("POST", "/api/tenants", "{\"id\": \"" + tenant + "\", \"plan\": \"pro\"}");
        first.control("POST", "/api/limits", limit);
        String key = new JsonObject(first.control("POST", "/api/keys", "{\"tenant\": \"" + tenant + "\"}"))
                .getString("key");
        for (WeirProcess node : nodes) {
            await().atMost(PATIENCE).until(() -> send(node, key, "no JSON").statusCode() != 401);
        }
        return key;
    }

    /// What a node was lent and has not used.
    private static long idle(WeirProcess at, String node, String tenant) throws Exception {
        return new JsonObject(at.control("GET", "/api/leases", "")).getJsonArray("items")
                .stream()
                .map(JsonObject.class::cast)
                .filter(lease -> lease.getString("node").equals(node) && lease.getString("tenant").equals(tenant))
                .mapToLong(lease -> lease.getLong("lent") - lease.getLong("used"))
                .sum();
    }

    /// All at once, one after the other to each node.
    ///
    /// @param meanwhile what happens when about half of them have been sent
    /// @return how many answers of each status; 0 where there was none
    private static Map<Integer, Integer> burst(List<WeirProcess> nodes, String key, int calls, Runnable meanwhile)
            throws Exception {
        var start = new CountDownLatch(1);
        var statuses = new TreeMap<Integer, Integer>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<Integer>>();
            for (int i = 0; i < calls; i++) {
                WeirProcess node = nodes.get(i % nodes.size());
                running.add(threads.submit(() -> {
                    start.await();
                    return statusOf(() -> call(node, key));
                }));
            }
            start.countDown();
            running.get(calls / 2).get();
            meanwhile.run();
            for (Future<Integer> one : running) {
                statuses.merge(one.get(), 1, Integer::sum);
            }
        }
        return statuses;
    }

    private static int statusOf(Supplier<HttpResponse<String>> call) {
        try {
            return call.get().statusCode();
        } catch (IllegalStateException gone) {
            return 0;
        }
    }

    private static HttpResponse<String> call(WeirProcess node, String key) {
        return send(node, key, """
                {"model": "gpt-4o-mini", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}""");
    }

    private static HttpResponse<String> send(WeirProcess node, String key, String body) {
        try {
            return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(node.url("/sandbox/v1/chat/completions")))
                    .header("Authorization", "Bearer " + key)
                    .header("Content-Type", "application/json")
                    .timeout(PATIENCE)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException gone) {
            throw new IllegalStateException(gone);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    /// Events by outcome, and how many calls of the cap they are together.
    private static Map<String, Long> used(WeirProcess node, String tenant) throws Exception {
        var used = new TreeMap<String, Long>();
        for (JsonObject event : Events.of(node, tenant)) {
            used.merge(event.getString("outcome"), 1L, Long::sum);
            used.merge("calls", event.getJsonObject("meters").getLong("calls", 0L), Long::sum);
        }
        return used;
    }

    private static String counters(WeirProcess node) throws Exception {
        var audit = new JsonObject(node.control("GET", "/api/audit", ""));
        return audit.getJsonArray("checks")
                .stream()
                .map(JsonObject.class::cast)
                .filter(check -> check.getString("name").equals("counters"))
                .map(check -> check.getString("verdict"))
                .findFirst()
                .orElse("missing");
    }

    private String config(EmbeddedPostgres database, String node) throws IOException {
        String password = Files.readString(folder.resolve("db/postgres/password")).strip();
        return """
                node: {id: %s}
                database: {url: "postgresql://127.0.0.1:%d/postgres", user: weir, password: "%s"}
                limits: {connections: 8000, connections-per-address: 8000, calls-per-tenant: 8000}
                demo: {enabled: false}
                keys: {pepper: a-pepper-of-all-nodes-of-one-database-0}
                routes: {sandbox: {kind: llm, provider: sandbox}}
                """.formatted(node, database.database().port(), password);
    }
}
