package dev.weir.rating;

import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.Set;
import java.util.regex.Pattern;

/// What Google bills of its searches: up to Gemini 2.5 each prompt that was grounded, however many queries the model made for
/// it; from Gemini 3 on each query (Gemini API, "Gemini Developer API pricing", note on grounding; read 2026-11). The meter
/// counts queries.
final class GroundedPrompts {
    private static final Set<String> GOOGLE = Set.of("google", "vertex");
    private static final Pattern BY_THE_PROMPT = Pattern.compile("(.*/)?gemini-[12][.-].*");

    private GroundedPrompts() {}

    static Quantities billed(Sku sku, Quantities used) {
        boolean several = used.amount(Meter.SEARCHES) > 1;
        return several && GOOGLE.contains(sku.provider()) && BY_THE_PROMPT.matcher(sku.model()).matches()
                ? used.with(all -> all.set(Meter.SEARCHES, 1, used.provenance(Meter.SEARCHES)))
                : used;
    }
}
