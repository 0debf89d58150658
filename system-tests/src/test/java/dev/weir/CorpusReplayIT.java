package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every recorded exchange of OpenAI's chat and Anthropic's messages through a running Weir, by an upstream that answers with
/// the recorded bytes, whole and in odd pieces: what is metered equals the provider's own usage, and the client's bytes are
/// the upstream's.
class CorpusReplayIT {
    private static final int AT_A_TIME = 8;
    private static final long SEED = Long.getLong("weir.seed", 20_261_124L);
    private static final String INJECTED = "\"include_usage\":true";

    /// One recorded exchange.
    private record Recorded(String id, JsonObject line) {
        byte[] answer() {
            JsonObject response = line.getJsonObject("response");
            String body = response.getString("body", "");
            return "base64".equals(response.getString("body_encoding"))
                    ? Base64.getDecoder().decode(body)
                    : body.getBytes(StandardCharsets.UTF_8);
        }

        int status() {
            return line.getJsonObject("response").getInteger("status");
        }

        boolean isAnthropic() {
            return line.getString("wire_format").startsWith("anthropic");
        }

        boolean hasUsage() {
            return status() < 400 && line.getValue("usage") != null && line.getValue("meters") != null;
        }

        long meter(String name) {
            JsonObject meters = line.getJsonObject("meters");
            long sum = meters.getLong(name, 0L);
            var outside = meters.getJsonArray("outside_totals");
            for (int i = 0; outside != null && i < outside.size(); i++) {
                sum += outside.getJsonObject(i).getLong(name, 0L);
            }
            return sum;
        }
    }

    @TempDir
    private Path folder;

