package dev.weir.admission;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Why a call is refused or ended by Weir: a closed list, part of every face (bodies, events, metrics).
///
/// A call with several faults gets the first of them in the order of [Stage], which is also the order of declaration here.
public enum RefusalCode {
    /// The process has no room for another call: early and cheaply.
    OVERLOADED(Stage.HEAD, 503, "overloaded"),
    /// The request's head has two readings, or none.
    BAD_HEAD(Stage.HEAD, 400, "bad_head"),
    HEAD_TOO_LARGE(Stage.HEAD, 431, "head_too_large"),

    ROUTE_UNKNOWN(Stage.ROUTE, 404, "route_unknown"),

    KEY_MISSING(Stage.KEY, 401, "key_missing"),
    /// Two different Weir keys in one request.
    KEYS_CONFLICT(Stage.KEY, 400, "keys_conflict"),
    KEY_UNKNOWN(Stage.KEY, 401, "key_unknown"),
    KEY_REVOKED(Stage.KEY,
            401, "key_revoked"),
    /// The snapshot of keys is older than its limit, so nobody can be trusted.
    DIRECTORY_STALE(Stage.KEY, 503, "directory_stale"),

    METHOD_NOT_ALLOWED(Stage.PLAN, 405, "method_not_allowed"),
    /// A page, or a host name, that an MCP route does not list.
    ORIGIN_REFUSED(Stage.PLAN, 403, "origin_refused"),
    /// An MCP session that another key opened: as if it were not there.
    SESSION_UNKNOWN(Stage.PLAN, 404, "session_unknown"),
    PLAN_FORBIDS(Stage.PLAN, 403, "plan_forbids"),

    BODY_TOO_LARGE(Stage.BODY, 413, "body_too_large"),
    BODY_TOO_SLOW(Stage.BODY, 408, "body_too_slow"),
    BAD_REQUEST(
            Stage.BODY, 400, "bad_request"),
    /// A webhook whose sender did not show that it knows the secret.
    SIGNATURE_INVALID(Stage.BODY, 401, "signature_invalid"),
    /// A webhook route names a tenant that is not there (yet): its sender will try again.
    TENANT_UNKNOWN(Stage.BODY, 503, "tenant_unknown"),

    /// A blocking cost limit applies and the model has no price.
    UNPRICED_MODEL(Stage.LIMITS, 403, "unpriced_model"),
    /// A hard cap applies and nothing bounds what the call may use.
    UNBOUNDED_REQUEST(Stage.LIMITS, 403, "unbounded_request"),
    /// Too many calls at the same time.
    CONCURRENCY_EXCEEDED(Stage.LIMITS, 429, "concurrency_exceeded"),
    /// A limit per minute.
    RATE_EXCEEDED(Stage.LIMITS, 429, "rate_exceeded"),
    /// A limit per hour, day, month or in total.
    CAP_EXCEEDED(Stage.LIMITS, 429, "cap_exceeded"),
    /// A limit on cost.
    BUDGET_EXCEEDED(Stage.LIMITS, 429, "budget_exceeded"),
    /// This node's share is used up and nobody can be asked for more.
    CAP_UNAVAILABLE(Stage.LIMITS, 429, "cap_unavailable"),

    SPOOL_UNAVAILABLE(Stage.SPOOL, 503, "spool_unavailable"),

    UPSTREAM_CREDENTIAL_REJECTED(Stage.UPSTREAM, 502, "upstream_credential_rejected"),
    UPSTREAM_UNREACHABLE(
            Stage.UPSTREAM, 502, "upstream_unreachable"),
    UPSTREAM_TIMEOUT(Stage.UPSTREAM, 504, "upstream_timeout"),

    /// A step failed in a way nobody foresaw: closed, never open by accident.
    INTERNAL_ERROR(Stage.ANY, 500, "internal_error");

    /// When in the life of a call a refusal is decided; earlier ones win.
    public enum Stage {
        HEAD,
        ROUTE,
        KEY,
        /// Method and plan: what the head alone tells.
        PLAN,
        BODY,
        /// The ledger's own order among limits is [dev.weir.tenant.Limit#PRECEDENCE].
        LIMITS,
        SPOOL,
        UPSTREAM,
        ANY
    }

    private static final Map<String, RefusalCode> BY_ID = Arrays.stream(values())
            .collect(Collectors.toUnmodifiableMap(RefusalCode::id, Function.identity()));

    private final Stage stage;
    private final int status;
    private final String id;

    RefusalCode(Stage stage, int status, String id) {
        this.stage = stage;
        this.status = status;
        this.id = id;
    }

    public Stage stage() {
        return stage;
    }

    /// The HTTP status of the answer.
    public int status() {
        return status;
    }

    /// The stable name.
    public String id() {
        return id;
    }

    /// Whether policy stands against the call (outcome `blocked`), rather than a fault of request or system (`refused`).
    public boolean isBlock() {
        return this == PLAN_FORBIDS || stage == Stage.LIMITS;
    }

    public static Optional<RefusalCode> byId(String id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    @Override
    public String toString() {
        return id;
    }
}
