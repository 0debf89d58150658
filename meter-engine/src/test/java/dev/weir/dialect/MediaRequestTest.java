package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.meter.StreamMeter;
import dev.weir.meter.Tokenizers;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What requests for images, transcripts and speech ask for.
class MediaRequestTest {
    private static final String FORM = "multipart/form-data; boundary=\"edge 1\"";

    private static RequestReading read(String path, @Nullable String contentType, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return Dialects.of("openai", "POST", path)
                .readRequest(new RequestHead("POST", path, "openai", contentType), bytes, bytes.length);
    }

    private static RequestFacts facts(String path, @Nullable String contentType, String body) {
        return ((RequestReading.Facts) read(path, contentType, body)).facts();
    }

    /// `name=value` pairs as a form, a name with `@` before it as a file.
    private static String form(String... fields) {
        var form = new StringBuilder();
        for (String field : fields) {
            int equals = field.indexOf('=');
            boolean file = field.startsWith("@");
            form.append("--edge 1\r\nContent-Disposition: form-data; name=\"")
                    .append(field, file ? 1 : 0, equals)
                    .append(file ? "\"; filename=\"a.png\"\r\nContent-Type: image/png" : "\"")
                    .append("\r\n\r\n")
                    .append(field.substring(equals + 1))
                    .append("\r\n");
        }
        return form.append("--edge 1--\r\n").toString();
    }

