package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Side;
import dev.weir.money.Money;
import dev.weir.rating.PriceBook;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What was used at another model's price is priced there, and only there.
class CallCostTest {
    private final CallCost cost = new CallCost(PriceBook.shipped(), "acme", "openai", null, null,
            Instant.parse("2026-08-01T00:00:00Z"));

    private static Quantities tokens(long in, long out) {
        return Quantities.builder().reported(Meter.TOKENS_IN, in).reported(Meter.TOKENS_OUT, out).build();
    }

    @Test
    void aSideWithAModelOfItsOwnTakesThatModelsPrice() {
        Quantities side = tokens(100, 1_000).with(all -> all.reported(Meter.IMAGES_GENERATED, 1));
        Quantities all = tokens(1_100, 3_000).with(more -> more.reported(Meter.IMAGES_GENERATED, 1));
        // gpt-5: 1.25 in, 10 out; gpt-image-1: 5 in, 40 for an image's tokens, USD per million.
        assertThat(cost.of("gpt-5", "gpt-5", all,
                List.of(new Side("image_generation", new ModelId("gpt-image-1"), side)), 1))
                .isEqualTo(Money.ofPicos(1_000 * 1_250_000L + 2_000 * 10_000_000L + 100 * 5_000_000L
                        + 1_000 * 40_000_000L));
    }

    @Test
    void aSideWithoutAModelTakesThePriceOfTheModelThatAnswered() {
        Quantities all = tokens(1_000, 0);
        assertThat(cost.of("gpt-5", null, all, List.of(new Side("compaction", null, tokens(400, 0))), 1))
                .isEqualTo(cost.of("gpt-5", null, all, List.of(), 1));
    }

    @Test
    void aSideWithoutAPriceLeavesTheCallUnpriced() {
        assertThat(cost.of("gpt-5", "gpt-5", tokens(1_000, 10),
                List.of(new Side("advisor", new ModelId("nobody-knows"), tokens(400, 0))), 1)).isNull();
    }

    @Test
    void theModelAskedForStandsInWhereTheOneThatAnsweredHasNoPrice() {
        assertThat(cost.of("my-deployment", "gpt-5", tokens(1_000, 0), List.of(), 1))
                .isEqualTo(Money.ofPicos(1_000 * 1_250_000L));
    }
}
