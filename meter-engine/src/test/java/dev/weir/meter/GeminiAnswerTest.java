package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialects;
import dev.weir.dialect.OutputListener;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Google's answers: each oddity in words of our own, and what the corpus' oracle leaves out beside a full parse.
class GeminiAnswerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final String WHOLE = "/v1beta/models/gemini-2.5-flash:generateContent";
    private static final String STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    private static final String USAGE = "\"usageMetadata\":{\"promptTokenCount\":12,\"candidatesTokenCount\":7,"
            + "\"thoughtsTokenCount\":30,\"totalTokenCount\":49}";

    @Test
    void thoughtsAreOnTopAndCachedTokensInside() {
        Quantities all = reported(WHOLE,
                """
                        {"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}],"usageMetadata":{
                         "promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":7,"thoughtsTokenCount":30,
                         "toolUsePromptTokenCount":11,"totalTokenCount":148},"modelVersion":"gemini-2.5-flash","responseId":"r1"}""");
        assertThat(all.amount(Meter.TOKENS_IN)).isEqualTo(111);
        assertThat(all.amount(Meter.TOKENS_OUT)).isEqualTo(37);
        assertThat(all.amount(Meter.REASONING)).isEqualTo(30);
        assertThat(all.amount(Meter.CACHE_READ)).isEqualTo(40);
        assertThat(all.has(Meter.CACHE_WRITE)).isFalse();
    }

    @Test
    void anAbsentPromptCountIsWhatTheTotalLeaves() {
        assertThat(reported(WHOLE, "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
                + "\"candidatesTokenCount\":1,\"thoughtsTokenCount\":104,\"totalTokenCount\":680}}")
                .amount(Meter.TOKENS_IN)).isEqualTo(575);
    }

    @Test
    void audioIsToldByModality() {
        Quantities all = reported(WHOLE, """
                {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16","data":"AAAA"}}]},
                 "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":130,"promptTokensDetails":[
                 {"modality":"TEXT","tokenCount":30},{"tokenCount":100,"modality":"AUDIO"}],"candidatesTokenCount":64,
                 "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":64}],"totalTokenCount":194}}""");
        assertThat(all.amount(Meter.AUDIO_IN)).isEqualTo(100);
        assertThat(all.amount(Meter.AUDIO_OUT)).isEqualTo(64);
        assertThat(all.has(Meter.IMAGES_GENERATED)).isFalse();
    }

    @Test
    void imagesAreCountedButNotThoseAmongTheThoughts() {
        Quantities all = reported(WHOLE,
                """
                        {"candidates":[{"content":{"parts":[{"inlineData":{"data":"AAAA","mimeType":"image/png"},"thought":true},
                         {"thought":true,"inlineData":{"mimeType":"image/png","data":"AAAA"}},
                         {"inlineData":{"data":"AAAA","mimeType":"image/png"}}]},"finishReason":"STOP"}],"""
                        + USAGE + "}");
        assertThat(all.amount(Meter.IMAGES_GENERATED)).isEqualTo(1);
    }

    @Test
    void searchesAreTheQueriesThatAreNotEmpty() {
        String grounding = "\"groundingMetadata\":{\"webSearchQueries\":[\"\",\"a\",\"b\"]}";
        assertThat(reported(WHOLE, "{\"candidates\":[{\"finishReason\":\"STOP\"," + grounding + "}]," + USAGE + "}")
                .amount(Meter.SEARCHES)).isEqualTo(2);
        String chunk = "data: {\"candidates\":[{" + grounding + "}]," + USAGE + "}\r\n\r\n";
        assertThat(reported(STREAM, chunk + chunk).amount(Meter.SEARCHES)).as("each chunk tells all so far")
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"ON_DEMAND,standard", "ON_DEMAND_FLEX,flex", "ON_DEMAND_PRIORITY,priority",
        "PROVISIONED_THROUGHPUT,provisioned_throughput"})
    void vertexTellsTheTierByItsTraffic(String traffic, String tier) {
        assertThat(facts(WHOLE, "{\"usageMetadata\":{\"promptTokenCount\":1,\"trafficType\":\"" + traffic + "\"}}")
                .serviceTier()).isEqualTo(tier);
        assertThat(facts(WHOLE, "{\"usageMetadata\":{\"promptTokenCount\":1,\"serviceTier\":\"PRIORITY\"}}")
                .serviceTier()).isEqualTo("priority");
    }

    @Test
    void aBlockedPromptHasUsedItsInput() {
        String blocked = "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":9,"
                + "\"totalTokenCount\":9},\"modelVersion\":\"gemini-2.5-flash\"}";
        assertThat(facts(WHOLE, blocked).usage()).isEqualTo(AnswerFacts.Usage.FINAL);
        Quantities all = reported(WHOLE, blocked);
        assertThat(all.amount(Meter.TOKENS_IN)).isEqualTo(9);
        assertThat(all.has(Meter.TOKENS_OUT)).isTrue();
        assertThat(all.amount(Meter.TOKENS_OUT)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
        "[{\"candidates\":[]}\r\n,\r\n{\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}]"})
    void anErrorInTheStreamIsSeen(String stream) {
        AnswerFacts facts = facts(STREAM, stream);
        assertThat(facts.error()).isEqualTo("UNAVAILABLE");
        assertThat(facts.usage()).isEqualTo(AnswerFacts.Usage.NONE);
    }

    /// Vertex begins its streams with usage objects that hold the kind of traffic alone.
    @Test
    void aUsageObjectWithoutACountIsNone() {
        String traffic = "data: {\"usageMetadata\":{\"trafficType\":\"ON_DEMAND\"}}\r\n\r\n";
        assertThat(facts(STREAM, traffic).usage()).isEqualTo(AnswerFacts.Usage.NONE);
        AnswerFacts after = facts(STREAM, "data: {" + USAGE + "}\r\n\r\n" + traffic);
        assertThat(after.usage()).isEqualTo(AnswerFacts.Usage.LATEST);
        assertThat(after.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(37);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "finishReason":"STOP"                                     | FINAL
            "finishReason":"MAX_TOKENS","index":0                     | FINAL
            "index":0                                                 | LATEST
            "finishReason":"FINISH_REASON_UNSPECIFIED"                | LATEST
            "finishReason":"STOP","index":1                           | LATEST
            "finishReason":"STOP","content":{"parts":[{"executableCode":{"code":"1"}}]} | LATEST
            """)
    void usageIsFinalWhereTheModelEndsUnlessAnotherTurnOrCandidateMayCome(String candidate, AnswerFacts.Usage usage) {
        String chunk = "{\"candidates\":[{" + candidate + "}]," + USAGE + "}";
        assertThat(facts(STREAM, "data: " + chunk).usage()).isEqualTo(usage);
        assertThat(facts(STREAM, "[{}\r\n,\r\n" + chunk).usage()).isEqualTo(usage);
    }

    @Test
    void usageThatCountsToolResultsMayGoOnAfterAnEnd() {
        String chunk = "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
                + "\"promptTokenCount\":12,\"toolUsePromptTokenCount\":9}}";
        assertThat(facts(STREAM, chunk).usage()).isEqualTo(AnswerFacts.Usage.LATEST);
    }

    /// An array that breaks off inside its last chunk has come to no end, whatever its connection says.
    @Test
    void aChunkThatIsNotWholeHasNoLastWord() {
        assertThat(
                read(STREAM, "[{\"candidates\":[{\"finishReason\":\"STOP\"}]," + USAGE + ",\"modelVersion\":\"m", true))
                .isInstanceOfSatisfying(UsageReading.Estimated.class,
                        cut -> assertThat(cut.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(37));
    }

    @Test
    void aCutStreamCountsTheTextThatPassedOnTopOfTheThoughtsThatWereTold() {
        String stream = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" + "river ".repeat(100)
                + "\"}]}}],\"usageMetadata\":{\"promptTokenCount\":12,\"thoughtsTokenCount\":500}}\r\n\r\n";
        UsageReading reading = read(STREAM, stream, false);
        assertThat(reading).isInstanceOf(UsageReading.Estimated.class);
        assertThat(((UsageReading.Estimated) reading).quantities().amount(Meter.TOKENS_OUT)).isBetween(600L, 660L);
    }

    @Test
    void searchesImagesTierAndIdAreThoseOfTheFullParse() {
        int searching = 0;
        for (JsonNode record : answers()) {
            AnswerFacts facts = facts(record.path("endpoint").asText(), record.path("response").path("body").asText());
            long searches = 0;
            String tier = null;
            for (JsonNode chunk : chunks(record)) {
                long here = 0;
                for (JsonNode query : chunk.path("candidates")
                        .path(0)
                        .path("groundingMetadata")
                        .path("webSearchQueries")) {
                    here += query.asText().isEmpty() ? 0 : 1;
                }
                searches = Math.max(searches, here);
                JsonNode usage = chunk.path("usageMetadata");
                tier = usage.path("serviceTier").isTextual() ? usage.path("serviceTier").asText() : tier;
                tier = usage.path("trafficType").asText().equals("ON_DEMAND") ? "standard" : tier;
            }
            String name = record.path("id").asText();
            searching += searches > 0 ? 1 : 0;
            assertThat(facts.quantities().amount(Meter.SEARCHES)).as(name).isEqualTo(searches);
            assertThat(facts.quantities().amount(Meter.IMAGES_GENERATED)).as(name)
                    .isEqualTo(record.path("facts").path("images").asLong());
            assertThat(String.valueOf(facts.serviceTier())).as(name)
                    .isEqualTo(String.valueOf(tier).toLowerCase(Locale.ROOT));
            JsonNode id = chunks(record).isEmpty() ? JSON.nullNode() : chunks(record).getLast().path("responseId");
            assertThat(String.valueOf(facts.id())).as(name).isEqualTo(id.isTextual() ? id.asText() : "null");
        }
        assertThat(searching).isGreaterThan(20);
    }

    /// In the recorded streams nothing ever followed what is taken for the last word, and it was said in all but a few.
    @Test
    void theLastWordOnUsageIsTheLastIndeed() {
        int streams = 0;
        int said = 0;
        for (JsonNode record : answers()) {
            if (!record.path("streaming").asBoolean() || record.path("usage").isNull()) {
                continue;
            }
            streams++;
            byte[] body = Corpus.body(record.path("response"));
            var scanner = Dialects.of("google", "POST", STREAM).answer(OutputListener.NONE);
            Quantities last = null;
            for (int i = 0; i < body.length; i++) {
                scanner.accept(body, i, 1);
                if (last == null && scanner.facts().usage() == AnswerFacts.Usage.FINAL) {
                    last = scanner.facts().quantities();
                }
            }
            if (last != null) {
                said++;
                assertThat(last).as(record.path("id").asText()).isEqualTo(scanner.facts().quantities());
            }
        }
        System.out.println("the last word was said in " + said + " of " + streams + " streams");
        assertThat(said * 10).isGreaterThan(streams * 9);
    }

    private static List<JsonNode> answers() {
        return Corpus.records(record -> record.path("wire_format")
                .asText()
                .matches("gemini\\.(generate|streamGenerate)Content")
                && record.path("response").path("status").asInt() < 400);
    }

    private static List<JsonNode> chunks(JsonNode record) {
        List<JsonNode> chunks = new ArrayList<>();
        String body = record.path("response").path("body").asText();
        try {
            if (record.path("framing").asText().equals("sse")) {
                for (String line : body.split("\\r?\\n")) {
                    if (line.startsWith("data:")) {
                        chunks.add(JSON.readTree(line.substring(5)));
                    }
                }
            } else {
                JsonNode whole = JSON.readTree(body);
                (whole.isArray() ? whole : List.of(whole)).forEach(chunks::add);
            }
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
        return chunks;
    }

    private static AnswerFacts facts(String path, String answer) {
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        try (var meter = meter(path)) {
            meter.accept(bytes, 0, bytes.length);
            return meter.facts();
        }
    }

    private static Quantities reported(String path, String answer) {
        UsageReading reading = read(path, answer, true);
        assertThat(reading).isInstanceOf(UsageReading.Reported.class);
        return ((UsageReading.Reported) reading).quantities();
    }

    private static UsageReading read(String path, String answer, boolean complete) {
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        try (var meter = meter(path)) {
            meter.accept(bytes, 0, bytes.length);
            return meter.finish(complete);
        }
    }

    private static StreamMeter meter(String path) {
        return new StreamMeter(Dialects.of("google", "POST", path), 200, null, new ModelId("gemini-2.5-flash"),
                TOKENIZERS, null);
    }
}
