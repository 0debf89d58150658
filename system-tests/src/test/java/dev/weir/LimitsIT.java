package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Limits, quotas, plans and capacity on real Weirs: in force on every node, and each call in each limit once.
class LimitsIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";

    @TempDir
    private Path folder;

    @Test
    void aQuotaIsInForceOnEveryNodeAndCountsWhatWasUsedBefore() throws Exception {
        String pepper = "keys: {pepper: \"one pepper of more than 32 bytes for both nodes\"}\n";
        String shared = CONFIG + pepper + ChaosServer.shared().newDatabase().config();
        try (var one = WeirProcess.start(folder.resolve("one"), shared)) {
            String key = one.newKey("acme", "pro");
            for (int i = 0; i < 3; i++) {
                assertThat(chat(one, key, 0).statusCode()).isEqualTo(200);
            }
            try (var two = WeirProcess.start(folder.resolve("two"), shared)) {
                Events.atLeast(3, one, "acme");
                assertThat(chat(two, key, 0).statusCode()).isEqualTo(200);

                JsonObject set = quota(one, 3);
                assertThat(set.getLong("used")).isGreaterThanOrEqualTo(3);
                assertThat(set.getLong("remaining")).isZero();
                assertThat(chat(one, key, 0).statusCode()).as("lower than used blocks").isEqualTo(429);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(5))
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> chat(two, key, 0).statusCode() == 429);

                String actions = one.control("GET", "/api/admin-actions?tenant=acme", "");
                assertThat(new JsonObject(actions).getJsonArray("items").getJsonObject(0).getString("action"))
                        .isEqualTo("limit.create");
                assertThat(new JsonObject(actions).getJsonArray("items").getJsonObject(0).getString("who"))
                        .isEqualTo("admin");
            }
        }
    }

    @Test
    void limitsThatComeAndGoWhileCallsRunCountEachCallOnce() throws Exception {
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            String key = weir.newKey("acme", "pro");
            var stopped = new AtomicBoolean();
            int sent = 0;
            List<Future<Integer>> clients = new ArrayList<>();
            try (var threads = Executors.newFixedThreadPool(6)) {
                for (int i = 0; i < 6; i++) {
                    clients.add(threads.submit((Callable<Integer>) () -> calls(weir, key, stopped)));
                }
                for (int round = 0; round < 8; round++) {
                    Events.atLeast(20 * (round + 1), weir, "acme");
                    create(weir, "calls-" + round, "calls", "month", "1000000");
                    create(weir, "tokens-" + round, "tokens_out", "day", "100000000");
                    if (round % 2 == 1) {
                        weir.control("DELETE", "/api/limits/acme/calls-" + (round - 1), "");
                        create(weir, "calls-" + (round - 1), "calls", "total", "1000000");
                    }
                }
                quota(weir, 1_000_000);
                stopped.set(true);
                for (Future<Integer> client : clients) {
                    sent += client.get(60, TimeUnit.SECONDS);
                }
            }
            int all = sent;
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(asked(weir, "GET", "/quota/acme", "").getLong("used"))
                            .isEqualTo(all));
            var audit = new JsonObject(weir.control("GET", "/api/audit?wait=30", ""));
            assertThat(audit.getString("verdict")).as(audit.encodePrettily()).isEqualTo("ok");
        }
    }

    @Test
    void aTrialThatConvertsIsOnTheNextPlanWithoutARefusal() throws Exception {
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            weir.control("POST", "/api/plans",
                    "{\"id\":\"taste\",\"at_limit\":\"convert\",\"converts_to\":\"pro\",\"limits\":[{\"id\":\"some\","
                            + "\"entity\":{\"kind\":\"tenant\",\"value\":\"*\"},\"meter\":\"calls\",\"window\":\"total\","
                            + "\"amount\":\"3\",\"action\":\"block\"}]}");
            String key = weir.newKey("acme", "taste");
            for (int i = 0; i < 5; i++) {
                assertThat(chat(weir, key, 0).statusCode()).isEqualTo(200);
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> new JsonObject(weir.control("GET", "/api/tenants/acme", "")).getString("plan")
                            .equals("pro"));
            assertThat(weir.log()).contains("tenant acme has used up some of plan taste and is on plan pro now");
        }
    }

    @Test
    void purchasedConcurrencyBlocksAndIsShown() throws Exception {
        try (var weir = WeirProcess.start(folder, CONFIG); var threads = Executors.newFixedThreadPool(1)) {
            String key = weir.newKey("acme", "pro");
            weir.control("PUT", "/api/capacity/acme", "{\"concurrency\":1}");
            var running = threads.submit(() -> chat(weir, key, 4_000));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> new JsonObject(weir.control("GET", "/api/capacity/acme", ""))
                            .getJsonObject("concurrency")
                            .getInteger("used") == 1);
            assertThat(chat(weir, key, 0).body()).contains("concurrency_exceeded");
            assertThat(running.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertThat(chat(weir, key, 0).statusCode()).isEqualTo(200);
        }
    }

    private static int calls(WeirProcess weir, String key, AtomicBoolean stopped) throws Exception {
        int passed = 0;
        while (!stopped.get()) {
            assertThat(chat(weir, key, 20 * (passed % 3)).statusCode()).isEqualTo(200);
            passed++;
        }
        return passed;
    }

    private static JsonObject quota(WeirProcess weir, long calls) throws Exception {
        return asked(weir, "POST", "/quota", "{\"tenant_id\":\"acme\",\"monthly_total_limit\":" + calls + "}");
    }

    private static void create(WeirProcess weir, String id, String meter, String window, String amount)
            throws Exception {
        weir.control("POST", "/api/limits",
                "{\"id\":\"" + id + "\",\"tenant\":\"acme\",\"entity\":{\"kind\":\"tenant\","
                        + "\"value\":\"*\"},\"meter\":\"" + meter + "\",\"window\":\"" + window + "\",\"amount\":\""
                        + amount
                        + "\",\"action\":\"block\"}");
    }

    /// An answer of the metering service.
    private static JsonObject asked(WeirProcess weir, String method, String path, String body)
            throws IOException, InterruptedException {
        var answer = WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.controlUrl() + path))
                .header("Authorization", "Bearer " + weir.adminKey())
                .header("Content-Type", "application/json")
                .header("X-Constitutional-Hash", "cdd01ef066bc6cf2")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new JsonObject(answer.body());
    }

    private static HttpResponse<String> chat(WeirProcess weir, String key, int delayMillis)
            throws IOException, InterruptedException {
        return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url("/sandbox/v1/chat/completions")))
                .header("Authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(String.format(Locale.ROOT,
                        "{\"model\":\"sandbox-small\",\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                                + "\"weir_sandbox\":{\"delay_ms\":%d}}",
                        delayMillis)))
                .build(), HttpResponse.BodyHandlers.ofString());
    }
}
