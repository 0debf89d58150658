package dev.weir.admission;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An answer instead of the upstream's: it knows its status, its headers and what a client may read.
///
/// @param retryAfterSeconds whole seconds until it may go better, or [#NEVER]
/// @param message what, why and what to do; never a secret
/// @param limitId the limit that refused, null where none did
/// @param used settled and reserved of that limit, in its unit
/// @param amount the limit itself
/// @param resetAt when its window ends, null where it does not
public record Refusal(RefusalCode code, long retryAfterSeconds, String message, @Nullable String limitId, long used,
        long amount, @Nullable Instant resetAt) {
    public static final long NEVER = -1;

    /// A refusal that no limit made.
    public static Refusal of(RefusalCode code, String message) {
        return new Refusal(code, NEVER, message, null, 0, 0, null);
    }

    /// A refusal that no limit made and that may pass.
    public static Refusal of(RefusalCode code, String message, long retryAfterSeconds) {
        return new Refusal(code, retryAfterSeconds, message, null, 0, 0, null);
    }

    public int status() {
        return code.status();
    }
}
