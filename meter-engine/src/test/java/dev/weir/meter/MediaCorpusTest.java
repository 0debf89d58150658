package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded answer with images, transcripts or speech, against the provider's own usage object or the images in it.
class MediaCorpusTest {
    private static final Set<String> WIRE_FORMATS = Set.of("openai.images", "openai.audio.transcription",
            "openai.audio.speech");
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final Map<Meter, String> METERS = Map.of(Meter.TOKENS_IN, "tokens_in", Meter.TOKENS_OUT,
            "tokens_out", Meter.CACHE_READ, "cache_read", Meter.AUDIO_IN, "audio_in", Meter.SECONDS,
            "audio_seconds_in", Meter.IMAGE_OUT, "image_out", Meter.IMAGE_IN, "image_in");

    private static List<JsonNode> records = List.of();

    @BeforeAll
    static void read() {
        records = Corpus.records(record -> WIRE_FORMATS.contains(record.path("wire_format").asText())
                && record.path("response").path("status").asInt() < 400);
        assertThat(records).hasSizeGreaterThan(45);
    }

    @Test
    void tokensSecondsAndImagesAreThoseOfTheFullParse() {
        List<String> wrong = new ArrayList<>();
        for (JsonNode record : records) {
            byte[] body = Corpus.body(record.path("response"));
            UsageReading reading = meter(record, body, body.length, body.length);
            Quantities told = reading instanceof UsageReading.Reported(Quantities all) ? all : Quantities.NONE;
            METERS.forEach((meter, name) -> {
                long expected = record.path("meters").path(name).asLong();
                if (told.amount(meter) != expected && !(meter == Meter.SECONDS && isDurationOnly(record))) {
                    wrong.add(record.path("id") + " " + meter + " " + told.amount(meter) + " not " + expected + " "
                            + reading);
                }
            });
            long images = record.path("facts").path("images").asLong();
            if (told.amount(Meter.IMAGES_GENERATED) != images) {
                wrong.add(record.path("id") + " " + reading + ", images " + images);
            }
        }
        assertThat(wrong).isEmpty();
    }

    /// The recording's length stands in the answer, which is no usage to the oracle.
    private static boolean isDurationOnly(JsonNode record) {
        return record.path("usage").isNull() && record.path("response").path("body").asText().contains("\"duration\"");
    }

    @Test
    void whatTellsNothingIsNeverZeroAndExact() {
        for (JsonNode record : records) {
            byte[] body = Corpus.body(record.path("response"));
            boolean silent = record.path("usage").isNull() && record.path("facts").path("images").asLong() == 0;
            if (silent && meter(record, body, body.length, body.length) instanceof UsageReading.Reported(var all)) {
                assertThat(all.amount(Meter.SECONDS)).as(record.path("id").asText()).isPositive();
            }
        }
    }

    @Test
    void whereAnAnswerIsCutIntoChunksChangesNothing() {
        for (JsonNode record : records) {
            byte[] body = Corpus.body(record.path("response"));
            UsageReading whole = meter(record, body, body.length, body.length);
            for (int at = 1; at < Math.min(body.length, 4_000); at += body.length < 1_500 ? 1 : 37) {
                assertThat(meter(record, body, at, body.length)).as(record.path("id") + " split at " + at)
                        .isEqualTo(whole);
            }
        }
    }

    private static UsageReading meter(JsonNode record, byte[] body, int cut, int length) {
        Dialect dialect = Dialects.of(record.path("provider").asText(), "POST", record.path("endpoint").asText());
        assertThat(dialect.id()).isEqualTo(record.path("wire_format").asText());
        String model = record.path("facts").path("model").asText();
        try (var meter = new StreamMeter(dialect, 200, null, model.isEmpty() ? null : new ModelId(model), TOKENIZERS,
                null)) {
            meter.accept(body, 0, cut);
            meter.accept(body, cut, length - cut);
            return meter.finish(true);
        }
    }
}
