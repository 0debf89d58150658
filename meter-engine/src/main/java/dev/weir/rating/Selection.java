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
    /// An option that no provider turns on by itself.
    private static final String ONLY_IF_ASKED = "fast";

    /// The tariff of the named service tier; the standard one where there is no such price.
    Tariff tariff() {
        for (String option : options()) {
            Tariff tariff = row.services().get(option);
            if (tariff != null) {
                return tariff;
            }
        }
        return row.standard();
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
