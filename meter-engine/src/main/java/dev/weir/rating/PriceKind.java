package dev.weir.rating;

import dev.weir.money.UnitPrice;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The columns of a price list, by the names of the price file; per million tokens or characters, or per single unit (`…_each`).
enum PriceKind {
    INPUT,
    OUTPUT,
    CACHE_READ,
    /// Lifetime of five minutes, where the provider tells lifetimes apart.
    CACHE_WRITE,
    CACHE_WRITE_1H,
    /// Where it differs from `output`.
    REASONING,
    AUDIO_IN,
    AUDIO_OUT,
    /// Images in the input, where they cost another price than text.
    IMAGE_TOKEN_IN,
    /// Images in the output.
    IMAGE_TOKEN_OUT,
    /// Characters of text to speak.
    CHARACTER_IN,
    IMAGE_OUT_EACH,
    SECOND_IN_EACH,
    SECOND_OUT_EACH,
    AUDIO_SECOND_IN_EACH,
    SEARCH_MEDIUM_EACH,
    QUERY_EACH,
    REQUEST_EACH,
    PAGE_EACH;

    static final int COUNT = values().length;
    private static final Map<String, PriceKind> BY_ID = Arrays.stream(values())
            .collect(Collectors.toUnmodifiableMap(PriceKind::id, Function.identity()));

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean isOfTokens() {
        return unitsPerListedPrice() == UnitPrice.MILLION && this != CHARACTER_IN;
    }

    long unitsPerListedPrice() {
        return name().endsWith("_EACH") ? 1 : UnitPrice.MILLION;
    }

    static Optional<PriceKind> byId(String id) {
        return Optional.ofNullable(BY_ID.get(id));
    }
}
