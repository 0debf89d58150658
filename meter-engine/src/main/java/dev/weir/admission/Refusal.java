package dev.weir.admission;

import dev.weir.ledger.Standing;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An answer instead of the upstream's: it knows its status, its headers and what a client may read.
///
/// @param retryAfterSeconds whole seconds until it may go better, or [#NEVER]
/// @param message what, why and what to do; never a secret
/// @param standing where the limit stood that refused, null where none did
/// @param lasting whether only a person can change it, so that trying again is useless
public record Refusal(RefusalCode code, long retryAfterSeconds, String message, @Nullable Standing standing,
        boolean lasting) {
    public static final long NEVER = -1;

    /// A refusal that no limit made.
    public static Refusal of(RefusalCode code, String message) {
        return new Refusal(code, NEVER, message, null, false);
    }

    /// A refusal that stays until a person changes something.
    public static Refusal lasting(RefusalCode code, String message) {
        return new Refusal(code, NEVER, message, null, true);
    }

    /// A refusal that no limit made and that may pass.
    public static Refusal of(RefusalCode code, String message, long retryAfterSeconds) {
        return new Refusal(code, retryAfterSeconds, message, null, false);
    }

    public int status() {
        return code.status();
    }

    /// The limit that refused, null where none did.
    public @Nullable String limitId() {
        return standing == null ? null : standing.limit().id();
    }

    /// Settled and reserved of that limit, in its unit.
    public long used() {
        return standing == null ? 0 : standing.settled() + standing.reserved();
    }

    /// The limit itself.
    public long amount() {
        return standing == null ? 0 : standing.limit().amount();
    }

    /// When the limit's window ends, null where it does not.
    public @Nullable Instant resetAt() {
        return standing == null || !standing.span().ends() ? null : standing.span().end();
    }
}
