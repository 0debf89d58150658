package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;

/// What a client is told when the upstream gave it nothing: what happened, whether the request may have been worked on, what
/// to do.
final class UpstreamFailure {
    private UpstreamFailure() {}

    static Refusal unreachable(Call call) {
        return Refusal.of(RefusalCode.UPSTREAM_UNREACHABLE, "The upstream of route '" + call.routeName()
                + "' cannot be reached. Try again; if it lasts, whoever runs Weir should check the route's upstream.");
    }

    static Refusal brokeOff(Call call) {
        return Refusal.of(RefusalCode.UPSTREAM_UNREACHABLE, "The upstream of route '" + call.routeName()
                + "' closed the connection without an answer. Whether it worked on the request is not known.");
    }

    static Refusal timeout(Call call) {
        return Refusal.of(RefusalCode.UPSTREAM_TIMEOUT, "The upstream of route '" + call.routeName()
                + "' did not answer in time. Whether it worked on the request is not known.");
    }

    static Refusal stopping(Call call) {
        return Refusal.of(RefusalCode.OVERLOADED,
                "Weir is shutting down. Whether the upstream of route '" + call.routeName()
                        + "' worked on the request is not known.");
    }

    static Refusal credentialRejected(Call call, int status) {
        return Refusal.of(RefusalCode.UPSTREAM_CREDENTIAL_REJECTED,
                "The upstream of route '" + call.routeName() + "' answered "
                        + status
                        + " to the credential that Weir holds for it. Whoever runs Weir has to set a valid one.");
    }

    static Refusal credentialMissing(Call call, String reason) {
        return Refusal.of(RefusalCode.UPSTREAM_CREDENTIAL_REJECTED,
                "Route '" + call.routeName() + "' has no credential: " + reason);
    }
}
