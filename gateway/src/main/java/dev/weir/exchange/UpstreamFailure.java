package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import java.security.cert.CertificateException;

/// What a client is told when the upstream gave it nothing: what happened, whether the request may have been worked on, what
/// to do.
final class UpstreamFailure {
    private UpstreamFailure() {}

    /// Whether no connection could be had because the upstream did not prove who it is: a second try ends alike.
    static boolean isUntrusted(Throwable cause) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (one instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    static Refusal noConnection(Call call, Throwable cause) {
        return isUntrusted(cause) ? untrusted(call) : unreachable(call);
    }

    private static Refusal untrusted(Call call) {
        return Refusal.lasting(RefusalCode.UPSTREAM_UNREACHABLE, "The upstream of route '" + call.routeName()
                + "' shows a certificate that is not for its host or that no trusted authority signed, so nothing was"
                + " sent to it. Whoever runs Weir should check the route's `upstream`, and where a company's own"
                + " authority signs, name its file with `ca`.");
    }

    private static Refusal unreachable(Call call) {
        return Refusal.of(RefusalCode.UPSTREAM_UNREACHABLE, "The upstream of route '" + call.routeName()
                + "' cannot be reached. Try again; if it lasts, whoever runs Weir should check the route's upstream.");
    }

    static Refusal brokeOff(Call call) {
        return Refusal.of(RefusalCode.UPSTREAM_UNREACHABLE, "The upstream of route '" + call.routeName()
                + "' closed the connection without an answer. Whether it worked on the request is not known.");
    }

    static Refusal notAWebSocket(Call call) {
        return Refusal.of(RefusalCode.UPSTREAM_UNREACHABLE, "The upstream of route '" + call.routeName()
                + "' answered 101 without the proof of a WebSocket (RFC 6455 section 4.2.2), or with an extension that was"
                + " not offered. Whoever runs Weir should check what stands between Weir and the upstream.");
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
        return Refusal.lasting(RefusalCode.UPSTREAM_CREDENTIAL_REJECTED,
                "The upstream of route '" + call.routeName() + "' answered "
                        + status
                        + " to the credential that Weir holds for it. Whoever runs Weir has to set a valid one.");
    }

    static Refusal credentialMissing(Call call, String reason) {
        return Refusal.lasting(RefusalCode.UPSTREAM_CREDENTIAL_REJECTED,
                "Route '" + call.routeName() + "' has no credential: " + reason);
    }
}
