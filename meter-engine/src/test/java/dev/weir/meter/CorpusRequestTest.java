package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.dialect.RequestFacts;
import dev.weir.dialect.RequestHead;
import dev.weir.dialect.RequestReading;
import dev.weir.usage.ModelId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded request: what is read of it beside a full parse, what an edit leaves of it, and whether its bounds hold.
class CorpusRequestTest {
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "anthropic.messages", "ollama.chat",
            "ollama.generate", "ollama.embed", "cohere.v2.chat", "cohere.v1.chat", "cohere.v1.generate", "cohere.embed",
            "cohere.rerank", "rerank", "mistral.fim", "cloudflare.run", "anthropic.complete", "tgi.generate",
            "openai.completions", "openai.responses", "openai.embeddings", "openai.moderations", "bedrock.converse",
            "bedrock.converse_stream", "bedrock.invoke", "bedrock.invoke_stream");
    /// Of Together, of February 2025; its 31 later ones tell.
    private static final String UNTOLD = "975e9da45ed2033335e0e3fb";
    private static final Set<String> NO_OUTPUT = Set.of("ollama.embed", "cohere.embed", "cohere.rerank", "rerank",
            "openai.moderations");
    private static final Set<String> STREAMS_UNASKED = Set.of("ollama.chat", "ollama.generate");
    private static final List<String> BEDROCK_LIMITS = List.of("maxTokens", "max_new_tokens", "maxTokenCount",
            "max_tokens", "max_gen_len", "max_tokens_to_sample");
    /// The recording's request is not the one that was answered: "very very long system prompt" stands for one.
    private static final Set<String> SHORTENED = Set.of("24e5e70cdae6418fa0290bb6", "53de43ee839436b3f52b9891");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    /// One recorded request that holds a JSON object.
    private record Case(JsonNode record, Dialect dialect, byte[] body, ObjectNode parsed, RequestFacts facts) {
        String name() {
            return record.path("id").asText() + " " + record.path("provider").asText();
        }

        /// Whether the request is here as it was sent.
        boolean isComplete() {
            return !record.path("request").has("body_elided") && !SHORTENED.contains(record.path("id").asText());
        }

        boolean isBedrock() {
            return dialect.id().startsWith("bedrock.");
        }

        @Nullable
        ModelId model() {
            String answered = record.path("facts").path("model").asText();
            return answered.isEmpty() ? facts.model() : new ModelId(answered);
        }
    }

    private static final List<Case> CASES = new ArrayList<>();

    @BeforeAll
    static void read() {
        for (JsonNode record : Corpus.records(one -> WIRE_FORMATS.contains(one.path("wire_format").asText())
                && one.path("request").path("method").asText().equals("POST")
                && !one.path("endpoint").asText().endsWith("/compact"))) {
            String text = record.path("request").path("body").asText();
            if (!text.startsWith("{") || text.length() < 20
                    || record.path("request").path("reconstructed").asBoolean()) {
                continue;
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            String provider = record.path("provider").asText();
            Dialect dialect = Dialects.of(provider, "POST", path(record));
            var head = new RequestHead("POST", record.path("endpoint").asText(), provider, "application/json");
            ObjectNode parsed = parse(text);
            switch (dialect.readRequest(head, body, body.length)) {
                case RequestReading.Facts(RequestFacts facts) when parsed != null -> CASES
                        .add(new Case(record, dialect, body, parsed, facts));
                case RequestReading.Facts facts -> throw new AssertionError(record.path("id") + " is not JSON");
                case RequestReading.Unreadable(String why) ->
                    assertThat(parsed).as(record.path("id") + " " + why).isNull();
            }
        }
        assertThat(CASES).hasSizeGreaterThan(5_000);
    }

    /// Proxies have paths of their own for the formats that everybody speaks.
    private static String path(JsonNode record) {
        return switch (record.path("wire_format").asText()) {
            case "openai.chat" -> "/chat/completions";
            case "openai.completions" -> "/completions";
            case "anthropic.messages" -> "/messages";
            default -> record.path("endpoint").asText();
        };
    }

    /// Where the output limits of a dialect stand, and the one that an edit adds.
    private static List<String> limits(Case one) {
        String provider = one.record.path("provider").asText();
        return switch (one.dialect.id()) {
            case "openai.chat" -> provider.equals("llamacpp")
                    ? List.of("max_tokens", "max_completion_tokens", "n_predict")
                    : Set.of("openai", "azure").contains(provider)
                            ? List.of("max_completion_tokens", "max_tokens")
                            : List.of("max_tokens", "max_completion_tokens");
            case "ollama.chat", "ollama.generate", "ollama.embed" -> List.of("options.num_predict");
            case "openai.responses" -> List.of("max_output_tokens");
            case "openai.embeddings", "openai.moderations", "cohere.embed", "cohere.rerank", "rerank" -> List.of();
            case "anthropic.complete" -> List.of("max_tokens_to_sample");
            case "tgi.generate" -> List.of("parameters.max_new_tokens");
            default -> List.of("max_tokens");
        };
    }

    /// The object that holds the field, made where it is not there.
    private static ObjectNode home(ObjectNode body, String field) {
        int dot = field.indexOf('.');
        return dot < 0 ? body : body.withObject("/" + field.substring(0, dot));
    }

    private static String leaf(String field) {
        return field.substring(field.indexOf('.') + 1);
    }

    /// Null where the recorded request is not JSON, as two are.
    private static @Nullable ObjectNode parse(String text) {
        try {
            return (ObjectNode) JSON.readTree(text);
        } catch (IOException e) {
            return null;
        }
    }

    @Test
    void modelStreamAndLimitAreThoseOfTheFullParse() {
        for (Case one : CASES) {
            if (one.isBedrock()) {
                checkBedrock(one);
                continue;
            }
            if (one.parsed.path("model").isTextual()) {
                assertThat(String.valueOf(one.facts.model())).as(one.name()).isEqualTo(asked(one));
            }
            assertThat(one.facts.streaming()).as(one.name())
                    .isEqualTo(one.parsed.path("stream").asBoolean(STREAMS_UNASKED.contains(one.dialect.id())));
            long limit = -1;
            for (String field : limits(one)) {
                limit = Math.max(limit, home(one.parsed.deepCopy(), field).path(leaf(field)).asLong(-1));
            }
            assertThat(one.facts.outputLimit().orElse(-1)).as(one.name()).isEqualTo(limit);
            assertThat(one.facts.choices()).as(one.name()).isEqualTo(choices(one));
        }
    }

    /// Azure's deployment answers whatever the body says beside it.
    private static String asked(Case one) {
        String[] deployment = one.record.path("endpoint").asText().split("/deployments/");
        return deployment.length > 1 ? deployment[1].split("/")[0] : one.parsed.path("model").asText();
    }

    /// The path says model and stream; the limit has a name of each model's own.
    private static void checkBedrock(Case one) {
        String[] path = one.record.path("endpoint").asText().split("/model/")[1].split("/");
        String id = path[path.length - 2];
        assertThat(String.valueOf(one.facts.model())).as(one.name()).endsWith(id);
        assertThat(one.facts.streaming()).as(one.name()).isEqualTo(path[path.length - 1].endsWith("stream"));
        long limit = -1;
        for (JsonNode home : List.of(one.parsed, one.parsed.path("inferenceConfig"),
                one.parsed.path("textGenerationConfig"))) {
            for (String field : BEDROCK_LIMITS) {
                limit = Math.max(limit, home.path(field).asLong(-1));
            }
        }
        assertThat(one.facts.outputLimit().orElse(-1)).as(one.name()).isEqualTo(one.facts.choices() == 0 ? -1 : limit);
    }

    /// Where a limit stands, lowering it and nothing else; the added ones are in BedrockRequestTest.
    private static void lowerBedrock(ObjectNode expected) {
        for (JsonNode home : List.of(expected, expected.path("inferenceConfig"),
                expected.path("textGenerationConfig"))) {
            for (String field : BEDROCK_LIMITS) {
                if (home.path(field).asLong() > 3) {
                    ((ObjectNode) home).put(field, 3);
                }
            }
        }
    }

    @Test
    void anEditChangesWhatItShouldAndNothingElse() throws IOException {
        for (Case one : CASES) {
            if (one.isBedrock()) {
                ObjectNode lowered = one.parsed.deepCopy();
                lowerBedrock(lowered);
                if (!one.facts.layout().outputLimits().isEmpty()) {
                    assertThat(JSON.readTree(one.dialect.edit(one.facts, one.body, one.body.length,
                            OptionalLong.of(3), false, null))).as(one.name()).isEqualTo(lowered);
                }
                continue;
            }
            if (one.facts.choices() == 0) {
                continue;
            }
            boolean ask = one.dialect.mustAskUsage(one.facts);
            byte[] edited = one.dialect.edit(one.facts, one.body, one.body.length, OptionalLong.of(3), ask, null);
            ObjectNode expected = one.parsed.deepCopy();
            boolean limited = false;
            for (String field : limits(one)) {
                JsonNode there = one.parsed.at("/" + field.replace('.', '/'));
                limited |= !there.isMissingNode();
                if (!there.isMissingNode() && (!there.isNumber() || there.asLong() > 3)) {
                    home(expected, field).put(leaf(field), 3);
                }
            }
            if (!limited) {
                String field = limits(one).getFirst();
                home(expected, field).put(leaf(field), 3);
            }
            if (ask) {
                ObjectNode options = expected.path("stream_options").isObject()
                        ? (ObjectNode) expected.get("stream_options")
                        : expected.putObject("stream_options");
                options.put("include_usage", true);
            }
            assertThat(JSON.readTree(edited)).as(one.name()).isEqualTo(expected);
        }
    }

    /// Which hosts tell the usage of a stream without being asked is what was recorded, not what is said of them.
    @Test
    void onlyHostsThatWereSeenToTellUsageUnaskedAreNotAsked() {
        Map<String, Integer> told = new TreeMap<>();
        List<String> untold = new ArrayList<>();
        for (Case one : CASES) {
            String provider = one.record.path("provider").asText();
            boolean answered = one.record.path("response").path("status").asInt() < 400
                    && one.record.path("framing").asText().equals("sse");
            if (!one.dialect.id().equals("openai.chat") || !answered || !one.facts.streaming()
                    || one.facts.usageAsked() || one.dialect.mustAskUsage(one.facts)) {
                continue;
            }
            if (!one.record.path("usage").isNull()) {
                told.merge(provider, 1, Integer::sum);
            } else if (!one.record.path("response").path("body").asText().contains("\"error\"")
                    && !one.record.path("id").asText().equals(UNTOLD)) {
                untold.add(one.name());
            }
        }
        assertThat(told.keySet()).containsExactly("cerebras", "databricks", "deepseek", "groq", "mistral", "openrouter",
                "perplexity", "together", "xiaomi");
        assertThat(untold).isEmpty();
    }

    /// How many answers the limit holds for; none where there is no output to limit.
    private static long choices(Case one) {
        JsonNode prompt = one.parsed.path("prompt");
        return switch (one.dialect.id()) {
            case "openai.embeddings", "openai.moderations", "ollama.embed", "cohere.embed", "cohere.rerank", "rerank" ->
                0;
            case "openai.completions" -> one.parsed.path("n").asLong(1)
                    * (prompt.isArray() && !prompt.path(0).isNumber() ? prompt.size() : 1);
            default -> one.parsed.path("n").asLong(1);
        };
    }

    @Test
    void theBoundByBytesHoldsWhereThereIsOne() {
        List<String> wrong = new ArrayList<>();
        int bounded = 0;
        for (Case one : CASES) {
            if (one.facts.prompt().unseen() == null && one.isComplete()) {
                bounded++;
                long input = one.record.path("meters").path("tokens_in").asLong();
                if (input > one.facts.prompt().boundTokens()) {
                    wrong.add(one.name() + " " + one.model() + ": " + input + " > " + one.facts.prompt().boundTokens());
                }
            }
        }
        System.out.println("bounded " + bounded + " of " + CASES.size());
        assertThat(wrong).isEmpty();
    }

    @Test
    void aCountOfTheInputIsNeverBelowWhatWasReported() {
        List<String> wrong = new ArrayList<>();
        Map<String, List<Long>> ratios = new TreeMap<>();
        for (Case one : CASES) {
            long input = one.record.path("meters").path("tokens_in").asLong();
            if (input == 0 || !one.facts.prompt().onlyText() || !one.isComplete()) {
                continue;
            }
            TokenCount count = InputCount.atMost(one.facts.prompt(), one.body, one.model(), TOKENIZERS);
            if (TOKENIZERS.isCalibrated(one.model())) {
                String family = one.record.path("provider").asText() + " "
                        + String.valueOf(one.model()).replaceAll("[-:].*", "")
                        + (one.facts.prompt().tools() > 0 ? " with tools" : "");
                ratios.computeIfAbsent(family, name -> new ArrayList<>()).add(count.tokens() * 1000 / input);
                if (count.tokens() < input) {
                    wrong.add(one.name() + " " + one.model() + ": counted " + count.tokens() + " reported " + input
                            + " tools "
                            + one.facts.prompt().tools());
                }
            }
        }
        ratios.forEach((family, all) -> System.out.println(family + ": " + summary(all)));
        assertThat(wrong).isEmpty();
    }

    private static String summary(List<Long> perMille) {
        List<Long> sorted = perMille.stream().sorted().toList();
        return sorted.size() + " requests, counted per 1,000 reported: least " + sorted.getFirst() + ", middle "
                + sorted.get(sorted.size() / 2) + ", most " + sorted.getLast();
    }
}
