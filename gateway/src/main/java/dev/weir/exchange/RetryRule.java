package dev.weir.exchange;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;

/// Weir's own retries (design §2): at most two attempts, and none where the client already retries.
///
/// A GET is tried again when no connection could be had and on 429, 502, 503, 504; anything else only when no connection
/// could be had, on 429, and on 503 with `Retry-After`. A wait longer than [#WAIT_MAX_MILLIS] is the client's to decide:
/// the answer goes through.
final class RetryRule {
    static final long WAIT_MAX_MILLIS = 5_000;
    static final long WAIT_DEFAULT_MILLIS = 200;
    static final long NO_RETRY = -1;
    /// For a call of which nothing is known yet.
    static final RetryRule NEVER = new RetryRule(false, true, 0);

    private final boolean idempotent;
    private final boolean clientRetries;
    private final int retriesMax;

    private RetryRule(boolean idempotent, boolean clientRetries, int retriesMax) {
        this.idempotent = idempotent;
        this.clientRetries = clientRetries;
        this.retriesMax = retriesMax;
    }

    /// @param retriesMax what the route allows, 0 or 1
    static RetryRule of(HttpMethod method, MultiMap headers, int retriesMax) {
        boolean clientRetries = ClientRetries.areItsOwn(headers);
        return new RetryRule(method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD), clientRetries,
                retriesMax);
    }

    /// After `attempt` found no connection: milliseconds to wait before the next one, or [#NO_RETRY].
    long afterNoConnection(int attempt) {
        return mayTryAgain(attempt) ? 0 : NO_RETRY;
    }

    /// After `attempt` was answered with `status`: milliseconds to wait before the next one, or [#NO_RETRY].
    ///
    /// @param retryAfterSeconds -1 where the answer did not say
    long afterAnswer(int attempt, int status, long retryAfterSeconds) {
        boolean retryable = switch (status) {
            case 429 -> true;
            case 503 -> idempotent || retryAfterSeconds >= 0;
            case 502, 504 -> idempotent;
            default -> false;
        };
        if (!retryable || !mayTryAgain(attempt) || retryAfterSeconds > WAIT_MAX_MILLIS / 1000) {
            return NO_RETRY;
        }
        return retryAfterSeconds >= 0 ? retryAfterSeconds * 1000 : WAIT_DEFAULT_MILLIS;
    }

    private boolean mayTryAgain(int attempt) {
        return attempt <= retriesMax && !clientRetries;
    }
}
