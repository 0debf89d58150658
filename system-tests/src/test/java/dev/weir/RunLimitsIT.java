package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.GatewayConfig;
import dev.weir.ledger.Ledgers;
import dev.weir.port.Clock;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Limits on runs on real Weirs: a run begins once in a window, through restarts and kills too.
class RunLimitsIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";

    @TempDir
    private Path folder;

    /// Stands in the middle of a minute, so that a test's calls are all of one; the monotonic clock goes on.
    private static final class StandingClock implements Clock {
        private final Instant moment = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 60 * 60 + 30);

        @Override
        public Instant now() {
            return moment;
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }

    @Test
    void purchasedRunsAMinuteBlockAreShownAndAreNotChargedAgainAfterARestart() throws Exception {
        var ports = new Ports(new StandingClock(), Ports.real().random(), Ports.real().disks());
        String key;
        try (Gateway weir = Gateway.start(config(), ports)) {
            Ledgers.watch(weir.ledger());
            control(weir, "POST", "/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\"}");
            key = control(weir, "POST", "/api/keys", "{\"tenant\":\"acme\"}").getString("key");
            control(weir, "PUT", "/api/capacity/acme", "{\"runs_per_minute\":3}");
            assertThat(chat(weir, key, "a").statusCode()).isEqualTo(200);
            assertThat(chat(weir, key, "a").statusCode()).isEqualTo(200);
            assertThat(chat(weir, key, "b").headers().firstValue("ratelimit-policy"))
                    .hasValue("\"capacity-runs-per-minute\";q=3;qu=\"runs\";w=60");
            assertThat(runs(weir)).isEqualTo(new JsonObject().put("purchased", 3).put("used", 2));
            assertThat(chat(weir, key, null).statusCode()).as("a run of its own").isEqualTo(200);
            assertBlocked(chat(weir, key, "c"));
        }
        try (Gateway weir = Gateway.start(config(), ports)) {
            Ledgers.watch(weir.ledger());
            assertThat(runs(weir)).isEqualTo(new JsonObject().put("purchased", 3).put("used", 3));
            assertThat(chat(weir, key, "a").statusCode()).isEqualTo(200);
            assertThat(chat(weir, key, "b").statusCode()).isEqualTo(200);
            assertBlocked(chat(weir, key, "c"));
            assertBlocked(chat(weir, key, null));
            control(weir, "PUT", "/api/capacity/acme", "{\"runs_per_minute\":4}");
            assertThat(chat(weir, key, "c").statusCode()).isEqualTo(200);
            assertBlocked(chat(weir, key, "d"));
        }
    }

    @Test
    void asManyRunsBeginAtOnceAsMayAndAKillForgetsNone() throws Exception {
        String key;
        var begun = new HashSet<String>();
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            key = weir.newKey("acme", "pro");
            create(weir, 12);
            List<Future<String>> calls = new ArrayList<>();
            try (var clients = Executors.newFixedThreadPool(16)) {
                for (int i = 0; i < 120; i++) {
                    String run = "run-" + i % 60;
                    calls.add(clients
                            .submit((Callable<String>) () -> chat(weir, key, run).statusCode() == 200 ? run : ""));
                }
            }
            for (Future<String> call : calls) {
                begun.add(call.get());
            }
            begun.remove("");
            assertThat(begun).hasSize(12);
            weir.kill();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            for (String run : begun) {
                assertThat(chat(weir, key, run).statusCode()).as(run).isEqualTo(200);
            }
            assertThat(chat(weir, key, "another").body()).contains("cap_exceeded");
            var audit = new JsonObject(weir.control("GET", "/api/audit?wait=30", ""));
            assertThat(audit.getString("verdict")).as(audit.encodePrettily()).isEqualTo("ok");
        }
    }

    @Test
    void overTwoNodesNoMoreBeginThanMayAndARunOnBothCountsTwice() throws Exception {
        String shared = CONFIG + "keys: {pepper: \"one pepper of more than 32 bytes for both nodes\"}\n"
                + ChaosServer.shared().newDatabase().config();
        try (var one = WeirProcess.start(folder.resolve("one"), shared)) {
            String key = one.newKey("acme", "pro");
            create(one, 6);
            try (var two = WeirProcess.start(folder.resolve("two"), shared)) {
                var begun = new ArrayList<String>();
                for (int i = 0; i < 10; i++) {
                    for (var node : List.of(one, two)) {
                        if (chat(node, key, "run-" + i).statusCode() == 200) {
                            begun.add("run-" + i);
                        }
                    }
                }
                assertThat(begun).containsExactly("run-0", "run-0", "run-1", "run-1", "run-2", "run-2");
                assertThat(chat(one, key, "run-0").statusCode()).isEqualTo(200);
                assertThat(chat(two, key, "run-9").statusCode()).isEqualTo(429);
            }
        }
    }

    /// Of a month, which no test crosses.
    private static void create(WeirProcess weir, int amount) throws Exception {
        weir.control("POST", "/api/limits", "{\"id\":\"runs\",\"tenant\":\"acme\",\"entity\":{\"kind\":\"tenant\","
                + "\"value\":\"*\"},\"meter\":\"runs\",\"window\":\"month\",\"amount\":\"" + amount
                + "\",\"action\":\"block\"}");
    }

    private static void assertBlocked(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).contains("rate_exceeded").contains("capacity-runs-per-minute");
        assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
        assertThat(answer.headers().firstValue("retry-after")).hasValue("30");
        assertThat(answer.headers().firstValue("ratelimit").orElseThrow())
                .startsWith("\"capacity-runs-per-minute\";r=0;t=30");
    }

    private static JsonObject runs(Gateway weir) throws Exception {
        return control(weir, "GET", "/api/capacity/acme", "").getJsonObject("runs_per_minute");
    }

    private GatewayConfig config() {
        String yaml = CONFIG + "data: \"" + folder.resolve("var") + "\"\n"
                + "listen: {data: \"127.0.0.1:0\", control: \"127.0.0.1:0\"}\n";
        return switch (ConfigReader.read(new ConfigSource("weir.yaml", yaml, folder), Map.of(), Map.of())) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
        };
    }

    private static JsonObject control(Gateway weir, String method, String path, String body) throws Exception {
        String admin = Files.readString(weir.folder().path().resolve("admin.key")).strip();
        var answer = WeirProcess.HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + weir.controlPort() + path))
                        .header("Authorization", "Bearer " + admin)
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
        return new JsonObject(answer.body());
    }

    private static HttpResponse<String> chat(Gateway weir, String key, @Nullable String run)
            throws IOException, InterruptedException {
        return chat("http://127.0.0.1:" + weir.dataPort(), key, run);
    }

    private static HttpResponse<String> chat(WeirProcess weir, String key, String run)
            throws IOException, InterruptedException {
        return chat(weir.url(""), key, run);
    }

    private static HttpResponse<String> chat(String url, String key, @Nullable String run)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url + "/sandbox/v1/chat/completions"))
                .header("Authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"sandbox-small\",\"max_tokens\":20,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
        if (run != null) {
            request.header("X-Weir-Run", run);
        }
        return WeirProcess.HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
