package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.config.Credential;
import dev.weir.route.NormalPath;
import io.vertx.core.http.HttpServerRequest;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a client is told where the call itself is the reason, or Weir: why, and what to do.
final class CallRefusals {
    private static final long SOON_SECONDS = 1;
    private static final long SHED_SECONDS = 10;

    private CallRefusals() {}

    /// What the head alone tells about a call whose route and tenant are known; null where nothing stands against it.
    static @Nullable Refusal byHead(Call call, NormalPath.Normal target, HttpServerRequest request) {
        if (!call.config().methods().contains(call.method)) {
            return Refusal.of(RefusalCode.METHOD_NOT_ALLOWED, "Route '" + call.routeName() + "' takes "
                    + String.join(", ", new TreeSet<>(call.config().methods())) + ", not this method.");
        }
        if (target.encodedSlash() && !call.config().encodedSlash()) {
            return Refusal.of(RefusalCode.BAD_REQUEST, "The path holds an encoded slash (%2F), which route '"
                    + call.routeName()
                    + "' does not take. Have encoded-slash: pass set where its upstream wants them.");
        }
        return call.mcp == null ? null : call.mcp.byHead(call.config().mcp(), request, call.key());
    }

    static Refusal bodyTooLarge(long most) {
        return Refusal.of(RefusalCode.BODY_TOO_LARGE, "The request body is larger than the " + most
                + " bytes that this route takes. Send less, or have body-max raised.");
    }

    static Refusal allBodiesTooLarge() {
        return Refusal.of(RefusalCode.OVERLOADED,
                "Weir holds as many request bytes as held-bytes-total allows. Try again in a moment.", SOON_SECONDS);
    }

    static Refusal bodyTooSlow() {
        return Refusal.of(RefusalCode.BODY_TOO_SLOW, "The request body came too slowly. Send it again.");
    }

    /// Null where the route has what its upstream asks for.
    static @Nullable Refusal credentialMissing(Call call) {
        return call.config().credential() instanceof Credential.Missing missing && !call.config().passClientCredential()
                ? UpstreamFailure.credentialMissing(call, missing.reason())
                : null;
    }

    static Refusal directoryStale() {
        return Refusal.of(RefusalCode.DIRECTORY_STALE,
                "Weir has not heard from its database for longer than it trusts what it knows of keys (keys.stale-after)."
                        + " Try again when the database is back.",
                SHED_SECONDS);
    }

    static Refusal tooManyCalls(int most) {
        return Refusal.of(RefusalCode.CONCURRENCY_EXCEEDED, "This tenant runs " + most
                + " calls, which is as many at a time as this node takes from one tenant (limits.calls-per-tenant)."
                + " Try again when one has ended.", SOON_SECONDS);
    }

    static Refusal draining() {
        return Refusal.of(RefusalCode.OVERLOADED,
                "Weir is shutting down. Send the request again; another node will take it.", SOON_SECONDS);
    }

    static Refusal notKept() {
        return Refusal.of(RefusalCode.SPOOL_UNAVAILABLE,
                "Weir cannot write its usage record, so it sends nothing upstream. Try again in a moment.",
                SOON_SECONDS);
    }

    static Refusal shed() {
        return Refusal.of(RefusalCode.SPOOL_UNAVAILABLE,
                "Weir's database takes no usage records at the moment, and what may wait for it is nearly used up. Calls on"
                        + " this route are refused first, so that others go on (shed: true). Try again in a while.",
                SHED_SECONDS);
    }

    static Refusal unforeseen() {
        return Refusal.of(RefusalCode.INTERNAL_ERROR,
                "Weir failed on this request; it is logged under the request's id.");
    }
}
