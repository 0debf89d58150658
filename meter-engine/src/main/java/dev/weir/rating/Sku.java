package dev.weir.rating;

import org.jspecify.annotations.Nullable;

/// What a provider sells: the part of a usage event that chooses the price. (FOCUS calls it so.)
///
/// @param provider `openai`, `anthropic`, …, or `sandbox`
/// @param model as on the wire; hostile text
/// @param region where the price depends on it (a Bedrock region, an Azure geography), else null
/// @param serviceTier what the request asked for or the answer names: `batch`, `flex`, `priority`, also the options that
///        multiply prices (`us`, `fast`), joined by `+` where there are several; anything else, or null, is the usual price
public record Sku(String provider, String model, @Nullable String region, @Nullable String serviceTier) {
    public static Sku of(String provider, String model) {
        return new Sku(provider, model, null, null);
    }
}
