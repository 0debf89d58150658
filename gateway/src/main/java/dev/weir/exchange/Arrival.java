package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.route.NormalPath;
import dev.weir.route.Routing;
import dev.weir.tenant.Identity;
import io.vertx.core.http.HttpServerRequest;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What the head alone tells of a call, in the order in which it refuses: route, key, method, path, attribution.
///
/// Event loop of the exchange only.
final class Arrival {
    private final ExchangeLoop loop;
    private final HttpServerRequest request;
    private final Call call;

    Arrival(ExchangeLoop loop, HttpServerRequest request, Call call) {
        this.loop = loop;
        this.request = request;
        this.call = call;
    }

    /// Fills in the call.
    ///
    /// @return why it is refused, null where it is not
    @Nullable
    Refusal read() {
        if (loop.isDraining()) {
            return Refusal.of(RefusalCode.OVERLOADED,
                    "Weir is shutting down. Send the request again; another node will take it.", 1);
        }
        return switch (NormalPath.of(request.uri())) {
            case NormalPath.Refused refused -> Refusal.of(RefusalCode.BAD_HEAD, refused.fault().detail());
            case NormalPath.Normal target -> route(target);
        };
    }

    private @Nullable Refusal route(NormalPath.Normal target) {
        return switch (loop.routes().match(call.method, target)) {
            case Routing.Unrouted unrouted -> Refusal.of(RefusalCode.ROUTE_UNKNOWN, unrouted.why());
            case Routing.Routed routed -> {
                call.routed(routed);
                yield identify(target);
            }
        };
    }

    private @Nullable Refusal identify(NormalPath.Normal target) {
        return switch (KeyCheck.of(request.headers(), target.query(), loop.hasher(), loop.directory())) {
            case KeyCheck.Refused refused -> refused.refusal();
            case KeyCheck.Passed passed -> {
                call.caller = passed.identity();
                Refusal refusal = checkMethodAndPath(target);
                yield refusal != null ? refusal : attribute(passed.identity());
            }
        };
    }

    private @Nullable Refusal checkMethodAndPath(NormalPath.Normal target) {
        if (!call.config().methods().contains(call.method)) {
            return Refusal.of(RefusalCode.METHOD_NOT_ALLOWED, "Route '" + call.routeName() + "' takes "
                    + String.join(", ", new TreeSet<>(call.config().methods())) + ", not this method.");
        }
        if (target.encodedSlash() && !call.config().encodedSlash()) {
            return Refusal.of(RefusalCode.BAD_REQUEST,
                    "The path holds an encoded slash (%2F), which route '" + call.routeName()
                            + "' does not take. Have encoded-slash: pass set where its upstream wants them.");
        }
        return null;
    }

    private @Nullable Refusal attribute(Identity.Known identity) {
        try {
            call.attributed(identity, request.headers());
            return null;
        } catch (IllegalArgumentException notUsable) {
            return Refusal.of(RefusalCode.BAD_REQUEST, String.valueOf(notUsable.getMessage()));
        }
    }
}
