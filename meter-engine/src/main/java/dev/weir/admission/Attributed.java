package dev.weir.admission;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Whom or what the client says a call is for, as far as limits can name it.
///
/// @param user `X-Weir-User`; a key bound to a user overrides it
public record Attributed(@Nullable String user, @Nullable String run, Map<String, String> tags) {
    public static final Attributed NONE = new Attributed(null, null, Map.of());

    public Attributed {
        tags = Map.copyOf(tags);
    }
}
