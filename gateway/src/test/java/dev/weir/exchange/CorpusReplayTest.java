package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Every recorded call of the dialects below through a running data plane: the recorded request up, the
/// recorded answer down, whole and in odd pieces. What is metered is what the provider said; the client gets every byte.
class CorpusReplayTest {
    private static final int CONNECTIONS = 16;
    private static final int SAMPLE = 15;
    private static final int SAMPLE_BYTES_MAX = 6_000;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<Meter, String> METERS = Map.of(Meter.TOKENS_IN, "tokens_in", Meter.TOKENS_OUT,
            "tokens_out", Meter.CACHE_READ, "cache_read", Meter.CACHE_WRITE, "cache_write", Meter.CACHE_WRITE_1H,
            "cache_write_1h", Meter.REASONING, "reasoning", Meter.AUDIO_IN, "audio_in", Meter.AUDIO_OUT, "audio_out",
            Meter.SEARCHES, "web_searches");
    private static final Set<String> PROVIDERS = Set.of("openai", "anthropic", "ollama", "cohere", "mistral",
            "cloudflare", "google", "vertex", "bedrock");
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "anthropic.messages", "ollama.chat",
            "ollama.generate", "ollama.embed", "cohere.v2.chat", "cohere.v1.chat", "cohere.v1.generate", "cohere.embed",
            "cohere.rerank", "mistral.fim", "cloudflare.run", "anthropic.complete", "tgi.generate",
            "openai.completions",
            "openai.responses", "openai.embeddings", "openai.moderations", "gemini.generateContent",
            "gemini.streamGenerateContent", "bedrock.converse", "bedrock.converse_stream", "bedrock.invoke",
            "bedrock.invoke_stream", "bedrock.count_tokens");
    private static final String MORE_ROUTES = """
              ollama: {kind: llm, provider: ollama, upstream: "%1$s", allow-private: true}
              cohere: {kind: llm, provider: cohere, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              tgi: {kind: llm, provider: tgi, upstream: "%1$s", allow-private: true}
              mistral: {kind: llm, provider: mistral, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              cloudflare: {kind: llm, provider: cloudflare, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              bedrock: {kind: llm, provider: bedrock, upstream: "%1$s", credential: "AKID:secret:token",
                credential-as: sigv4, region: us-east-1, allow-private: true}
              mineb: {kind: llm, provider: bedrock, upstream: "%1$s", client-credential: pass, allow-private: true}
            """;

    /// The routes on which the client's own key passes.
    private static final Map<String, String> MINE = Map.of("openai", "mine", "anthropic", "minea", "google", "mineg",
            "vertex", "mineg", "bedrock", "mineb");
    /// Where the full parse left something out that the answer says (see CorpusTest of the engine).
    private static final Map<String, String> BEYOND_THE_ORACLE = Map.of("208e05d720ced4f312f399a4",
            "tokens_in 10 not 0; ", "d0cd63fe2cb33aab8dcaa6ff", "tokens_in 7 not 0; ", "d47c094b29dc9bbd6d7979b2",
            "tokens_in 7 not 0; ", "d52e72b2682053d895934849", "tokens_in 7 not 0; ", "4dfab00665b70c7d0d74823e",
            "cache_read 64 not 0; ", "4e7a1b357258c1663077e200", "tokens_out 51 not 0; ");
    /// Requests to Bedrock that a scrubber broke; Weir answers them 400 itself.
    private static final Set<String> NOT_JSON = Set.of("88560cb0a302bf7036993949", "96c0c9f556beaaa0eb893835");
    /// A fixture whose usage names its output only, so that the input is an estimate.
    private static final String INPUT_UNTOLD = "1a5c1d441662239f02fdbed3";

    private static List<JsonNode> records = List.of();
    private static TestPlane plane;

    /// One call: what was sent, and what came of it.
    private record Replayed(JsonNode record, byte[] sent, byte[] gotUpstream, byte[] answered, Wire.Message answer) {
        String name() {
            return record.path("id").asText() + " " + record.path("wire_format").asText()
                    + (record.path("streaming").asBoolean() ? " stream" : "");
        }

        boolean asksUsage() {
            return !Arrays.equals(sent, gotUpstream);
        }
    }

    private final Map<String, Replayed> replayed = new ConcurrentHashMap<>();
    private final Map<Integer, byte[]> gotUpstream = new ConcurrentHashMap<>();
    private final Map<Integer, byte[]> answeredUpstream = new ConcurrentHashMap<>();
    private int bills;
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void start() throws Exception {
        records = RecordedTraffic.of(PROVIDERS, WIRE_FORMATS)
                .stream()
                .filter(record -> record.path("wire_format").asText().startsWith(record.path("provider").asText())
                        || isGoogles(record))
                .filter(record -> record.path("request").path("method").asText().equals("POST"))
                .filter(record -> isObject(record.path("request").path("body").asText()))
                .filter(record -> !NOT_JSON.contains(record.path("id").asText()))
                .toList();
        assertThat(records).hasSizeGreaterThan(3_900);
        plane = new TestPlane(MORE_ROUTES, ExchangeLimits.DEFAULTS);
    }

    private static boolean isGoogles(JsonNode record) {
        return record.path("wire_format").asText().startsWith("gemini.");
    }

    @AfterAll
    static void stop() throws Exception {
        if (plane != null) {
            plane.close();
        }
    }

    @BeforeEach
    void forget() {
        plane.forget();
    }

    /// Some of the calls create batches, whose usage nobody asks for here.
    @AfterEach
    void awaitNoLonger() {
        plane.awaitNoLonger();
    }

    @Test
    void everyRecordedCallIsMeteredToTheTokenAndPassesByteForByte() throws Exception {
        replay(records, RecordedAnswer.Cut.WHOLE);
        assertThat(check()).isEqualTo(records.size());
        assertThat(bills).isGreaterThan(50);
    }

    @Test
    void nothingChangesWhenAnswersComeAsTheyWereRead() throws Exception {
        replay(records.stream().filter(record -> record.path("streaming").asBoolean()).toList(),
                RecordedAnswer.Cut.RECORDED);
        check();
    }

    @Test
    void nothingChangesWhenAnswersComeInOddPieces() throws Exception {
        replay(records, RecordedAnswer.Cut.RANDOM);
        check();
    }

    @Test
    void nothingChangesWhenAnswersComeByteByByte() throws Exception {
        replay(IntStream.range(0, records.size())
                .filter(i -> i % SAMPLE == 0)
                .mapToObj(records::get)
                .filter(record -> record.path("response").path("body").asText().length() < SAMPLE_BYTES_MAX)
                .toList(), RecordedAnswer.Cut.BYTES);
        check();
    }

    @Test
    void nothingChangesWhenAnswersComeCompressed() throws Exception {
        replay(IntStream.range(0, records.size()).filter(i -> i % 4 == 0).mapToObj(records::get).toList(),
                RecordedAnswer.Cut.GZIP);
        check();
    }

    /// The same calls by clients that did not ask for usage: Weir asks, meters it, and takes the chunk out of the answer.
    @Test
    void whatOnlyWeirAskedForIsMeteredAndTakenOut() throws Exception {
        List<JsonNode> unasked = records.stream()
                .filter(record -> record.path("wire_format").asText().equals("openai.chat")
                        && record.path("request").path("body").asText().contains("include_usage"))
                .map(CorpusReplayTest::withoutAsking)
                .toList();
        assertThat(unasked).hasSizeGreaterThan(100);
        replay(unasked, RecordedAnswer.Cut.RANDOM);
        check();
        assertThat(replayed.values()).allMatch(Replayed::asksUsage)
                .anyMatch(call -> call.answer().body().length < call.answered().length);
    }

    private static boolean isObject(String body) {
        try {
            JsonNode parsed = JSON.readTree(body);
            return parsed != null && parsed.isObject();
        } catch (IOException noJson) {
            return false;
        }
    }

    private static JsonNode withoutAsking(JsonNode record) {
        try {
            ObjectNode copy = record.deepCopy();
            ObjectNode body = (ObjectNode) JSON.readTree(record.path("request").path("body").asText());
            body.remove("stream_options");
            ((ObjectNode) copy.path("request")).put("body", JSON.writeValueAsString(body));
            return copy;
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    /// Plays all of these records, some at a time, each connection again and again.
    private void replay(List<JsonNode> chosen, RecordedAnswer.Cut cut) throws Exception {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("replaying " + chosen.size() + " records, " + cut + ", seed " + seed);
        plane.upstream.answers((request, wire, number) -> {
            int index = Integer.parseInt(String.valueOf(request.header("x-replay")));
            gotUpstream.put(index, request.body());
            JsonNode response = chosen.get(index).path("response");
            byte[] plain = RecordedTraffic.body(response);
            boolean gzip = cut == RecordedAnswer.Cut.GZIP
                    && String.valueOf(request.header("accept-encoding")).contains("gzip");
            byte[] body = gzip ? RecordedAnswer.gzip(plain) : plain;
            // Before the last byte goes: the client may have read it before this thread runs on.
            answeredUpstream.put(index, body);
            RecordedAnswer.send(response, body, gzip, wire, cut, new Random(seed + index));
        });
        var next = new AtomicInteger();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                all.add(clients.submit(() -> {
                    play(chosen, next, cut);
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    private void play(List<JsonNode> chosen, AtomicInteger next, RecordedAnswer.Cut cut) throws IOException {
        try (var client = plane.client()) {
            for (int i = next.getAndIncrement(); i < chosen.size(); i = next.getAndIncrement()) {
                JsonNode record = chosen.get(i);
                byte[] body = record.path("request").path("body").asText().getBytes(StandardCharsets.UTF_8);
                Wire.Message answer = client.request("POST " + target(record), headers(i, cut), body).answer();
                String id = String.valueOf(answer.header("x-weir-request-id"));
                byte[] got = gotUpstream.get(i);
                byte[] answered = answeredUpstream.get(i);
                if (got == null || answered == null || !answer.whole()) {
                    wrong.add(record.path("id") + ": answered " + answer.status() + " " + answer.text());
                    return;
                }
                replayed.put(id, new Replayed(record, body, got, answered, answer));
            }
        }
    }

    /// Where the recording says 401, it is the client's own key that it is about.
    private static String target(JsonNode record) {
        int status = record.path("response").path("status").asInt();
        boolean pass = status == 401 || status == 403;
        String provider = record.path("provider").asText();
        String route = pass ? MINE.getOrDefault(provider, "minea") : provider;
        String query = record.path("request").path("query").asText();
        // The recorder put <PROJECT> and the like into paths.
        String path = record.path("request").path("path").asText().replace("<", "%3C").replace(">", "%3E");
        return "/" + route + path + (query.isEmpty() ? "" : "?" + query);
    }

    private static String headers(int index, RecordedAnswer.Cut cut) {
        return "X-Weir-Key: " + plane.key.reveal() + "\r\nContent-Type: application/json\r\nX-Replay: " + index
                + "\r\nX-Stainless-Retry-Count: 0\r\nAccept-Encoding: "
                + (cut == RecordedAnswer.Cut.GZIP ? "gzip, br" : "br")
                + "\r\n";
    }

    /// Compares everything that was recorded with everything that came; how many calls that were.
    private int check() {
        List<UsageEvent> events = plane.settled();
        int asked = 0;
        for (UsageEvent event : events) {
            Replayed call = replayed.get(event.callId());
            if (call == null) {
                wrong.add("an event of no call: " + event.callId());
                continue;
            }
            asked += call.asksUsage() ? 1 : 0;
            checkBytes(call, event);
            checkHead(call);
            checkUsage(call, event);
        }
        System.out.println("compared " + events.size() + " calls; usage was asked for in " + asked);
        assertThat(wrong).isEmpty();
        assertThat(events).hasSameSizeAs(replayed.entrySet());
        assertThat(plane.journal.refused()).isEmpty();
        return events.size();
    }

    private void checkBytes(Replayed call, UsageEvent event) {
        byte[] expected = call.asksUsage() ? withoutUsageChunk(call.answered()) : call.answered();
        if (!Arrays.equals(call.answer().body(), expected)) {
            wrong.add(call.name() + ": the client got " + call.answer().body().length + " bytes, not the upstream's "
                    + expected.length);
        }
        if (event.bytes().ingress() != call.sent().length + call.answered().length
                || event.bytes().egress() != call.gotUpstream().length + call.answer().body().length) {
            wrong.add(call.name() + ": counted " + event.bytes());
        }
        if (call.asksUsage() && !new String(call.gotUpstream(), StandardCharsets.UTF_8).contains("include_usage")) {
            wrong.add(call.name() + ": the request was changed into "
                    + new String(call.gotUpstream(), StandardCharsets.UTF_8));
        }
    }

    private void checkHead(Replayed call) {
        JsonNode response = call.record().path("response");
        if (call.answer().status() != response.path("status").asInt()) {
            wrong.add(call.name() + ": status " + call.answer().status() + " not " + response.path("status"));
        }
        for (JsonNode header : response.path("headers")) {
            String name = RecordedAnswer.name(header);
            if (!RecordedAnswer.NOT_REPLAYED.contains(name) && !String.valueOf(call.answer().header(name))
                    .contains(new String(header.path(1).asText().strip().getBytes(StandardCharsets.UTF_8),
                            StandardCharsets.ISO_8859_1))) {
                wrong.add(call.name() + ": header " + header + " became " + call.answer().header(name));
            }
        }
    }

    private void checkUsage(Replayed call, UsageEvent event) {
        JsonNode record = call.record();
        boolean failed = record.path("response").path("status").asInt() >= 400;
        Quantities metered = event.quantities();
        boolean reported = reported(metered, record);
        if (failed) {
            if (event.outcome() != Outcome.UPSTREAM_ERROR || metered.has(Meter.TOKENS_OUT)) {
                wrong.add(call.name() + ": an error became " + event.outcome() + " with " + metered);
            }
        } else if (record.path("usage").isNull() || record.path("id").asText().equals(INPUT_UNTOLD)) {
            if (reported) {
                wrong.add(call.name() + ": nothing was reported, yet " + metered);
            }
        } else {
            String difference = difference(metered, record);
            boolean free = record.path("wire_format").asText().endsWith("count_tokens");
            if (!difference.equals(BEYOND_THE_ORACLE.getOrDefault(record.path("id").asText(), ""))
                    || !reported && !free) {
                wrong.add(call.name() + ": " + difference + " of " + record.path("usage") + ", metered " + metered);
            }
            checkBill(call, event);
            String model = record.path("facts").path("model").asText();
            if (!model.isEmpty() && !model.equals(event.modelAnswered())) {
                wrong.add(call.name() + ": model " + event.modelAnswered() + " not " + model);
            }
        }
    }

    /// Cohere counts its own preamble and does not charge for it: what it bills is what is priced.
    private void checkBill(Replayed call, UsageEvent event) {
        JsonNode meters = call.record().path("meters");
        if ("command-a-03-2025".equals(event.modelAsked()) && meters.has("billed_in")) {
            long picos = 2_500_000 * meters.path("billed_in").asLong()
                    + 10_000_000 * meters.path("billed_out").asLong();
            if (!Money.ofPicos(picos).equals(event.cost())) {
                wrong.add(call.name() + ": costs " + event.cost() + " not " + picos);
            }
            bills++;
        }
    }

    /// Whether the provider said so, whatever it sells. Where it tells its output only, the input is estimated; embedded
    /// images have no meter.
    private static boolean reported(Quantities metered, JsonNode record) {
        boolean outputOnly = outputOnly(record);
        boolean told = metered.has(Meter.TOKENS_IN) || metered.has(Meter.TOKENS_OUT) || metered.has(Meter.SEARCHES)
                || record.path("usage").path("billed_units").has("images");
        return told && isReported(metered, Meter.TOKENS_OUT) && isReported(metered, Meter.SEARCHES)
                && outputOnly != isReported(metered, Meter.TOKENS_IN);
    }

    private static boolean isReported(Quantities metered, Meter meter) {
        return !metered.has(meter) || metered.provenance(meter) == Provenance.REPORTED;
    }

    private static boolean outputOnly(JsonNode record) {
        return record.path("meters").path("anomaly").toString().contains("prompt-count-absent");
    }

    /// The oracle's meters; where it left them to be read, the provider's own numbers.
    private static long expected(JsonNode record, Quantities metered, Meter meter, String name) {
        JsonNode billed = record.path("usage").path("billed_units");
        if (outputOnly(record) && meter == Meter.TOKENS_IN) {
            return metered.amount(meter);
        }
        if (record.has("meters")) {
            return record.path("meters").path(name).asLong();
        }
        return switch (meter) {
            case TOKENS_IN -> billed.path("input_tokens").asLong() + billed.path("image_tokens").asLong()
                    + record.path("usage").path("prompt_eval_count").asLong();
            case TOKENS_OUT -> billed.path("output_tokens").asLong();
            case SEARCHES -> billed.path("search_units").asLong();
            default -> 0;
        };
    }

    private static String difference(Quantities metered, JsonNode record) {
        var difference = new StringBuilder();
        METERS.forEach((meter, name) -> {
            // The oracle leaves Google's searches out: GeminiAnswerTest counts them.
            if (meter == Meter.SEARCHES && isGoogles(record)) {
                return;
            }
            long expected = expected(record, metered, meter, name);
            for (JsonNode side : record.path("meters").path("outside_totals")) {
                expected += side.path(name).asLong();
            }
            // Of Responses the corpus' meters leave searches out; the engine's own test parses them.
            boolean leftOut = meter == Meter.SEARCHES
                    && record.path("wire_format").asText().equals("openai.responses");
            if (metered.amount(meter) != expected && !leftOut) {
                difference.append(meter).append(' ').append(metered.amount(meter)).append(" not ").append(expected);
                difference.append("; ");
            }
        });
        return difference.toString();
    }

    /// The slow and obvious way: parse every event whole.
    private static byte[] withoutUsageChunk(byte[] answered) {
        var kept = new StringBuilder();
        for (String event : new String(answered, StandardCharsets.UTF_8).split("(?<=\n\r?\n)", -1)) {
            if (!isUsageChunk(event)) {
                kept.append(event);
            }
        }
        return kept.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isUsageChunk(String event) {
        if (!event.startsWith("data:")) {
            return false;
        }
        try {
            JsonNode data = JSON.readTree(event.substring(5).strip());
            return data != null && data.path("choices").isArray() && data.path("choices").isEmpty()
                    && data.path("usage").isObject();
        } catch (IOException noJson) {
            return false;
        }
    }
}
