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
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded request to Google: what is read of it beside a full parse, what an edit leaves of it, and whether its
/// bounds hold.
class GeminiCorpusRequestTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    private record Case(JsonNode record, Dialect dialect, byte[] body, ObjectNode parsed, RequestFacts facts) {
        String name() {
            return record.path("id").asText() + " " + record.path("provider").asText() + " " + facts.model();
        }

        boolean generates() {
            return dialect.id().endsWith("enerateContent");
        }

        long input() {
            JsonNode usage = record.path("usage");
            return record.path("meters")
                    .path("tokens_in")
                    .asLong(usage.path("promptTokenCount")
                            .asLong(
                                    usage.path("total_input_tokens").asLong()
                                            + usage.path("total_tool_use_tokens").asLong()));
        }

        @Nullable
        ModelId model() {
            String answered = record.path("facts").path("model").asText();
            return answered.isEmpty() ? facts.model() : new ModelId(answered);
        }
    }

    private static final List<Case> CASES = new ArrayList<>();

    @BeforeAll
    static void read() throws IOException {
        for (JsonNode record : Corpus.records(one -> one.path("wire_format").asText().startsWith("gemini."))) {
            String text = record.path("request").path("body").asText();
            String path = record.path("endpoint").asText();
            Dialect dialect = Dialects.of(record.path("provider").asText(), "POST", path);
            if (!text.startsWith("{") || text.length() < 20 || !dialect.id().startsWith("gemini.")
                    || record.path("request").path("reconstructed").asBoolean()) {
                continue;
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            var head = new RequestHead("POST", path, record.path("provider").asText(), "application/json");
            var reading = dialect.readRequest(head, body, body.length);
            if (reading instanceof RequestReading.Facts(RequestFacts facts)) {
                CASES.add(new Case(record, dialect, body, (ObjectNode) JSON.readTree(text), facts));
            } else {
                assertThat(record.path("response").path("status").asInt()).as(record.path("id") + " " + reading)
                        .isGreaterThanOrEqualTo(400);
            }
        }
        assertThat(CASES).hasSizeGreaterThan(1_100);
    }

    @Test
    void modelStreamAndLimitAreThoseOfPathAndBody() {
        for (Case one : CASES) {
            if (one.generates()) {
                String path = one.record.path("endpoint").asText();
                String model = path.substring(path.lastIndexOf("models/") + 7, path.lastIndexOf(':'))
                        .replace("%20", " ");
                assertThat(String.valueOf(one.facts.model())).as(one.name()).isEqualTo(model);
                assertThat(one.facts.streaming()).as(one.name()).isEqualTo(path.contains(":stream"));
                JsonNode config = config(one.parsed);
                long limit = config.path("maxOutputTokens").asLong(-2);
                assertThat(one.facts.outputLimit().orElse(-1)).as(one.name()).isEqualTo(limit + 1);
                assertThat(one.facts.choices()).as(one.name()).isEqualTo(config.path("candidateCount").asLong(1));
            }
        }
    }

    private static JsonNode config(ObjectNode request) {
        return request.has("generationConfig") ? request.path("generationConfig") : request.path("generation_config");
    }

    @Test
    void anEditLimitsTheOutputAndChangesNothingElse() throws IOException {
        for (Case one : CASES) {
            if (!one.generates()) {
                continue;
            }
            byte[] edited = one.dialect.edit(one.facts, one.body, one.body.length, OptionalLong.of(4), false, null);
            ObjectNode expected = one.parsed.deepCopy();
            ObjectNode config = config(expected).isObject()
                    ? (ObjectNode) config(expected)
                    : expected.putObject("generationConfig");
            if (config.path("maxOutputTokens").asLong(9) > 3) {
                config.put("maxOutputTokens", 3);
            }
            assertThat(JSON.readTree(edited)).as(one.name()).isEqualTo(expected);
        }
    }

    @Test
    void theBoundByBytesHoldsWhereThereIsOne() {
        List<String> wrong = new ArrayList<>();
        int bounded = 0;
        for (Case one : CASES) {
            if (one.facts.prompt().unseen() == null && !one.record.path("request").has("body_elided")) {
                bounded++;
                if (one.input() > one.facts.prompt().boundTokens()) {
                    wrong.add(one.name() + ": " + one.input() + " > " + one.facts.prompt().boundTokens());
                }
            }
        }
        System.out.println("bounded " + bounded + " of " + CASES.size());
        assertThat(wrong).isEmpty();
        assertThat(bounded).isGreaterThan(800);
    }

    @Test
    void aCountOfTheInputIsNeverBelowWhatWasReported() {
        List<String> wrong = new ArrayList<>();
        List<Long> perMille = new ArrayList<>();
        for (Case one : CASES) {
            if (one.input() == 0 || !one.facts.prompt().onlyText() || one.record.path("request").has("body_elided")
                    || !TOKENIZERS.isCalibrated(one.model())) {
                continue;
            }
            TokenCount count = InputCount.atMost(one.facts.prompt(), one.body, one.model(), TOKENIZERS);
            perMille.add(count.tokens() * 1000 / one.input());
            if (count.tokens() < one.input()) {
                wrong.add(one.name() + ": counted " + count.tokens() + " reported " + one.input() + " tools "
                        + one.facts.prompt().tools());
            }
        }
        List<Long> sorted = perMille.stream().sorted().toList();
        System.out.println(sorted.size() + " requests, counted per 1,000 reported: least " + sorted.getFirst()
                + ", middle " + sorted.get(sorted.size() / 2) + ", most " + sorted.getLast());
        assertThat(wrong).isEmpty();
    }

    /// Two of the recorded answers with a limit are one token above it, which the reader allows for.
    @Test
    void theOutputStaysWithinTheLimitWhereTheProvidersToolsDidNotWork() {
        int limited = 0;
        for (Case one : CASES) {
            long output = one.record.path("meters").path("tokens_out").asLong();
            boolean tools = one.record.path("usage").has("toolUsePromptTokenCount");
            if (one.generates() && one.facts.outputLimit().isPresent() && output > 0 && !tools) {
                limited++;
                assertThat(output).as(one.name()).isLessThanOrEqualTo(one.facts.outputLimit().getAsLong());
            }
        }
        assertThat(limited).isGreaterThan(200);
    }
}
