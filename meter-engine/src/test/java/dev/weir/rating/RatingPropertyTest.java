package dev.weir.rating;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weir.money.Money;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The list again, read as a tree and worked out in decimals, beside the real thing.
class RatingPropertyTest {
    private static final PriceBook SHIPPED = PriceBook.shipped();
    private static final long SEED = Long.getLong("weir.seed", 15);

    private static List<JsonNode> rows() throws IOException {
        try (var file = PriceBook.class.getResourceAsStream("price-book.json")) {
            var rows = new ArrayList<JsonNode>();
            new ObjectMapper().readTree(file).get("rows").forEach(rows::add);
            rows.removeIf(row -> row.has("region") || !row.get("prices").has("input")
                    || !row.get("prices").has("output"));
            return rows;
        }
    }

    private static Instant within(JsonNode row) {
        LocalDate day = row.has("from")
                ? LocalDate.parse(row.get("from").asText())
                : row.has("to") ? LocalDate.parse(row.get("to").asText()).minusDays(1) : LocalDate.of(2026, 8, 1);
        return day.atTime(23, 59).toInstant(ZoneOffset.UTC);
    }

    /// Whose batches cost half where the list names no price of theirs.
    private static final Set<String> AT_HALF = Set.of("openai", "azure", "anthropic", "google", "gemini", "vertex",
            "groq");

    @Test
    void everyRowRatesAsDecimalsDo() throws IOException {
        var random = new Random(SEED);
        List<JsonNode> rows = rows();
        for (int i = 0; i < 30_000; i++) {
            JsonNode row = rows.get(i % rows.size());
            String tier = random.nextInt(3) == 0
                    ? List.of("batch", "flex", "priority", "us").get(random.nextInt(4))
                    : null;
            Quantities used = usage(random);
            var sku = new Sku(row.get("provider").asText(), row.get("model").asText(), null, tier);
            String where = "seed " + SEED + ": " + sku + " " + used;
            assertThat(SHIPPED.rate(null, sku, used, within(row))).as(where)
                    .isEqualTo(new Rating.Rated(expected(row, tier, used)));
        }
    }

    @Test
    void theUpperBoundIsNeverBelowWhatACallWithinItCosts() throws IOException {
        var random = new Random(SEED);
        List<JsonNode> rows = rows();
        for (int i = 0; i < 30_000; i++) {
            JsonNode row = rows.get(i % rows.size());
            Quantities used = usage(random);
            var asked = Sku.of(row.get("provider").asText(), row.get("model").asText());
            String answered = random.nextBoolean() ? null : List.of("flex", "priority", "us").get(random.nextInt(3));
            var bound = SHIPPED.upperBound(null, asked, used.amount(Meter.TOKENS_IN) + random.nextInt(50), used,
                    used.has(Meter.AUDIO_IN), within(row));
            assertThat(bound).isInstanceOf(CostBound.Bounded.class);
            var bounded = (CostBound.Bounded) bound;
            var rated = (Rating.Rated) SHIPPED.rate(null,
                    new Sku(asked.provider(), asked.model(), null, answered), used, within(row));
            assertThat(bounded.fixedPicos() + bounded.picosPerOutputToken() * used.amount(Meter.TOKENS_OUT))
                    .as("seed %d: %s answered at %s: %s", SEED, asked, answered, used)
                    .isGreaterThanOrEqualTo(rated.cost().picos());
        }
    }

    private static Quantities usage(Random random) {
        long in = random.nextInt(random.nextBoolean() ? 400_000 : 3_000);
        long out = random.nextInt(10_000);
        long read = random.nextInt((int) in + 1);
        long write = random.nextInt((int) (in - read) + 1);
        var used = Quantities.builder().reported(Meter.TOKENS_IN, in).reported(Meter.TOKENS_OUT, out);
        if (random.nextBoolean()) {
            used.reported(Meter.CACHE_READ, read)
                    .reported(Meter.CACHE_WRITE, write)
                    .reported(Meter.CACHE_WRITE_1H, write / 3);
        } else if (random.nextBoolean()) {
            used.reported(Meter.AUDIO_IN, in / 2).reported(Meter.AUDIO_OUT, out / 4);
        }
        if (random.nextBoolean()) {
            used.reported(Meter.REASONING, out / 2);
        }
        if (random.nextInt(3) == 0) {
            used.reported(Meter.IMAGE_IN, in / 3).reported(Meter.IMAGE_OUT, out / 4).reported(Meter.PAGES, 2);
        }
        return used.build();
    }

