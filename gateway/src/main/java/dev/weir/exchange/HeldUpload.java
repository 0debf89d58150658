package dev.weir.exchange;

import dev.weir.admission.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;

/// A request body that is held: it goes up whole, as soon as the caps on bytes have room for all of it.
///
/// Event loop of the exchange only.
final class HeldUpload {
    private final Exchange exchange;
    private final ExchangeLoop loop;
    private final Attempt attempt;
    private final Buffer body;
    private final HttpClientRequest upstream;

    /// @param body as it goes up
    HeldUpload(Exchange exchange, ExchangeLoop loop, Attempt attempt, Buffer body, HttpClientRequest upstream) {
        this.exchange = exchange;
        this.loop = loop;
        this.attempt = attempt;
        this.body = body;
        this.upstream = upstream;
    }

    void send() {
        Call call = attempt.call;
        long in = attempt.bytes().clientIn();
        long out = call.isWebhook() ? 0 : body.length();
        if (!exchange.isAt(ExchangeState.AWAITING_ANSWER, attempt)
                || attempt.waits(in, out, () -> exchange.step(this::send))) {
            return;
        }
        Refusal refusal = attempt.move(in, out);
        if (refusal != null) {
            exchange.capped(attempt, refusal);
            return;
        }
        call.routedTo().upstream().sign(upstream, body, loop.clock().now());
        attempt.sent(body.length(), loop.clock().nanoTime());
        var _ = upstream.end(body);
    }
}
