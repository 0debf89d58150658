package dev.weir.rating;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.money.Money;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceBookTest {
    private static final PriceBook SHIPPED = PriceBook.shipped();
    private static final Instant SUMMER_2026 = Instant.parse("2026-07-01T12:00:00Z");

    /// `tokens_in=1000 cache_read=400`
    static Quantities quantities(String text) {
        var builder = Quantities.builder();
        for (String part : text.strip().split("\\s+")) {
            String[] sides = part.split("=");
            builder.reported(Meter.byId(sides[0]).orElseThrow(), Long.parseLong(sides[1]));
        }
        return builder.build();
    }

    private static String rate(PriceBook book, Sku sku, String used, Instant at) {
        return rate(book, null, sku, used, at);
    }

    private static String rate(PriceBook book, @org.jspecify.annotations.Nullable String tenant, Sku sku, String used,
            Instant at) {
        return switch (book.rate(tenant, sku, quantities(used), at)) {
            case Rating.Rated(var cost) -> cost.toString();
            case Rating.Unpriced(String reason) -> "unpriced: " + reason;
        };
    }

    /// Above 200,000 tokens of input it costs double; of a batch each request's counts, not their sum.
    @ParameterizedTest
    @CsvSource({"1,600001,1.800003", "2,600001,1.800003", "3,600001,1.800003", "4,600001,0.9000015", "3,600000,0.9"})
    void theLongContextPriceOfASumGoesByItsMeanRequest(long requests, long tokensIn, String cost) {
        var sku = new Sku("anthropic", "claude-sonnet-4-5-20250929", null, "batch");
        var used = Quantities.builder().reported(Meter.TOKENS_IN, tokensIn).reported(Meter.TOKENS_OUT, 0).build();
        assertThat(SHIPPED.rate(null, sku, used, requests, SUMMER_2026))
                .isEqualTo(new Rating.Rated(Money.ofUsd(new BigDecimal(cost))));
    }

    /// Gemini 2.5: one grounded prompt at 3.5 cents; Gemini 3: three queries at 1.4 cents; other providers: as counted.
    @ParameterizedTest
    @CsvSource({"google,gemini-2.5-flash,0.035", "vertex,gemini-2.0-flash,0.035", "google,gemini-3-flash-preview,0.042",
        "google,gemini-3.5-flash,0.042", "anthropic,claude-sonnet-4-5-20250929,0.03"})
    void googlesOlderModelsBillAGroundedPromptAndTheLaterOnesEachQuery(String provider, String model, String cost) {
        assertThat(rate(SHIPPED, Sku.of(provider, model), "tokens_in=0 tokens_out=0 searches=3", SUMMER_2026))
                .isEqualTo(cost);
    }

    /// Each worked out by hand from the providers' list: usage in, dollars out.
    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    openai    | gpt-4o-2024-08-06          |          | 2026-07-01 | tokens_in=1000 cache_read=400 tokens_out=500                  | 0.007
                    openai    | gpt-4o-mini                |          | 2026-07-01 | tokens_in=1 tokens_out=1                                      | 0.00000075
                    openai    | gpt-4o-mini                | batch    | 2026-07-01 | tokens_in=1000 tokens_out=1000                                | 0.000375
                    openai    | gpt-5-nano-2025-08-07      | batch    | 2026-07-01 | tokens_in=36 tokens_out=224 reasoning=128                     | 0.0000457
                    anthropic | claude-sonnet-4-5-20250929 | batch    | 2026-07-01 | tokens_in=361 cache_read=40 cache_write=300 cache_write_1h=200 tokens_out=7 searches=2 | 0.0208775
                    mistral   | mistral-small-latest       | batch    | 2026-07-01 | tokens_in=1000000                                             | 0.06
                    openai    | gpt-4o-mini                | priority | 2026-07-01 | tokens_in=1000 cache_read=1000 tokens_out=1000                | 0.001125
                    openai    | gpt-5                      | flex     | 2026-07-01 | tokens_in=2000 tokens_out=300 reasoning=256                   | 0.00275
                    openai    | gpt-5                      | default  | 2026-07-01 | tokens_in=2000 tokens_out=300 reasoning=256                   | 0.0055
                    openai    | gpt-4o-audio-preview       |          | 2025-12-01 | tokens_in=1000 audio_in=600 tokens_out=200 audio_out=150      | 0.0915
                    openai    | gpt-4o-audio-preview       |          | 2026-02-01 | tokens_in=1000 audio_in=600 tokens_out=200 audio_out=150      | 0.0375
                    openai    | text-embedding-3-small     |          | 2026-07-01 | tokens_in=123457                                              | 0.00246914
                    openai    | whisper-1                  |          | 2026-07-01 | seconds=61                                                    | 0.0061
                    anthropic | claude-sonnet-4-5-20250929 |          | 2026-07-01 | tokens_in=10000 cache_read=6000 cache_write=3000 cache_write_1h=1000 tokens_out=700 | 0.0288
                    anthropic | claude-sonnet-4-5-20250929 |          | 2026-07-01 | tokens_in=200000 tokens_out=1000                              | 0.615
                    anthropic | claude-sonnet-4-5-20250929 |          | 2026-07-01 | tokens_in=200001 tokens_out=1000                              | 1.222506
                    anthropic | claude-sonnet-4-5-20250929 |          | 2025-10-02 | tokens_in=200001 tokens_out=1000                              | 0.615003
                    anthropic | claude-opus-4-6            |          | 2026-07-01 | tokens_in=1000 tokens_out=100 searches=3                      | 0.0375
                    anthropic | claude-opus-4-6            | us       | 2026-07-01 | tokens_in=1000 tokens_out=100                                 | 0.00825
                    anthropic | claude-opus-4-6            | fast+us  | 2026-07-01 | tokens_in=1000 tokens_out=100                                 | 0.0495
                    google    | gemini-2.5-flash           |          | 2026-07-01 | tokens_in=1000 audio_in=500 tokens_out=90 reasoning=40        | 0.000875
                    google    | gemini-2.5-pro             | priority | 2026-07-01 | tokens_in=200001 cache_read=200000 tokens_out=10              | 0.0501525
                    google    | gemini-2.5-flash-image     |          | 2026-07-01 | tokens_in=10 tokens_out=1290 images_generated=1               | 0.038703
                    google    | gemini-2.5-flash-image     |          | 2026-07-01 | tokens_in=10 tokens_out=1300 image_out=1290 images_generated=1 | 0.038728
                    google    | imagen-4.0-ultra-generate-001 |       | 2026-07-01 | images_generated=3                                            | 0.18
                    openai    | dall-e-3                   | hd/1024x1792 | 2026-07-01 | images_generated=2                                        | 0.24
                    openai    | dall-e-3                   | standard/1024x1024 | 2026-07-01 | images_generated=1                                  | 0.04
                    openai    | dall-e-2                   | 256x256  | 2026-07-01 | images_generated=10                                           | 0.16
                    openai    | gpt-image-1                | high/1024x1024 | 2026-07-01 | tokens_in=400 image_in=350 tokens_out=4160 image_out=4160 images_generated=1 | 0.17015
                    openai    | tts-1                      |          | 2026-07-01 | characters=4096                                               | 0.06144
                    mistral   | mistral-ocr-latest         |          | 2026-07-01 | pages=3                                                       | 0.012
                    deepseek  | deepseek-chat              |          | 2025-02-06 | tokens_in=1000000 tokens_out=1000000                          | 0.42
                    deepseek  | deepseek-chat              |          | 2025-02-07 | tokens_in=1000000 tokens_out=1000000                          | 1.37
                    groq      | whisper-large-v3           |          | 2026-07-01 | seconds=60                                                    | 0.0018498
                    cohere    | rerank-english-v3.0        |          | 2026-07-01 | searches=5                                                    | 0.01
                    sandbox   | sandbox-small              |          | 2026-07-01 | tokens_in=100 tokens_out=50                                   | 0.00003
                    sandbox   | claude-anything            |          | 2026-07-01 | tokens_in=100 tokens_out=50                                   | 0.00015
                    """)
    void usageCostsWhatTheListSays(String provider, String model, String tier, String day, String used, String usd) {
        var sku = new Sku(provider, model, null, tier);
        assertThat(rate(SHIPPED, sku, used, Instant.parse(day + "T12:00:00Z"))).isEqualTo(usd);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            openai    | openai/gpt-4o-mini                     | 0.15
            google    | models/gemini-2.5-pro                  | 1.25
            google    | gemini-2.5-pro-latest                  | 1.25
            anthropic | claude-sonnet-4-5                      | 3
            anthropic | claude-sonnet-4-5-latest               | 3
            anthropic | claude-sonnet-4-5@20250929             | 3
            openai    | gpt-4o-mini-2031-01-01                 | 0.15
            openai    | ft:gpt-4o-mini-2024-07-18:acme::abc123 | 0.3
            groq      | llama-3.3-70b-versatile                | 0.59
            """)
    void aModelsNameIsFoundByRule(String provider, String model, String usdPerMillion) {
        String perHundredThousand = new BigDecimal(usdPerMillion).movePointLeft(1).toPlainString();
        assertThat(rate(SHIPPED, Sku.of(provider, model), "tokens_in=100000", SUMMER_2026))
                .isEqualTo(perHundredThousand);
    }

    @Test
    void whatTheListDoesNotKnowIsUnpricedNeverFree() {
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-99"), "tokens_in=1", SUMMER_2026))
                .isEqualTo("unpriced: the list has no price for openai/gpt-99 at that time");
        assertThat(rate(SHIPPED, Sku.of("nobody", "gpt-4o"), "tokens_in=1", SUMMER_2026)).startsWith("unpriced");
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-5"), "tokens_in=1", Instant.parse("2025-08-06T23:59:59Z")))
                .startsWith("unpriced");
        assertThat(rate(SHIPPED, Sku.of("openai", "whisper-1"), "tokens_in=5", SUMMER_2026))
                .isEqualTo("unpriced: the list has no price for tokens_in of openai/whisper-1");
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-4o"), "calls=1 searches=0", SUMMER_2026))
                .isEqualTo("unpriced: the list has no price for tokens of openai/gpt-4o");
        assertThat(rate(SHIPPED, Sku.of("openai", "dall-e-3"), "calls=1", SUMMER_2026)).startsWith("unpriced");
        assertThat(rate(SHIPPED, Sku.of("openai", ""), "tokens_in=5", SUMMER_2026)).startsWith("unpriced");
        assertThat(rate(SHIPPED, Sku.of("openai", "/".repeat(300)), "tokens_in=5", SUMMER_2026)).startsWith("unpriced");
    }

    @Test
    void anExplicitZeroCostsZero() {
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-4o"), "tokens_in=0 tokens_out=0", SUMMER_2026)).isEqualTo("0");
        assertThat(rate(SHIPPED, Sku.of("openai", "dall-e-3"), "images_generated=0", SUMMER_2026)).isEqualTo("0");
    }

    @Test
    void aListNamesTheModelsItHasARowForAtThatTime() {
        assertThat(SHIPPED.lists("openai", "gpt-4o", SUMMER_2026)).isTrue();
        assertThat(SHIPPED.lists("openai", "gpt-99", SUMMER_2026)).isFalse();
        assertThat(SHIPPED.lists("openai", "gpt-5", Instant.parse("2025-08-06T23:59:59Z"))).isFalse();
    }

    @Test
    void aCostThatDoesNotFitIsUnpricedAndThrowsNothing() {
        String most = "tokens_in=" + Long.MAX_VALUE + " tokens_out=" + Long.MAX_VALUE;
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-4o"), most, SUMMER_2026)).contains("does not fit");
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-4o"),
                "tokens_in=1 cache_read=" + Long.MAX_VALUE + " cache_write=" + Long.MAX_VALUE, SUMMER_2026))
                .contains("does not fit");
    }

    @Test
    void negativeAndContradictoryQuantitiesNeverCostLessThanNothing() {
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-4o"), "tokens_in=-5 tokens_out=-7", SUMMER_2026)).isEqualTo("0");
        assertThat(rate(SHIPPED, Sku.of("openai", "gpt-4o"), "tokens_in=10 cache_read=400", SUMMER_2026))
                .isEqualTo("0.0005");
    }

    @Test
    void aRegionHasItsOwnPriceWhereTheListSaysSo() {
        var usual = Sku.of("azure", "gpt-4o-mini");
        var global = new Sku("azure", "gpt-4o-mini", "global-standard", null);
        var elsewhere = new Sku("azure", "gpt-4o-mini", "mars-west", null);
        assertThat(rate(SHIPPED, usual, "tokens_in=1000000", SUMMER_2026)).isEqualTo("0.165");
        assertThat(rate(SHIPPED, global, "tokens_in=1000000", SUMMER_2026)).isEqualTo("0.15");
        assertThat(rate(SHIPPED, elsewhere, "tokens_in=1000000", SUMMER_2026)).isEqualTo("0.165");
    }

    @Test
    void aTenantsOwnPriceComesBeforeEverybodys() throws IOException {
        PriceBook book = SHIPPED.plus(
                read("""
                        {"schema":1,"version":"acme-1","as_of":"2026-08-02","currency":"USD","source":"contract","rows":[
                        {"tenant":"acme","provider":"openai","model":"gpt-4o","from":"2026-07-01","prices":{"input":"1","output":"2"}}]}
                        """),
                "list+acme-1");
        var sku = Sku.of("openai", "gpt-4o");
        assertThat(book.version()).isEqualTo("list+acme-1");
        assertThat(rate(book, "acme", sku, "tokens_in=1000000", SUMMER_2026)).isEqualTo("1");
        assertThat(rate(book, "acme", sku, "tokens_in=1000000", Instant.parse("2026-06-30T23:59:59Z")))
                .isEqualTo("2.5");
        assertThat(rate(book, "other", sku, "tokens_in=1000000", SUMMER_2026)).isEqualTo("2.5");
        assertThat(rate(book, sku, "tokens_in=1000000", SUMMER_2026)).isEqualTo("2.5");
    }

    @Test
    void pricesFinerThanAPicoDollarAreRoundedOnceHalfUp() throws IOException {
        PriceBook book = read(
                """
                        {"schema":1,"version":"v","as_of":"2026-08-02","currency":"USD","source":"s","rows":[
                        {"provider":"p","model":"m","prices":{"input":"0.0000015","output":"0.0000005"},"multipliers":{"us":"1.1"}}]}
                        """);
        assertThat(rate(book, Sku.of("p", "m"), "tokens_in=1 tokens_out=1", SUMMER_2026)).isEqualTo("0.000000000002");
        assertThat(rate(book, Sku.of("p", "m"), "tokens_in=1", SUMMER_2026)).isEqualTo("0.000000000002");
        assertThat(rate(book, Sku.of("p", "m"), "tokens_out=1", SUMMER_2026)).isEqualTo("0.000000000001");
        assertThat(rate(book, new Sku("p", "m", null, "us"), "tokens_in=3", SUMMER_2026)).isEqualTo("0.000000000005");
    }

    @Test
    void theShippedListSaysWhatItIs() {
        assertThat(SHIPPED.version()).isEqualTo("list-2026-08-01-2");
        assertThat(SHIPPED.asOf()).isEqualTo("2026-08-01");
        assertThat(SHIPPED.source()).contains("not an offer");
        assertThat(SHIPPED.size()).isGreaterThan(1_700);
        assertThat(SHIPPED.facts(Sku.of("openai", "gpt-4o"), SUMMER_2026)).isEqualTo(new ModelFacts(128_000, 16_384));
        assertThat(SHIPPED.facts(Sku.of("openai", "gpt-99"), SUMMER_2026)).isEqualTo(ModelFacts.NONE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"schema":2}                                                     | schema 1
            {"schema":1,"currency":"EUR"}                                    | currency USD
            {"schema":1,"version":"v","surprise":1}                          | 'surprise'
            {"version":"v","rows":[{"provider":"p","model":"m","prices":{"imput":"1"}}]}   | 'imput'
            {"version":"v","rows":[{"provider":"p","model":"m","prices":{"input":"-1"}}]}  | 0 or more
            {"version":"v","rows":[{"provider":"p","model":"m","prices":{"input":"x"}}]}   | 'x'
            {"version":"v","rows":[{"provider":"p","model":"m","prices":{"input":2.5}}]}   | a text
            {"version":"v","rows":[{"provider":"p","model":"m","from":"soon"}]}            | 'soon'
            {"version":"v","rows":[{"provider":"p","model":"m","prices":{"input":"1e30"}}]} | does not fit
            {"version":"v","rows":[{"provider":"p"}]}                        | a provider and a model
            {"rows":[]}                                                      | a version
            """)
    void aWrongPriceFileIsRefusedWithTheReason(String file, String reason) {
        assertThatThrownBy(() -> read(file)).isInstanceOf(IOException.class).hasMessageContaining(reason);
    }

    static PriceBook read(String json) throws IOException {
        return PriceBook.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
    }
}
