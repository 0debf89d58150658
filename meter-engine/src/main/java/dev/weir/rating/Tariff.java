package dev.weir.rating;

import java.util.List;

/// The prices of one service tier, by how long the input is.
///
/// @param usual up to the first threshold
/// @param steps above a threshold, rising; each holds the complete prices for the whole request
record Tariff(Prices usual, List<Step> steps) {
    /// @param inputTokensAbove exclusive
    record Step(long inputTokensAbove, Prices prices) {}

    Tariff {
        steps = List.copyOf(steps);
    }

    /// The same with every price of tokens halved; searches, images and seconds cost what they do.
    Tariff tokensAtHalf() {
        return new Tariff(usual.tokensAtHalf(), steps.stream()
                .map(step -> new Step(step.inputTokensAbove, step.prices.tokensAtHalf()))
                .toList());
    }

    Prices at(long inputTokens) {
        Prices prices = usual;
        for (Step step : steps) {
            if (inputTokens <= step.inputTokensAbove) {
                break;
            }
            prices = step.prices;
        }
        return prices;
    }
}
