package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` under load, again and again on the same folder: no call whose end a client saw lacks its event, none is there
/// twice, and what the upstream worked on is in the record (identities I1 and I2 of the guarantees).
class KillIT {
    private static final int ROUNDS = 4;
    private static final int CLIENTS = 8;
    private static final long SEED = Long.getLong("weir.seed", 20_261_124L);

    @TempDir
    private Path folder;

    @Test
    void everyAnswerAClientSawIsRecordedOnceThroughKills() throws Exception {
        var random = new SplittableRandom(SEED);
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        try (var upstream = new LedgeredUpstream()) {
            String config = "routes:\n  openai: {kind: llm, provider: openai, upstream: \"" + upstream.url()
                    + "\", credential: sk-test, allow-private: true}\n";
            String key = null;
            for (int round = 0; round < ROUNDS; round++) {
                try (var weir = WeirProcess.start(folder, config)) {
                    key = key == null ? weir.newKey("acme", "pro") : key;
                    underLoad(weir, key, round, seen, seen.size() + 100 + random.nextInt(200));
                }
            }
            try (var weir = WeirProcess.start(folder, config)) {
                check(weir, seen, upstream);
            }
        }
    }

    /// Lets clients call until so many answers were seen, then kills.
    private static void underLoad(WeirProcess weir, String key, int round, Queue<String> seen, int until)
            throws Exception {
        var over = new AtomicBoolean();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < CLIENTS; client++) {
                String prefix = "r" + round + "c" + client + "n";
                clients.submit(() -> callUntil(over, weir, key, prefix, seen));
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> seen.size() >= until);
            weir.kill();
            over.set(true);
        }
    }

    private static void callUntil(AtomicBoolean over, WeirProcess weir, String key, String prefix, Queue<String> seen) {
        for (int number = 0; !over.get(); number++) {
            String mark = prefix + number;
            try {
                var answer = WeirProcess.HTTP.send(
                        HttpRequest.newBuilder(URI.create(weir.url("/openai/v1/chat/completions")))
                                .header("Authorization", "Bearer " + key)
                                .header("X-Weir-Run", mark)
                                .timeout(Duration.ofSeconds(20))
                                .POST(HttpRequest.BodyPublishers
                                        .ofString(LedgeredUpstream.request(mark, number % 2 == 0)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    seen.add(mark);
                }
            } catch (IOException killed) {
                return;
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void check(WeirProcess weir, Queue<String> seen, LedgeredUpstream upstream) throws Exception {
        List<JsonObject> events = Events.atLeast(seen.size(), weir, "acme");
        Map<String, List<JsonObject>> byMark = events.stream()
                .collect(Collectors.groupingBy(event -> event.getString("run")));

        assertThat(events.stream().map(event -> event.getString("id")).distinct().count()).isEqualTo(events.size());
        for (String mark : seen) {
            List<JsonObject> ofMark = byMark.getOrDefault(mark, List.of());
            assertThat(ofMark).as("events of %s, seed %d", mark, SEED).hasSize(1);
            JsonObject event = ofMark.getFirst();
            assertThat(event.getString("outcome")).isEqualTo("ok");
            assertThat(event.getJsonObject("meters").getLong("tokens_in")).isEqualTo(LedgeredUpstream.TOKENS_IN);
            assertThat(event.getJsonObject("meters").getLong("tokens_out")).isEqualTo(LedgeredUpstream.tokensOut(mark));
        }
        Map<String, Integer> attempts = new HashMap<>();
        upstream.ledger().forEach(mark -> attempts.merge(mark, 1, Integer::sum));
        attempts.forEach((mark, count) -> assertThat(byMark.getOrDefault(mark, List.of()))
                .as("events of what the upstream worked on, %s, seed %d", mark, SEED)
                .hasSize(count));
    }
}
