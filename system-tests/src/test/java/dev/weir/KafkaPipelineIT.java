package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.stream.Broker;
import dev.weir.postgres.EmbeddedPostgres;
import io.vertx.core.json.JsonObject;
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
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `pipeline: kafka` in real processes: a gateway, sinks, a broker, a PostgreSQL that they share. Both are killed in between, and
/// what PostgreSQL has in the end is what the upstream worked on.
@Timeout(300)
class KafkaPipelineIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir
    private Path folder;

    @Test
    void whatTheUpstreamWorkedOnIsStoredOnceThroughKillsOfWeirAndOfTheSink() throws Exception {
        try (var broker = Broker.start(folder.resolve("broker"));
                var database = EmbeddedPostgres.start(folder.resolve("db"));
                var upstream = new LedgeredUpstream()) {
            String config = config(broker, database, upstream);
            String key;
            long left;
            try (var weir = WeirProcess.start(folder.resolve("node"), config)) {
                key = weir.newKey("acme", "trial");
                calls(weir, key, "first", 60);
                left = remaining(call(weir, key, "last-of-the-first"));
                weir.kill();
            }
            try (var weir = WeirProcess.start(folder.resolve("node"), config)) {
                assertThat(Events.of(weir, "acme")).as("nobody stores yet").isEmpty();
                assertThat(left - remaining(call(weir, key, "after-kill-9-nows")))
                        .as("the cap counts what is only in the spool")
                        .isEqualTo(tokens("last-of-the-first"));
                try (var sink = SinkRun.start(folder.resolve("sink"), config)) {
                    await().atMost(PATIENCE).until(() -> !Events.of(weir, "acme").isEmpty());
                    calls(weir, key, "second", 60);
                    sink.kill();
                }
                calls(weir, key, "third", 60);
                try (var one = SinkRun.start(folder.resolve("one"), config);
                        var other = SinkRun.start(folder.resolve("other"), config)) {
                    calls(weir, key, "fourth", 60);
                    await().atMost(PATIENCE).until(() -> Events.of(weir, "acme").size() >= upstream.served());
                    assertThat(one.get("/health/ready")).contains("postgresql", "kafka").doesNotContain("down");
                    assertThat(one.get("/metrics")).contains("weir_sink_dead_letters_total{reason=\"refused\"} 0.0");
                    assertThat(one.stop()).as("orderly stop").isZero();
                    assertThat(other.stop()).isZero();
                }
                assertStored(Events.of(weir, "acme"), upstream);
            }
        }
    }

    @Test
    void aSinkWithoutAnOutsideDatabaseSaysWhatToDo() throws Exception {
        try (var sink = SinkRun.launch(folder, "kafka: {bootstrap: \"127.0.0.1:9\"}\n")) {
            assertThat(sink.exitCode()).isEqualTo(1);
            assertThat(sink.log()).contains("database.url is missing", "database.embedded-port");
        }
    }

    private String config(Broker broker, EmbeddedPostgres database, LedgeredUpstream upstream) throws Exception {
        Path client = Files.writeString(folder.resolve("client.properties"),
                "session.timeout.ms=2000\nheartbeat.interval.ms=500\n");
        String password = Files.readString(folder.resolve("db/postgres/password")).strip();
        return """
                database: {url: "postgresql://127.0.0.1:%d/postgres", user: weir, password: "%s"}
                pipeline: kafka
                kafka: {bootstrap: "%s", partitions: 3, replication: 1, client-file: "%s"}
                spool: {retention: 0}
                routes: {openai: {kind: llm, provider: openai, upstream: "%s", credential: sk-test, allow-private: true}}
                """
                .formatted(database.database().port(), password, broker.bootstrap(), client, upstream.url());
    }

    private static void calls(WeirProcess weir, String key, String prefix, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            assertThat(call(weir, key, prefix + i).statusCode()).isEqualTo(200);
        }
    }

    private static HttpResponse<String> call(WeirProcess weir, String key, String name) throws Exception {
        var call = new ChaosCall("acme." + name, "acme", key, ChaosCall.Shape.CHAT, ChaosCall.Mood.QUICK);
        return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url(call.path())))
                .headers(call.headers(0).toArray(String[]::new))
                .timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofByteArray(call.body()))
                .build(), HttpResponse.BodyHandlers.ofString());
    }

    private static long tokens(String name) {
        return ChaosCall.tokensIn("acme." + name) + ChaosCall.tokensOut("acme." + name, ChaosCall.Mood.QUICK);
    }

    /// Units left of the daily tokens, from the `RateLimit` field.
    private static long remaining(HttpResponse<String> answer) {
        return Long.parseLong(answer.headers().firstValue("ratelimit").orElseThrow().replaceAll(".*;r=(\\d+).*", "$1"));
    }

    private static void assertStored(List<JsonObject> events, LedgeredUpstream upstream) {
        Map<String, Long> worked = upstream.ledger()
                .stream()
                .map(served -> served.mark() + " " + served.tokensOut())
                .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
        Map<String, Long> stored = events.stream()
                .map(event -> event.getString("run") + " " + event.getJsonObject("meters").getLong("tokens_out"))
                .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
        assertThat(stored).isEqualTo(worked);
    }

    /// `weir sink` in a process of its own.
    private static final class SinkRun implements AutoCloseable {
        private final Path folder;
        private final Process process;
        private final int port;

        private SinkRun(Path folder, Process process, int port) {
            this.folder = folder;
            this.process = process;
            this.port = port;
        }

        static SinkRun start(Path folder, String config) throws Exception {
            var sink = launch(folder, config);
            await().atMost(PATIENCE)
                    .until(() -> sink.log().contains("the sink is ready") || !sink.process.isAlive());
            if (!sink.process.isAlive()) {
                throw new IllegalStateException("the sink did not start: " + sink.log());
            }
            return sink;
        }

        static SinkRun launch(Path folder, String config) throws Exception {
            Files.createDirectories(folder);
            Path file = Files.writeString(folder.resolve("sink.yaml"), config);
            int port = WeirProcess.freePort();
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                    System.getProperty("java.class.path"), "dev.weir.Main", "sink", "--config", file.toString(),
                    "--data", folder.resolve("var").toString(), "--control", "127.0.0.1:" + port));
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(folder.resolve("sink.log").toFile())
                    .start();
            return new SinkRun(folder, process, port);
        }

        String log() throws Exception {
            return Files.readString(folder.resolve("sink.log"));
        }

        String get(String path) throws Exception {
            return WeirProcess.HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        }

        int stop() throws Exception {
            process.destroy();
            return exitCode();
        }

        int exitCode() throws Exception {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the sink did not end within a minute: " + log());
            }
            return process.exitValue();
        }

        void kill() throws Exception {
            process.destroyForcibly().waitFor();
        }

        @Override
        public void close() throws Exception {
            kill();
        }
    }
}
