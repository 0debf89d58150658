package dev.weir.rating;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The row that applies to a sku, and what its service tier makes of it.
record Selection(PriceRow row, Sku sku) {
    /// Tiers that a provider never answers with a dearer one.
    private static final Set<String> NEVER_DEARER = Set.of("default", "standard", "standard_only", "flex", "batch",
            "on_demand");
    private static final String BATCH = "batch";
    /// They charge half of the usual price for each token of a batch: OpenAI, Azure OpenAI, Anthropic, Google and Groq, each on
    /// its page about batches (read 2026-11).
    private static final Set<String> BATCH_AT_HALF = Set.of("openai", "azure", "anthropic", "google", "gemini",
            "vertex",
            "groq");
    /// An option that no provider turns on by itself.
    private static final String ONLY_IF_ASKED = "fast";

    /// The tariff of the named service tier; the standard one where there is no such price, or half of it for a batch where the
    /// provider says so for all its models and the list leaves it out.
    Tariff tariff() {
        for (String option : options()) {
            Tariff tariff = row.services().get(option);
            if (tariff != null) {
                return tariff;
            }
        }
        return options().contains(BATCH) && BATCH_AT_HALF.contains(row.provider())
                ? row.standard().tokensAtHalf()
                : row.standard();
    }

    List<BigDecimal> factors() {
        if (row.multipliers().isEmpty()) {
            return List.of();
        }
        var factors = new ArrayList<BigDecimal>();
        for (String option : options()) {
            BigDecimal factor = row.multipliers().get(option);
            if (factor != null) {
                factors.add(factor);
            }
        }
        return factors;
    }

    /// Every tariff the answer may come at: the provider may choose, unless the request did.
    List<Tariff> possibleTariffs() {
        if (row.services().isEmpty()) {
            return List.of(row.standard());
        }
        var possible = new ArrayList<Tariff>();
        possible.add(row.standard());
        boolean chosen = options().stream().anyMatch(NEVER_DEARER::contains);
        if (!chosen) {
            possible.addAll(row.services().values());
        }
        return possible;
    }

    List<BigDecimal> possibleFactors() {
        if (row.multipliers().isEmpty()) {
            return List.of();
        }
        List<String> asked = options();
        var factors = new ArrayList<BigDecimal>();
        row.multipliers().forEach((option, factor) -> {
            boolean lessens = factor.compareTo(BigDecimal.ONE) < 0;
            if (!lessens && (!option.equals(ONLY_IF_ASKED) || asked.contains(option))) {
                factors.add(factor);
            }
        });
        return factors;
    }

    private List<String> options() {
        String tier = sku.serviceTier();
        return tier == null ? List.of() : List.of(tier.split("\\+"));
    }
}
