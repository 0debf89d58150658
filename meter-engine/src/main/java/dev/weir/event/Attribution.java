package dev.weir.event;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the client said a call was for: the `X-Weir-*` headers. Never sent upstream, never trusted to name a tenant.
///
/// @param tags at most 16 pairs, in the client's order
public record Attribution(@Nullable String run, @Nullable String step, @Nullable String ticket,
        @Nullable String costCenter,
        Map<String, String> tags) {
    public static final Attribution NONE = new Attribution(null, null, null, null, Map.of());
    public static final int TAGS_MAX = 16;
    /// Characters in each value; longer ones are refused with 400 rather than cut.
    public static final int LENGTH_MAX = 128;
}
