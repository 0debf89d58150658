package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded stream with usage, cut before its usage: what is estimated of it.
class CutCorpusTest {
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "anthropic.messages", "ollama.chat",
            "ollama.generate", "gemini.generateContent", "gemini.streamGenerateContent", "cohere.v2.chat",
            "mistral.fim", "cloudflare.run");
    /// The provider's own tools, or another pass of the model: input that was not there at the first frame.
    private static final Pattern READ_MORE = Pattern.compile("\"server_tool_use\"|\"compaction|\"iterations\"");
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    /// A word that is cut can make more tokens than the whole one: no merge of a tokenizer reaches beyond a word.
    private static final int LAST_WORD_TOKENS = 8;
    private static final TokenCount INPUT = new TokenCount(1_234_567, Provenance.BOUND);

    private static List<JsonNode> streams = List.of();

    @BeforeAll
    static void read() {
        streams = Corpus.records(record -> WIRE_FORMATS.contains(record.path("wire_format").asText())
                && record.path("streaming").asBoolean() && record.path("response").path("status").asInt() < 400
                && !record.path("usage").isNull());
        assertThat(streams).hasSizeGreaterThan(1_500);
    }

    /// Cut at three places in a row: the input is the same, the output grows with the text and never beyond the whole.
    @Test
    void aCutStreamIsNeverNothingAndNeverTheWhole() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        List<String> wrong = new ArrayList<>();
        int estimated = 0;
        for (JsonNode record : streams) {
            byte[] body = Corpus.body(record.path("response"));
            long before = 0;
            for (int cut : random.ints(3, 1, body.length).sorted().toArray()) {
                switch (cut(record, body, cut)) {
                    case UsageReading.Reported reported -> {
                    }
                    case UsageReading.Missing missing -> wrong.add(name(record, cut) + missing);
                    case UsageReading.Deferred _,UsageReading.Earlier _,UsageReading.Elsewhere _ ->
                        wrong.add(name(record, cut) + "told later");
                    case UsageReading.Estimated(Quantities all, String _) -> {
                        estimated++;
                        long out = all.amount(Meter.TOKENS_OUT);
                        if (!all.has(Meter.TOKENS_IN) || !all.has(Meter.TOKENS_OUT) || out < before - LAST_WORD_TOKENS
                                || isMoreThanPassed(all, cut) || !isInputOf(record, body, cut, all)) {
                            wrong.add(name(record, cut) + all + " after " + before);
                        }
                        before = all.provenance(Meter.TOKENS_OUT) == Provenance.REPORTED ? before : out;
                    }
                }
            }
        }
        System.out.println("estimated " + estimated + " cuts of " + streams.size() + " streams");
        assertThat(wrong).isEmpty();
        assertThat(estimated).isGreaterThan(streams.size());
    }

    /// No text makes more tokens than it has bytes; what the provider told on the way may be more.
    private static boolean isMoreThanPassed(Quantities all, int cut) {
        return all.provenance(Meter.TOKENS_OUT) != Provenance.REPORTED
                && all.amount(Meter.TOKENS_OUT) - all.amount(Meter.REASONING) > cut + 64;
    }

    /// As an early frame told it, where the dialect has one, which is what the provider says at the end too, unless tools of
    /// its own have read more meanwhile, or the first frame left media out (Gemini); else the estimate.
    private static boolean isInputOf(JsonNode record, byte[] body, int cut, Quantities all) {
        String wire = record.path("wire_format").asText();
        String passed = new String(body, 0, cut, StandardCharsets.UTF_8);
        long input = all.amount(Meter.TOKENS_IN);
        if (all.provenance(Meter.TOKENS_IN) != Provenance.REPORTED) {
            boolean early = wire.equals("anthropic.messages") && passed.contains("\"content_block_start\"")
                    && !passed.contains("\"input_tokens\":0,\"output_tokens\":0");
            return !early && input == INPUT.tokens();
        }
        return input == record.path("meters").path("tokens_in").asLong()
                || input > 0 && (wire.startsWith("gemini.")
                        || READ_MORE.matcher(new String(body, StandardCharsets.UTF_8)).find());
    }

    /// The text of half an answer is about half of the answer's tokens: compared with the provider's own count.
    @Test
    void halfOfAnAnswerIsAboutHalfOfItsTokens() {
        int compared = 0;
        int near = 0;
        for (JsonNode record : streams) {
            byte[] body = Corpus.body(record.path("response"));
            long whole = record.path("meters").path("tokens_out").asLong();
            boolean plain = record.path("meters").path("reasoning").asLong() == 0
                    && record.path("facts").path("tool_calls").asLong() == 0;
            if (!plain || whole < 100
                    || !(cut(record, body,
                            body.length / 2) instanceof UsageReading.Estimated(Quantities half, var _))) {
                continue;
            }
            compared++;
            long out = half.amount(Meter.TOKENS_OUT);
            near += out > whole * 0.25 && out < whole * 0.75 ? 1 : 0;
        }
        System.out.println("half of an answer was within a quarter of half its tokens in " + near + " of " + compared);
        assertThat(near).isGreaterThan(compared * 8 / 10);
    }

    private static UsageReading cut(JsonNode record, byte[] body, int cut) {
        String model = record.path("facts").path("model").asText();
        String path = switch (record.path("wire_format").asText()) {
            case "openai.chat" -> "/chat/completions";
            case "anthropic.messages" -> "/messages";
            default -> record.path("endpoint").asText();
        };
        try (var meter = new StreamMeter(Dialects.of(record.path("provider").asText(), "POST", path), 200, null,
                model.isEmpty() ? null : new ModelId(model), TOKENIZERS, INPUT)) {
            meter.accept(body, 0, cut);
            return meter.finish(false);
        }
    }

    private static String name(JsonNode record, int cut) {
        return record.path("id").asText() + " " + record.path("provider").asText() + " cut at " + cut + ": ";
    }
}
