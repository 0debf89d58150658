package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.route.NormalPath;
import dev.weir.route.Routing;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/// Steps 1 to 3 of a call: what its head alone tells. Which route, whose key, on whose behalf.
///
/// Refuses in the order of [RefusalCode.Stage]. Event loop of the exchange only.
final class Reception {
    private final ExchangeLoop loop;
    private final Call call;
    private final HttpServerRequest request;

    Reception(ExchangeLoop loop, Call call, HttpServerRequest request) {
        this.loop = loop;
        this.call = call;
        this.request = request;
    }

    /// Fills in the call as far as its head goes.
    ///
    /// @return what stands against it, null where nothing does
    @Nullable
    Refusal receive() {
        if (loop.isDraining()) {
            return CallRefusals.draining();
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

    /// A webhook's sender shows no key: it signs the body, which comes later ([Webhooks]).
    private @Nullable Refusal identify(NormalPath.Normal target) {
        if (loop.isDirectoryStale()) {
            return CallRefusals.directoryStale();
        }
        if (call.isWebhook()) {
            return CallRefusals.byHead(call, target, request);
        }
        return switch (KeyCheck.of(request.headers(), target.query(), loop.hasher(), loop.directory())) {
            case KeyCheck.Refused refused -> refused.refusal();
            case KeyCheck.Passed passed -> {
                call.caller = passed.identity();
                Refusal refusal = CallRefusals.byHead(call, target, request);
                yield refusal != null ? refusal : attribute(passed);
            }
        };
    }

    private @Nullable Refusal attribute(KeyCheck.Passed passed) {
        try {
            call.attributed(passed.identity(), request.headers());
            return null;
        } catch (IllegalArgumentException notUsable) {
            return Refusal.of(RefusalCode.BAD_REQUEST, String.valueOf(notUsable.getMessage()));
        }
    }
}