    private static Money expected(JsonNode row, @Nullable String tier, Quantities used) {
        long in = used.amount(Meter.TOKENS_IN);
        long read = used.amount(Meter.CACHE_READ);
        long write = used.amount(Meter.CACHE_WRITE);
        long write1h = used.amount(Meter.CACHE_WRITE_1H);
        BigDecimal audioInPrice = price(row, tier, in, "audio_in");
        BigDecimal audioOutPrice = price(row, tier, in, "audio_out");
        BigDecimal reasoningPrice = price(row, tier, in, "reasoning");
        long reasoning = reasoningPrice == null ? 0 : used.amount(Meter.REASONING);
        long out = Math.max(0, used.amount(Meter.TOKENS_OUT) - reasoning);
        long audioIn = audioInPrice == null ? 0 : Math.min(in - read - write, used.amount(Meter.AUDIO_IN));
        long audioOut = audioOutPrice == null ? 0 : Math.min(out, used.amount(Meter.AUDIO_OUT));
        BigDecimal imageInPrice = price(row, tier, in, "image_token_in");
        BigDecimal imageOutPrice = price(row, tier, in, "image_token_out");
        long imageIn = imageInPrice == null ? 0 : Math.min(in - read - write - audioIn, used.amount(Meter.IMAGE_IN));
        long imageOut = imageOutPrice == null ? 0 : Math.min(out - audioOut, used.amount(Meter.IMAGE_OUT));
        BigDecimal input = or(price(row, tier, in, "input"), null);
        BigDecimal writePrice = or(price(row, tier, in, "cache_write"), input);
        BigDecimal sum = times(input, in - read - write - audioIn - imageIn)
                .add(times(or(price(row, tier, in, "cache_read"), input), read))
                .add(times(writePrice, write - write1h))
                .add(times(or(price(row, tier, in, "cache_write_1h"), writePrice), write1h))
                .add(times(or(audioInPrice, BigDecimal.ZERO), audioIn))
                .add(times(or(imageInPrice, BigDecimal.ZERO), imageIn))
                .add(times(or(imageOutPrice, BigDecimal.ZERO), imageOut))
                .add(or(price(row, tier, in, "page_each"), BigDecimal.ZERO)
                        .multiply(BigDecimal.valueOf(used.amount(Meter.PAGES))))
                .add(times(or(price(row, tier, in, "output"), null),
                        out - audioOut - imageOut))
                .add(times(or(reasoningPrice, BigDecimal.ZERO), reasoning))
                .add(times(or(audioOutPrice, BigDecimal.ZERO), audioOut));
        if (tier != null && row.has("multipliers") && row.get("multipliers").has(tier)) {
            sum = sum.multiply(new BigDecimal(row.get("multipliers").get(tier).asText()));
        }
        return Money.ofUsd(sum.setScale(12, RoundingMode.HALF_UP));
    }

    private static BigDecimal times(BigDecimal perMillion, long tokens) {
        return perMillion.multiply(BigDecimal.valueOf(tokens)).movePointLeft(6);
    }

    private static BigDecimal or(@Nullable BigDecimal price, @Nullable BigDecimal instead) {
        if (price != null) {
            return price;
        }
        if (instead == null) {
            throw new AssertionError("every row here has input and output");
        }
        return instead;
    }

    /// The last one that says something: prices, tiers that are exceeded, the service's prices, its tiers.
    private static @Nullable BigDecimal price(JsonNode row, @Nullable String tier, long input, String kind) {
        BigDecimal price = in(row, input, kind, null);
        if (tier != null && row.path("service").has(tier)) {
            return in(row.get("service").get(tier), input, kind, price);
        }
        boolean half = "batch".equals(tier) && AT_HALF.contains(row.get("provider").asText())
                && !kind.endsWith("_each");
        return half && price != null ? price.divide(BigDecimal.TWO) : price;
    }

    private static @Nullable BigDecimal in(JsonNode holder, long input, String kind, @Nullable BigDecimal before) {
        BigDecimal price = before;
        if (holder.path("prices").has(kind)) {
            price = new BigDecimal(holder.get("prices").get(kind).asText());
        }
        for (JsonNode step : holder.path("tiers")) {
            if (input > step.get("input_tokens_above").asLong() && step.get("prices").has(kind)) {
                price = new BigDecimal(step.get("prices").get(kind).asText());
            }
        }
        return price;
    }
}
