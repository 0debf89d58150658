package dev.weir.postgres;

import dev.weir.tenant.Entity;
import dev.weir.tenant.TenantId;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An alert that was fired, and how far its delivery is.
///
/// @param id also the id of the message that tells of it, the same at each attempt
/// @param limitId a limit's, or `budget:` and a budget's
/// @param mark what was reached
/// @param actions what is done: `notify`, `log`, `block`
/// @param test whether it was asked for and nothing was reached
/// @param node which saw it
/// @param delivery how far it is
public record AlertRow(String id, TenantId tenant, String limitId, Entity entity, Mark mark, List<String> actions,
        boolean test, String node, Instant firedAt, Delivery delivery) {
    public AlertRow {
        actions = List.copyOf(actions);
    }

    /// What was reached. The amounts are dollars where the meter is cost, else whole units.
    ///
    /// @param start of the window's run, null for `total`, which has none
    /// @param end of it, exclusive
    public record Mark(String meter, String window, @Nullable Instant start, @Nullable Instant end, int percent,
            BigDecimal amount, BigDecimal settled, BigDecimal reserved) {}

    /// How far a delivery is.
    ///
    /// @param attempts begun
    /// @param status of the last answer, null where none came
    /// @param error of the last attempt, null where it went well or none was made
    public record Delivery(State state, int attempts, @Nullable Instant nextAttemptAt, @Nullable Instant lastAttemptAt,
            @Nullable Integer status, @Nullable String error, @Nullable Instant deliveredAt) {}

    /// How far a delivery can be.
    public enum State {
        /// There is nowhere to send it.
        RECORDED,
        /// It is to be sent, or being sent.
        PENDING,
        /// Somebody took it.
        DELIVERED,
        /// It was given up: a dead letter.
        DEAD;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<State> byId(String id) {
            return Arrays.stream(values()).filter(state -> state.id().equals(id)).findFirst();
        }
    }
}