    /// A tile of 1024 × 1024 has at most 4,161 tokens, 1,024 are left for words beside it.
    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"model":"dall-e-3","prompt":"x","n":1,"quality":"hd","size":"1024x1792"}       | dall-e-3    | 1 | hd/1024x1792       | 0 |
                    {"model":"dall-e-3","prompt":"x"}                                               | dall-e-3    | 1 | standard/1024x1024 | 0 |
                    {"model":"dall-e-2","prompt":"x","n":10,"size":"256x256"}                       | dall-e-2    | 10 | 256x256           | 0 |
                    {"prompt":"x","n":2}                                                            | dall-e-2    | 2 | 1024x1024          | 0 |
                    {"model":"gpt-image-1","prompt":"x","n":3,"size":"1024x1024","quality":"low"}   | gpt-image-1 | 3 |                    | 3 | 5186
                    {"model":"gpt-image-1","prompt":"x","size":"1024x1536","partial_images":2}      | gpt-image-1 | 1 |                    | 1 | 7466
                    {"model":"gpt-image-2","prompt":"x","size":"auto"}                              | gpt-image-2 | 1 |                    | 1 | 33939
                    """)
    void imagesAreCountedSizedAndGraded(String body, String model, long images, @Nullable String options,
            long choices, @Nullable Long outputMost) {
        RequestFacts facts = facts("/v1/images/generations", "application/json", body);
        assertThat(facts.model()).hasToString(model);
        assertThat(facts.others()).isEqualTo(Quantities.of(Meter.IMAGES_GENERATED, images, Provenance.BOUND));
        assertThat(facts.options()).isEqualTo(options);
        assertThat(facts.choices()).isEqualTo(choices);
        assertThat(facts.outputMost())
                .isEqualTo(outputMost == null ? OptionalLong.empty() : OptionalLong.of(outputMost));
    }

    @Test
    void anImageInJsonIsUnseenAndAFieldThatStandsTwiceIsRefused() {
        assertThat(facts("/v1/images/edits", "application/json",
                "{\"model\":\"gpt-image-1\",\"images\":[{\"file_id\":\"f\"}]}").prompt().unseen()).isNotNull();
        assertThat(read("/v1/images/generations", null, "{\"n\":1,\"n\":9}"))
                .isInstanceOf(RequestReading.Unreadable.class);
        assertThat(read("/v1/images/generations", null, "{\"N\":9}")).isInstanceOf(RequestReading.Unreadable.class);
    }

    @Test
    void aFormTellsTheSameAsJson() {
        RequestFacts facts = facts("/v1/images/edits", FORM,
                form("model=gpt-image-1", "n= 2", "size=1024x1024", "@image[]=\r\n--edge 2\r\n\0\1", "prompt=blue",
                        "stream=true"));
        assertThat(facts.model()).hasToString("gpt-image-1");
        assertThat(facts.others().amount(Meter.IMAGES_GENERATED)).isEqualTo(2);
        assertThat(facts.streaming()).isTrue();
        assertThat(facts.prompt().unseen()).isNull();
        assertThat(facts.prompt().boundTokens()).isGreaterThan(16_384).isLessThan(16_500);
        assertThat(facts("/v1/images/variations", FORM, form("@image=x", "n=4")).options()).isEqualTo("1024x1024");
    }

    @Test
    void aRecordingIsBoundedByItsBytes() {
        RequestFacts facts = facts("/v1/audio/transcriptions", FORM,
                form("model=whisper-1", "@file=" + "x".repeat(10_000), "language="));
        assertThat(facts.model()).hasToString("whisper-1");
        assertThat(facts.audio()).isTrue();
        assertThat(facts.others().amount(Meter.SECONDS)).isBetween(100L, 110L);
        assertThat(facts.prompt().boundTokens()).isGreaterThan(10_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--edge 1", "--edge 1--", "x--edge 1\r\n",
        "--edge 1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt", "--edge 1\r\n\r\n\r\n--edge 1--",
        "--edge 1\r\nX: y\r\n\r\nv\r\n--edge 1--", "--edge 1\nContent-Disposition: form-data; name=a\n\nv\n--edge 1--"})
    void whatIsNoFormIsRefusedOrEmptyAndThrowsNothing(String body) {
        RequestReading reading = read("/v1/audio/transcriptions", FORM, body);
        assertThat(reading instanceof RequestReading.Facts).isEqualTo(body.equals("--edge 1--"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            multipart/form-data                 | false
            multipart/form-data; boundary=      | false
            application/json                    | false
            multipart/form-data; BOUNDARY=edge  | true
            """)
    void aFormNeedsItsBoundary(String contentType, boolean read) {
        assertThat(read("/v1/audio/transcriptions", contentType, "--edge--") instanceof RequestReading.Facts)
                .isEqualTo(read);
    }

    @Test
    void charactersToSpeakAreCountedByTheCharacter() {
        RequestFacts facts = facts("/v1/audio/speech", null, "{\"model\":\"tts-1-1106\",\"input\":\"Wehr \\u00fc😀\"}");
        assertThat(facts.others()).isEqualTo(Quantities.of(Meter.CHARACTERS, 7, Provenance.REPORTED));
        assertThat(facts.choices()).isZero();
        assertThat(facts.prompt().boundTokens()).isZero();
        RequestFacts byToken = facts("/v1/audio/speech", null, "{\"model\":\"gpt-4o-mini-tts\",\"input\":\"Wehr\"}");
        assertThat(byToken.outputMost()).hasValue(272);
        assertThat(byToken.audio()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    /v1/images/generations   | {"created":1,"data":[{"b64_json":"usage"},{"url":"x"}]}  | {images_generated=2}
                    /v1/images/generations   | {"data":[{"b64_json":"a"}],"usage":{"input_tokens":9,"output_tokens":0,"input_tokens_details":{"image_tokens":4,"cached_tokens":2}}} | {tokens_in=9, tokens_out=0, cache_read=2, images_generated=1, image_in=4}
                    /v1/audio/transcriptions | {"text":"a","usage":{"type":"duration","seconds":6}}     | {seconds=6}
                    /v1/audio/transcriptions | {"duration":5.49,"text":"a"}                             | {seconds=5}
                    /v1/audio/transcriptions | {"text":"a","usage":{"prompt_audio_seconds":3,"prompt_tokens":5,"completion_tokens":11,"total_tokens":391,"prompt_tokens_details":{"audio_tokens":375}}} | {tokens_in=380, tokens_out=11, audio_in=375, seconds=3}
                    """)
    void usageIsReadAsThePriceListsNeedIt(String path, String answer, String expected) {
        assertThat(meter(path, answer)).isEqualTo("Reported " + expected);
    }

    /// Each completed event is an image with its own usage; partial ones are none.
    @Test
    void streamedImagesAddUp() {
        String event = "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"%s\","
                + "\"usage\":{\"input_tokens\":10,\"output_tokens\":272,\"output_tokens_details\":{\"image_tokens\":272}}}\n\n";
        String partial = "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"zzz\"}\n\n";
        assertThat(meter("/v1/images/generations",
                partial + event.formatted("a".repeat(70_000)) + partial + event.formatted("b")))
                .isEqualTo("Reported {tokens_in=20, tokens_out=544, images_generated=2, image_out=544}");
    }

    @Test
    void speechAsEventsTellsItsTokens() {
        assertThat(meter("/v1/audio/speech", "data: {\"type\":\"speech.audio.delta\",\"audio\":\"xx\"}\n\n"
                + "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":14,\"output_tokens\":101,"
                + "\"total_tokens\":115}}\n\n"))
                .isEqualTo("Reported {tokens_in=14, tokens_out=101, audio_out=101}");
        assertThat(meter("/v1/audio/speech", "RIFF\0\1\2 {\"usage\":1}")).startsWith("Missing");
    }

    private static String meter(String path, String answer) {
        byte[] bytes = answer.getBytes(UTF_8);
        try (var meter = new StreamMeter(Dialects.of("openai", "POST", path), 200, null, null, new Tokenizers(),
                null)) {
            meter.accept(bytes, 0, bytes.length);
            return switch (meter.finish(true)) {
                case UsageReading.Reported(Quantities all) -> "Reported " + all;
                case UsageReading other -> other.getClass().getSimpleName();
            };
        }
    }
}
