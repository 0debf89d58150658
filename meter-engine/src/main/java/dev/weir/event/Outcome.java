package dev.weir.event;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How an attempt or a refusal ended: a closed set, each with a stable number for the spool.
public enum Outcome {
    /// The upstream's answer reached its end and so did the client's.
    OK(1, "ok"),
    /// The upstream answered with a status of 400 or more, or with an error inside a stream.
    UPSTREAM_ERROR(2, "upstream_error"),
    /// The upstream could not be reached, or broke off before its answer's end.
    UPSTREAM_GONE(3, "upstream_gone"),
    /// The client left before the end of its answer.
    CLIENT_GONE(4, "client_gone"),
    /// A deadline of Weir's ended the attempt.
    TIMEOUT(5, "timeout"),
    /// A cap ended a running answer.
    CUT_BY_CAP(6, "cut_by_cap"),
    /// Refused by a limit: cost 0, nothing went upstream.
    BLOCKED(7, "blocked"),
    /// Refused for another reason (bad key, bad body, spool not writable): cost 0, nothing went upstream.
    REFUSED(8, "refused"),
    /// Weir died while the attempt ran; charged by declared policy.
    INTERRUPTED(9, "interrupted");

    private static final Map<String, Outcome> BY_ID = Arrays.stream(values())
            .collect(Collectors.toUnmodifiableMap(Outcome::id, Function.identity()));

    private final int code;
    private final String id;

    Outcome(int code, String id) {
        this.code = code;
        this.id = id;
    }

    public int code() {
        return code;
    }

    public String id() {
        return id;
    }

    /// Whether something was sent upstream (or may have been, for `interrupted`): an attempt, not a refusal.
    public boolean isAttempt() {
        return this != BLOCKED && this != REFUSED;
    }

    public static Optional<Outcome> byId(String id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    /// @throws IllegalArgumentException for a code no version of Weir has used
    public static Outcome byCode(int code) {
        for (Outcome outcome : values()) {
            if (outcome.code == code) {
                return outcome;
            }
        }
        throw new IllegalArgumentException("no outcome has the code " + code);
    }

    @Override
    public String toString() {
        return id;
    }
}