    @Test
    void everyRecordedAnswerIsMeteredAsTheProviderSaidAndPassesByteForByte() throws Exception {
        List<Recorded> records = records();
        assumeTrue(!records.isEmpty(),
                "SKIPPED: the recorded traffic is not there; set WEIR_SHARED to the folder that holds corpus/");
        Map<String, Recorded> byId = records.stream().collect(Collectors.toMap(Recorded::id, Function.identity()));
        Queue<String> wrongBytes = new ConcurrentLinkedQueue<>();
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        upstream.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        upstream.createContext("/", exchange -> replay(exchange, byId));
        upstream.start();
        try (var weir = WeirProcess.start(folder, config(upstream.getAddress().getPort()))) {
            String key = weir.newKey("corpus", "pro");
            var atATime = new Semaphore(AT_A_TIME);
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Recorded record : records) {
                    for (String way : List.of("whole", "pieces")) {
                        atATime.acquire();
                        clients.submit(() -> {
                            try {
                                call(weir, key, record, way, wrongBytes);
                            } finally {
                                atATime.release();
                            }
                            return null;
                        });
                    }
                }
            }
            assertThat(wrongBytes).as("clients that got other bytes than the upstream sent").isEmpty();
            assertThat(wrongUsage(Events.atLeast(2 * records.size(), weir, "corpus"), byId))
                    .as("of %d calls, seed %d", 2 * records.size(), SEED)
                    .isEmpty();
        } finally {
            upstream.stop(0);
        }
    }

    private static List<String> wrongUsage(List<JsonObject> events, Map<String, Recorded> byId) {
        var wrong = new ArrayList<String>();
        int compared = 0;
        for (JsonObject event : events) {
            Recorded record = byId.get(event.getString("run"));
            if (record == null || !record.hasUsage()) {
                continue;
            }
            compared++;
            JsonObject meters = event.getJsonObject("meters");
            for (String name : List.of("tokens_in", "tokens_out", "cache_read", "reasoning")) {
                if (meters.getLong(name, 0L) != record.meter(name)) {
                    wrong.add(record.id() + " " + event.getString("step") + ": " + name + " " + meters.getLong(name)
                            + " not "
                            + record.meter(name) + ", outcome " + event.getString("outcome"));
                }
            }
        }
        System.out.println("compared " + compared + " events with the providers' usage");
        assertThat(compared).isGreaterThan(events.size() / 2);
        return wrong;
    }

    private static void call(WeirProcess weir, String key, Recorded record, String way, Queue<String> wrongBytes)
            throws InterruptedException {
        JsonObject request = record.line().getJsonObject("request");
        String path = record.isAnthropic() ? "/anthropic/v1/messages" : "/openai/v1/chat/completions";
        try {
            HttpResponse<byte[]> answer = WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url(path)))
                    .header("Authorization", "Bearer " + key)
                    .header("Content-Type", "application/json")
                    .header("X-Weir-Run", record.id())
                    .header("X-Weir-Step", way)
                    .header("X-Replay", record.id() + " " + way)
                    .POST(HttpRequest.BodyPublishers.ofString(request.getString("body")))
                    .build(), HttpResponse.BodyHandlers.ofByteArray());
            boolean ours = record.status() == 401 || record.status() == 403;
            if (!ours && !Arrays.equals(answer.body(), record.answer()) && !withoutUsageChunk(record, answer.body())) {
                wrongBytes.add(record.id() + " " + way + " status " + answer.statusCode());
            }
        } catch (IOException broken) {
            wrongBytes.add(record.id() + " " + way + " " + broken);
        }
    }

    /// Where the client did not ask for usage, Weir did, and took the chunk out again: it must be all that is missing.
    private static boolean withoutUsageChunk(Recorded record, byte[] got) {
        String request = record.line().getJsonObject("request").getString("body").replace(" ", "");
        String sent = new String(record.answer(), StandardCharsets.UTF_8);
        String passed = new String(got, StandardCharsets.UTF_8);
        return !request.contains(INJECTED) && passed.length() < sent.length()
                && sent.replaceAll("data: [^\\n]*\"choices\":\\s?\\[\\],[^\\n]*\"usage\":\\s?\\{[^\\n]*\\n\\n", "")
                        .equals(passed);
    }

    private static void replay(HttpExchange exchange, Map<String, Recorded> byId) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            String[] wanted = exchange.getRequestHeaders().getFirst("X-Replay").split(" ");
            Recorded record = byId.get(wanted[0]);
            if (record == null) {
                throw new IOException("no record " + wanted[0]);
            }
            byte[] body = record.answer();
            JsonObject headers = record.line().getJsonObject("response").getJsonObject("headers", new JsonObject());
            headers.fieldNames()
                    .stream()
                    .filter(name -> name.equalsIgnoreCase("content-type"))
                    .forEach(name -> exchange
                            .getResponseHeaders()
                            .set(name, String.valueOf(headers.getValue(name)).replaceAll("[\\[\\]\"]", "")));
            boolean whole = wanted[1].equals("whole");
            exchange.sendResponseHeaders(record.status(), whole && body.length > 0 ? body.length : whole ? -1 : 0);
            var random = new SplittableRandom(SEED + record.id().hashCode());
            for (int from = 0; from < body.length;) {
                int to = whole
                        ? body.length
                        : Math.min(body.length, from + 1 + random.nextInt(Math.max(2, body.length / 8)));
                exchange.getResponseBody().write(body, from, to - from);
                exchange.getResponseBody().flush();
                from = to;
            }
        }
    }

    private static String config(int port) {
        String rest = "upstream: \"http://127.0.0.1:" + port + "\", credential: sk-test, allow-private: true}\n";
        return "routes:\n  openai: {kind: llm, provider: openai, " + rest
                + "  anthropic: {kind: llm, provider: anthropic, " + rest;
    }

    private static List<Recorded> records() throws IOException {
        String named = System.getenv("WEIR_SHARED");
        Path shared = named != null
                ? Path.of(named)
                : Path.of("").toAbsolutePath().getParent().resolveSibling("shared");
        Path file = shared.resolve("corpus/real-traffic.jsonl.gz");
        if (!Files.exists(file)) {
            System.err.println("SKIPPED: no recorded traffic at " + file);
            return List.of();
        }
        try (var lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return lines.lines()
                    .map(JsonObject::new)
                    .filter(CorpusReplayIT::isOfTheseDialects)
                    .map(line -> new Recorded(line.getString("id"), line))
                    .toList();
        }
    }

    private static boolean isOfTheseDialects(JsonObject line) {
        String spoken = line.getString("wire_format") + " of " + line.getString("provider");
        return (spoken.equals("openai.chat of openai") || spoken.equals("anthropic.messages of anthropic"))
                && line.getJsonObject("request").getValue("body") instanceof String body && body.startsWith("{");
    }
}
