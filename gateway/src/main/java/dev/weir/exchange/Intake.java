package dev.weir.exchange;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

/// Takes in the body of an `llm` request until it is whole or too large.
///
/// Event loop of the exchange only.
final class Intake {
    private final Exchange exchange;
    private final Call call;
    private final HttpServerRequest request;
    private final HeldBody held;

    Intake(Exchange exchange, Call call, HttpServerRequest request, HeldBody held) {
        this.exchange = exchange;
        this.call = call;
        this.request = request;
        this.held = held;
    }

    /// Begins, once the request is resumed.
    void open() {
        request.handler(chunk -> exchange.step(() -> take(chunk)));
        request.endHandler(complete -> exchange.step(() -> exchange.held(held)));
    }

    private void take(Buffer chunk) {
        if (!exchange.isHolding()) {
            return;
        }
        call.clientIn += chunk.length();
        switch (held.take(chunk)) {
            case YES -> {
            }
            case BODY_TOO_LARGE -> exchange.refuse(CallRefusals.bodyTooLarge(held.bytesMax()));
            case ALL_TOGETHER_TOO_LARGE -> exchange.refuse(CallRefusals.allBodiesTooLarge());
        }
    }
}
