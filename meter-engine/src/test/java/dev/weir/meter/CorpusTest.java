package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded answer of the dialects we speak, metered whole, split, and cut, against the provider's own usage object.
class CorpusTest {
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "anthropic.messages", "ollama.chat",
            "ollama.generate", "ollama.embed", "cohere.v2.chat", "cohere.v1.chat", "cohere.v1.generate", "cohere.embed",
            "cohere.rerank", "rerank", "mistral.fim", "cloudflare.run", "anthropic.complete", "tgi.generate",
            "openai.completions", "openai.responses", "openai.embeddings", "openai.moderations",
            "gemini.generateContent", "gemini.streamGenerateContent", "bedrock.converse", "bedrock.converse_stream",
            "bedrock.invoke", "bedrock.invoke_stream");
    /// Custom paths of proxies and small hosts that no table can know.
    private static final Set<String> OTHER_PATHS = Set.of("pollinations", "writer");
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final Map<Meter, String> METERS = Map.of(Meter.TOKENS_IN, "tokens_in", Meter.TOKENS_OUT,
            "tokens_out", Meter.CACHE_READ, "cache_read", Meter.CACHE_WRITE, "cache_write", Meter.CACHE_WRITE_1H,
            "cache_write_1h", Meter.REASONING, "reasoning", Meter.AUDIO_IN, "audio_in", Meter.AUDIO_OUT, "audio_out",
            Meter.SEARCHES, "web_searches");

    /// Where the full parse left something out that the answer says: what we read beyond it.
    private static final Map<String, String> BEYOND_THE_ORACLE = Map.of(
            // Llama and Titan tell their input in the first event, and null in the last, which the oracle kept.
            "208e05d720ced4f312f399a4", "tokens_in 10 not 0; ", "d0cd63fe2cb33aab8dcaa6ff", "tokens_in 7 not 0; ",
            "d47c094b29dc9bbd6d7979b2", "tokens_in 7 not 0; ", "d52e72b2682053d895934849", "tokens_in 7 not 0; ",
            // OpenAI's format through Bedrock: the cached part of the prompt stands in prompt_tokens_details.
            "4dfab00665b70c7d0d74823e", "cache_read 64 not 0; ",
            // A guardrail masked the text and took outputTokens with it; the headers and the trace still tell it.
            "4e7a1b357258c1663077e200", "tokens_out 51 not 0; ");
    /// Tools that Bedrock runs itself, which the full parse counted as asked for.
    private static final Map<String, Integer> SERVER_TOOLS = Map.of("c390139cdae7b4dfe45087cc", 1,
            "c8b0e4680e23f9ced055c962", 1, "f9576a94a95990ab870a3fab", 1);

    private static List<JsonNode> records = List.of();

    @BeforeAll
    static void read() {
        records = Corpus.records(record -> WIRE_FORMATS.contains(record.path("wire_format").asText())
                && record.path("request").path("method").asText().equals("POST"));
        assertThat(records).hasSizeGreaterThan(7_800);
    }

    @Test
    void everyRecordedUsageIsMeteredToTheToken() {
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        for (JsonNode record : records) {
            if (!isSuccessWithUsage(record)) {
                continue;
            }
            compared++;
            byte[] body = Corpus.body(record.path("response"));
            UsageReading reading = meter(record, new int[0], body, body.length, true);
            if (!(told(reading, record) instanceof Quantities quantities)) {
                wrong.add(name(record) + ": " + reading);
                continue;
            }
            String difference = difference(quantities, record);
            if (!difference.equals(BEYOND_THE_ORACLE.getOrDefault(record.path("id").asText(), ""))) {
                wrong.add(name(record) + ": " + difference + " usage " + record.path("usage"));
            }
        }
        System.out.println("compared " + compared + " records");
        assertThat(wrong).isEmpty();
    }

    /// Cohere charges for less than it counts.
    @Test
    void whatIsBilledIsToldBesideWhatIsCounted() {
        int apart = 0;
        for (JsonNode record : records) {
            JsonNode meters = record.path("meters");
            if (!meters.has("billed_in") || !isSuccessWithUsage(record)) {
                continue;
            }
            byte[] body = Corpus.body(record.path("response"));
            try (var meter = open(record)) {
                meter.accept(body, 0, body.length);
                AnswerFacts facts = meter.facts();
                Quantities billed = facts.billed().isEmpty() ? facts.quantities() : facts.billed();
                assertThat(billed.amount(Meter.TOKENS_IN)).as(name(record))
                        .isEqualTo(meters.path("billed_in").asLong());
                assertThat(billed.amount(Meter.TOKENS_OUT)).as(name(record))
                        .isEqualTo(meters.path("billed_out").asLong());
                apart += facts.billed().isEmpty() ? 0 : 1;
            }
        }
        assertThat(apart).isGreaterThan(100);
    }

    @Test
    void modelAndToolCallsAreThoseOfTheFullParse() {
        List<String> wrong = new ArrayList<>();
        for (JsonNode record : records) {
            if (record.path("response").path("status").asInt() >= 400) {
                continue;
            }
            byte[] body = Corpus.body(record.path("response"));
            try (var meter = open(record)) {
                meter.accept(body, 0, body.length);
                meter.finish(true);
                String model = meter.facts().model() == null ? "" : meter.facts().model().value();
                long calls = meter.facts().quantities().amount(Meter.TOOL_CALLS_REQUESTED);
                // The full parse left the older format's one call out, all of Workers AI, and those inside the models' own
                // formats on Bedrock.
                String wireFormat = record.path("wire_format").asText();
                boolean uncounted = record.path("response").path("body").asText().contains("\"function_call\"")
                        || wireFormat.equals("cloudflare.run") || wireFormat.startsWith("bedrock.invoke");
                long expected = record.path("facts").path("tool_calls").asLong()
                        - SERVER_TOOLS.getOrDefault(record.path("id").asText(), 0);
                if (!model.equals(record.path("facts").path("model").asText()) || !uncounted && calls != expected) {
                    wrong.add(name(record) + ": " + model + ", " + calls + " calls; facts " + record.path("facts"));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void whereAnAnswerIsCutIntoChunksChangesNothing() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        List<String> wrong = new ArrayList<>();
        for (JsonNode record : records) {
            byte[] body = Corpus.body(record.path("response"));
            UsageReading whole = meter(record, new int[0], body, body.length, true);
            int every = Math.max(1, body.length / 60);
            for (int at = 1 + random.nextInt(every); at < body.length; at += 1 + random.nextInt(2 * every)) {
                check(record, body, whole, new int[]{at}, wrong);
            }
            check(record, body, whole, randomCuts(random, body.length), wrong);
            if (body.length < 50_000) {
                check(record, body, whole, everyByte(body.length), wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void smallAnswersAreReadAlikeSplitAtEveryOffset() {
        List<String> wrong = new ArrayList<>();
        for (JsonNode record : records) {
            byte[] body = Corpus.body(record.path("response"));
            if (body.length > 900) {
                continue;
            }
            UsageReading whole = meter(record, new int[0], body, body.length, true);
            for (int at = 1; at < body.length; at++) {
                check(record, body, whole, new int[]{at}, wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void anAnswerWithoutUsageIsNeverZeroAndExact() {
        List<String> wrong = new ArrayList<>();
        for (JsonNode record : records) {
            if (record.path("response").path("status").asInt() < 400 && record.path("usage").isNull()) {
                byte[] body = Corpus.body(record.path("response"));
                UsageReading reading = meter(record, new int[0], body, body.length, true);
                if (reading instanceof UsageReading.Reported
                        && !record.path("response").path("body").asText().contains("\"timings\"")
                        && !isFree(record)) {
                    wrong.add(name(record) + ": " + reading);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void aCutAnswerIsReportedOnlyWhereItsLastWordOnUsageHasPassed() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        List<String> wrong = new ArrayList<>();
        for (JsonNode record : records) {
            if (!isSuccessWithUsage(record)) {
                continue;
            }
            byte[] body = Corpus.body(record.path("response"));
            UsageReading whole = meter(record, new int[0], body, body.length, true);
            for (int i = 0; i < 8; i++) {
                // Most of what can go wrong is near the end, where the usage is.
                int cut = Math.max(1,
                        body.length - 1 - random.nextInt(i < 2 ? body.length : Math.min(body.length, 600)));
                UsageReading reading = meter(record, new int[0], body, cut, false);
                boolean sound = switch (reading) {
                    case UsageReading.Reported reported -> tokens(reported).equals(tokens(whole));
                    case UsageReading.Estimated estimated -> true;
                    case UsageReading.Missing missing -> true;
                    case UsageReading.Deferred deferred -> true;
                    case UsageReading.Earlier _,UsageReading.Elsewhere _ -> false;
                };
                if (!sound) {
                    wrong.add(
                            name(record) + " cut at " + cut + " of " + body.length + ": " + reading + " not " + whole);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static String tokens(UsageReading reading) {
        return reading instanceof UsageReading.Reported(Quantities all)
                ? all.amount(Meter.TOKENS_IN) + " " + all.amount(Meter.TOKENS_OUT)
                : reading.toString();
    }

    private static boolean isFree(JsonNode record) {
        return Dialects.of(record.path("provider").asText(), "POST", record.path("endpoint").asText()).freeOfTokens();
    }

    private static boolean isSuccessWithUsage(JsonNode record) {
        return record.path("response").path("status").asInt() < 400 && !record.path("usage").isNull();
    }

    /// What the provider told; null where the reading is not as sure as it should be. Where it told its output only, the input
    /// is an estimate, and here nothing is known to estimate it from.
    private static @Nullable Quantities told(UsageReading reading, JsonNode record) {
        boolean outputOnly = record.path("meters").path("anomaly").toString().contains("prompt-count-absent")
                || record.path("usage").size() == 1 && record.path("usage").has("outputTokens");
        return switch (reading) {
            case UsageReading.Reported(Quantities quantities) -> outputOnly ? null : quantities;
            case UsageReading.Estimated(Quantities quantities, String _) ->
                outputOnly && !quantities.has(Meter.TOKENS_IN) ? quantities : null;
            case UsageReading.Missing _,UsageReading.Deferred _,UsageReading.Earlier _,UsageReading.Elsewhere _ -> null;
        };
    }

    private static String difference(Quantities quantities, JsonNode record) {
        var difference = new StringBuilder();
        METERS.forEach((meter, name) -> {
            // The oracle leaves Google's searches out: GeminiAnswerTest counts them.
            if (meter == Meter.SEARCHES && record.path("wire_format").asText().startsWith("gemini.")) {
                return;
            }
            long expected = expected(record, meter, name);
            for (JsonNode side : record.path("meters").path("outside_totals")) {
                expected += side.path(name).asLong();
            }
            if (quantities.amount(meter) != expected) {
                difference.append(meter)
                        .append(' ')
                        .append(quantities.amount(meter))
                        .append(" not ")
                        .append(expected)
                        .append("; ");
            }
        });
        return difference.toString();
    }

    /// The oracle's meters; where it left them to be read, the provider's own numbers.
    private static long expected(JsonNode record, Meter meter, String name) {
        JsonNode usage = record.path("usage");
        JsonNode billed = usage.path("billed_units");
        if (meter == Meter.SEARCHES && record.path("wire_format").asText().equals("openai.responses")) {
            return ResponsesParse.searches(record);
        }
        if (record.has("meters")) {
            return record.path("meters").path(name).asLong();
        }
        return switch (meter) {
            case TOKENS_IN -> billed.path("input_tokens").asLong() + billed.path("image_tokens").asLong()
                    + usage.path("prompt_tokens").asLong(usage.path("total_tokens").asLong());
            case TOKENS_OUT -> billed.path("output_tokens").asLong() + usage.path("completion_tokens").asLong();
            case SEARCHES -> billed.path("search_units").asLong() + usage.path("search_units").asLong();
            default -> 0;
        };
    }

    private static void check(JsonNode record, byte[] body, UsageReading whole, int[] cuts, List<String> wrong) {
        UsageReading split = meter(record, cuts, body, body.length, true);
        if (!split.equals(whole)) {
            wrong.add(name(record) + " split into " + (cuts.length + 1) + " at " + cuts[0] + ": " + split + " not "
                    + whole);
        }
    }

    private static int[] randomCuts(Random random, int length) {
        return random.ints(length / 40 + 1, 0, length + 1).sorted().toArray();
    }

    private static int[] everyByte(int length) {
        return java.util.stream.IntStream.range(1, length).toArray();
    }

    private static UsageReading meter(JsonNode record, int[] cuts, byte[] body, int length, boolean complete) {
        try (var meter = open(record)) {
            int from = 0;
            for (int cut : cuts) {
                meter.accept(body, from, cut - from);
                from = cut;
            }
            meter.accept(body, from, length - from);
            return meter.finish(complete);
        }
    }

    private static StreamMeter open(JsonNode record) {
        String provider = record.path("provider").asText();
        boolean elsewhere = OTHER_PATHS.contains(provider)
                && record.path("wire_format").asText().equals("openai.chat");
        String path = elsewhere ? "/v1/chat/completions" : record.path("endpoint").asText();
        Dialect dialect = Dialects.of(provider, "POST", path);
        assertThat(dialect.id()).as(path).isEqualTo(record.path("wire_format").asText());
        String model = record.path("facts").path("model").asText();
        return new StreamMeter(dialect, record.path("response").path("status").asInt(), null,
                header -> header(record, header), model.isEmpty() ? null : new ModelId(model), TOKENIZERS,
                null, Runnable::run);
    }

    private static @Nullable String header(JsonNode record, String name) {
        for (JsonNode header : record.path("response").path("headers")) {
            if (header.path(0).asText().equalsIgnoreCase(name)) {
                return header.path(1).asText();
            }
        }
        return null;
    }

    private static String name(JsonNode record) {
        return record.path("id").asText() + " " + record.path("provider").asText() + " "
                + record.path("fidelity").asText() + (record.path("streaming").asBoolean() ? " stream" : "");
    }
}
