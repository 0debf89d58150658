package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Every recorded answer of Google's that generates no content in the usual way: embeddings, predictions, interactions.
class GeminiOtherAnswersTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final TokenCount ESTIMATE = new TokenCount(77, Provenance.BOUND);

    @Test
    void interactionsAreMeteredToTheToken() {
        int compared = 0;
        for (JsonNode record : records("gemini.interactions")) {
            JsonNode usage = record.path("usage");
            UsageReading whole = readEverySplit(record);
            if (usage.isNull()) {
                assertThat(whole).as("begun in the background").isInstanceOf(UsageReading.Deferred.class);
                continue;
            }
            compared++;
            Quantities all = ((UsageReading.Reported) whole).quantities();
            assertThat(all.amount(Meter.TOKENS_IN) + all.amount(Meter.TOKENS_OUT))
                    .isEqualTo(usage.path("total_tokens").asLong());
            assertThat(all.amount(Meter.TOKENS_IN)).isEqualTo(usage.path("total_input_tokens").asLong());
            assertThat(all.amount(Meter.REASONING)).isEqualTo(usage.path("total_thought_tokens").asLong());
            assertThat(all.amount(Meter.CACHE_READ)).isEqualTo(usage.path("total_cached_tokens").asLong());
            assertThat(all.amount(Meter.SEARCHES))
                    .isEqualTo(usage.path("grounding_tool_count").path(0).path("count").asLong());
            String body = record.path("response").path("body").asText();
            assertThat(all.amount(Meter.TOOL_CALLS_REQUESTED))
                    .isEqualTo(body.split("\"function_call\"", -1).length - 1);
        }
        assertThat(compared).isEqualTo(18);
    }

    @Test
    void aCutInteractionIsEstimatedUntilItsLastEvent() {
        for (JsonNode record : records("gemini.interactions")) {
            if (!record.path("streaming").asBoolean()) {
                continue;
            }
            byte[] body = Corpus.body(record.path("response"));
            String text = record.path("response").path("body").asText();
            int usage = bytesBefore("\"total_tokens\"", text);
            int end = bytesBefore("event: done", text);
            assertThat(read(record, body, usage, usage, false)).isInstanceOf(UsageReading.Estimated.class);
            assertThat(read(record, body, end, end, false)).isInstanceOf(UsageReading.Reported.class);
        }
    }

    @Test
    void embeddingsAreReportedWhereTheModelTellsAndEstimatedWhereNot() {
        int told = 0;
        for (JsonNode record : records("gemini.embed")) {
            UsageReading reading = readEverySplit(record);
            if (record.path("usage").isNull()) {
                assertThat(reading).isInstanceOf(UsageReading.Estimated.class);
                Quantities estimated = ((UsageReading.Estimated) reading).quantities();
                assertThat(estimated.amount(Meter.TOKENS_IN)).isEqualTo(77);
                assertThat(estimated.provenance(Meter.TOKENS_IN)).isEqualTo(Provenance.BOUND);
                assertThat(estimated.amount(Meter.TOKENS_OUT)).isZero();
            } else {
                told++;
                Quantities reported = ((UsageReading.Reported) reading).quantities();
                assertThat(reported.amount(Meter.TOKENS_IN))
                        .isEqualTo(record.path("usage").path("promptTokenCount").asLong());
                assertThat(reported.amount(Meter.TOKENS_OUT)).isZero();
            }
        }
        assertThat(told).isEqualTo(9);
    }

    @Test
    void predictionsTellTheTokensOfEachTextOrAreImagesToCount() {
        ToLongFunction<String> texts = body -> body.split("\"statistics\"", -1).length - 1;
        ToLongFunction<String> images = body -> body.split("\"image/", -1).length - 1;
        int embedded = 0;
        int pictured = 0;
        for (JsonNode record : records("gemini.predict")) {
            String body = record.path("response").path("body").asText();
            if (record.path("endpoint").asText().endsWith(":predictLongRunning")) {
                assertThat(readEverySplit(record)).isInstanceOf(UsageReading.Missing.class);
                continue;
            }
            Quantities all = ((UsageReading.Reported) readEverySplit(record)).quantities();
            if (texts.applyAsLong(body) > 0) {
                embedded++;
                long tokens = 0;
                var counts = Pattern.compile("\"token_count\": *(\\d+)").matcher(body);
                while (counts.find()) {
                    tokens += Long.parseLong(counts.group(1));
                }
                assertThat(all.amount(Meter.TOKENS_IN)).isEqualTo(tokens).isPositive();
            } else {
                pictured++;
                assertThat(all.has(Meter.IMAGES_GENERATED)).isTrue();
                assertThat(all.amount(Meter.IMAGES_GENERATED)).isEqualTo(images.applyAsLong(body));
                assertThat(all.has(Meter.TOKENS_IN)).isFalse();
            }
        }
        assertThat(embedded).isEqualTo(3);
        assertThat(pictured).isEqualTo(5);
    }

    private static int bytesBefore(String mark, String text) {
        return text.substring(0, text.indexOf(mark)).getBytes(StandardCharsets.UTF_8).length;
    }

    private static List<JsonNode> records(String wireFormat) {
        return Corpus.records(record -> record.path("wire_format").asText().equals(wireFormat)
                && record.path("response").path("status").asInt() < 400);
    }

    /// The reading of the whole, which pieces of any size must not change.
    private static UsageReading readEverySplit(JsonNode record) {
        byte[] body = Corpus.body(record.path("response"));
        UsageReading whole = read(record, body, body.length, body.length, true);
        for (int piece : new int[]{1, 2, 3, 7, 61, 1_000}) {
            assertThat(read(record, body, body.length, piece, true)).isEqualTo(whole);
        }
        return whole;
    }

    private static UsageReading read(JsonNode record, byte[] body, int length, int piece, boolean complete) {
        String path = record.path("endpoint").asText();
        Dialect dialect = Dialects.of(record.path("provider").asText(), "POST", path);
        try (var meter = new StreamMeter(dialect, 200, null, new ModelId("gemini-2.5-flash"), TOKENIZERS, ESTIMATE)) {
            for (int from = 0; from < length; from += piece) {
                meter.accept(body, from, Math.min(piece, length - from));
            }
            return meter.finish(complete);
        }
    }
}
