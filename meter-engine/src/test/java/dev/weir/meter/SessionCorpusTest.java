package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded realtime session against the usages that its provider told, which the record holds as a list.
class SessionCorpusTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    private static List<JsonNode> records = List.of();

    @BeforeAll
    static void read() {
        records = Corpus.records(record -> record.path("wire_format").asText().equals("realtime.ws"));
        assertThat(records).hasSizeGreaterThan(30);
    }

    @Test
    void everyRecordedSessionIsMeteredToTheToken() {
        for (JsonNode record : records) {
            UsageReading reading = meter(record, messages(record), message -> new int[0]).finish();

            assertThat(reading).as(name(record)).isInstanceOf(UsageReading.Reported.class);
            assertThat(told(((UsageReading.Reported) reading).quantities())).as(name(record))
                    .isEqualTo(oracle(record));
        }
    }

    @Test
    void whereMessagesAreCutIntoPiecesChangesNothing() {
        long seed = Long.getLong("weir.seed", 20261125L);
        var random = new Random(seed);
        for (JsonNode record : records) {
            UsageReading whole = meter(record, messages(record), message -> new int[0]).finish();
            UsageReading everyByte = meter(record, messages(record), SessionCorpusTest::everyByte).finish();
            UsageReading anyCut = meter(record, messages(record), message -> new int[]{random.nextInt(message.length)})
                    .finish();

            assertThat(everyByte).as(name(record)).isEqualTo(whole);
            assertThat(anyCut).as("%s, seed %d", name(record), seed).isEqualTo(whole);
        }
    }

    @Test
    void sessionThatEndsAnywhereIsReportedOnlyBetweenAnswers() {
        int estimated = 0;
        for (JsonNode record : records) {
            List<byte[]> messages = messages(record);
            for (int end = 0; end < messages.size(); end++) {
                SessionMeter meter = meter(record, messages.subList(0, end), message -> new int[0]);
                boolean running = isInsideAnAnswer(record, messages.subList(0, end));

                UsageReading reading = meter.finish();

                assertThat(reading instanceof UsageReading.Reported).as("%s, %d messages", name(record), end)
                        .isEqualTo(!running);
                estimated += reading instanceof UsageReading.Estimated ? 1 : 0;
                if (reading instanceof UsageReading.Estimated(Quantities quantities, String _)) {
                    assertThat(quantities.has(Meter.TOKENS_OUT) || quantities.has(Meter.TOKENS_IN)
                            || quantities.has(Meter.TOOL_CALLS_REQUESTED)).as(name(record)).isTrue();
                    assertThat(!quantities.has(Meter.TOKENS_OUT) || !quantities.isReported()
                            || passed(messages.subList(0, end)) == 0).as(name(record)).isTrue();
                }
            }
        }
        assertThat(estimated).isGreaterThan(200);
    }

    @Test
    void transcriptsAreASideAndNotSoldAtTheModelsPrice() {
        int sides = 0;
        for (JsonNode record : records) {
            var facts = meter(record, messages(record), message -> new int[0]).facts();
            long transcribed = 0;
            for (JsonNode usage : record.path("usage")) {
                long tokens = usage.path("input_tokens").asLong() + usage.path("promptTokenCount").asLong();
                transcribed += usage.has("type") ? tokens : 0;
            }
            if (facts.sides().isEmpty()) {
                assertThat(transcribed).isZero();
            } else {
                sides++;
                assertThat(facts.sides().getFirst().model()).as(name(record)).isNotNull();
                assertThat(facts.sides().getFirst().quantities().amount(Meter.TOKENS_IN)).isEqualTo(transcribed);
            }
        }
        assertThat(sides).isPositive();
    }

    private static Map<Meter, Long> oracle(JsonNode record) {
        Map<Meter, Long> sums = new EnumMap<>(Meter.class);
        for (JsonNode usage : record.path("usage")) {
            add(sums, Meter.TOKENS_IN, usage.path("input_tokens"), usage.path("promptTokenCount"));
            add(sums, Meter.TOKENS_OUT, usage.path("output_tokens"), usage.path("responseTokenCount"),
                    usage.path("candidatesTokenCount"), usage.path("thoughtsTokenCount"));
            add(sums, Meter.REASONING, usage.path("thoughtsTokenCount"),
                    usage.at("/output_token_details/reasoning_tokens"));
            add(sums, Meter.CACHE_READ, usage.at("/input_token_details/cached_tokens"));
            add(sums, Meter.AUDIO_IN, usage.at("/input_token_details/audio_tokens"), part(usage, "prompt", "AUDIO"));
            add(sums, Meter.IMAGE_IN, usage.at("/input_token_details/image_tokens"), part(usage, "prompt", "IMAGE"));
            add(sums, Meter.AUDIO_OUT, usage.at("/output_token_details/audio_tokens"),
                    part(usage, "response", "AUDIO"), part(usage, "candidates", "AUDIO"));
            add(sums, Meter.SECONDS, usage.path("seconds"), usage.path("billable_audio_seconds"));
        }
        return sums;
    }

    private static JsonNode part(JsonNode usage, String of, String modality) {
        for (JsonNode part : usage.path(of + "TokensDetails")) {
            if (part.path("modality").asText().equals(modality)) {
                return part.path("tokenCount");
            }
        }
        return usage.path("nowhere");
    }

    private static void add(Map<Meter, Long> sums, Meter meter, JsonNode... amounts) {
        for (JsonNode amount : amounts) {
            if (amount.isNumber()) {
                sums.merge(meter, Math.round(amount.asDouble()), Long::sum);
            }
        }
    }

    private static Map<Meter, Long> told(Quantities quantities) {
        Map<Meter, Long> told = new EnumMap<>(Meter.class);
        quantities.forEach((meter, amount, provenance) -> {
            assertThat(provenance).isEqualTo(Provenance.REPORTED);
            if (meter != Meter.TOOL_CALLS_REQUESTED && meter != Meter.SEARCHES) {
                told.put(meter, amount);
            }
        });
        return told;
    }

    private static boolean isInsideAnAnswer(JsonNode record, List<byte[]> messages) {
        int running = 0;
        for (byte[] message : messages) {
            String text = new String(message, StandardCharsets.UTF_8);
            if (record.path("provider").asText().equals("google")) {
                running = text.contains("\"usageMetadata\"") ? 0 : running + (isTurn(text) ? 1 : 0);
            } else if (text.contains("\"response.created\"")) {
                running++;
            } else if (text.contains("\"response.done\"") && running > 0) {
                running--;
            }
        }
        return running > 0;
    }

    private static boolean isTurn(String text) {
        return text.contains("\"modelTurn\"") && (text.contains("\"text\"") || text.contains("\"data\""));
    }

    private static long passed(List<byte[]> messages) {
        return messages.stream()
                .map(message -> new String(message, StandardCharsets.UTF_8))
                .filter(text -> text.contains("_text.delta") || text.contains("response.text.delta"))
                .count();
    }

    private static SessionMeter meter(JsonNode record, List<byte[]> messages,
            java.util.function.Function<byte[], int[]> cuts) {
        Dialect dialect = Dialects.of(record.path("provider").asText(), "GET", record.path("endpoint").asText());
        assertThat(dialect.isSession()).as(name(record)).isTrue();
        var meter = new SessionMeter(dialect, () -> null, TOKENIZERS, Runnable::run);
        for (byte[] message : messages) {
            int from = 0;
            for (int cut : cuts.apply(message)) {
                meter.accept(message, from, cut - from);
                from = cut;
            }
            meter.accept(message, from, message.length - from);
            meter.messageEnd();
        }
        return meter;
    }

    private static int[] everyByte(byte[] message) {
        var cuts = new int[message.length - 1];
        for (int i = 0; i < cuts.length; i++) {
            cuts[i] = i + 1;
        }
        return cuts;
    }

    private static List<byte[]> messages(JsonNode record) {
        List<byte[]> messages = new ArrayList<>();
        record.path("response")
                .path("body")
                .asText()
                .lines()
                .forEach(line -> messages.add(line.getBytes(StandardCharsets.UTF_8)));
        return messages;
    }

    private static String name(JsonNode record) {
        return record.path("provider").asText() + " " + record.path("id").asText();
    }
}
