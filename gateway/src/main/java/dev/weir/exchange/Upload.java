package dev.weir.exchange;

import dev.weir.admission.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/// A request body that nobody reads whole: it goes up as it comes, and a slow upstream pauses the client.
///
/// Event loop of the exchange only.
final class Upload implements StreamTap.Watcher {
    private static final Buffer NOTHING = Buffer.buffer(0);

    private final Exchange exchange;
    private final ExchangeLoop loop;
    private final Call call;
    private final Attempt attempt;
    private final HttpServerRequest request;
    private final HttpClientRequest upstream;
    private final StreamTap tap;
    private boolean framed;
    private boolean over;

    Upload(Exchange exchange, ExchangeLoop loop, Call call, Attempt attempt, HttpServerRequest request,
            HttpClientRequest upstream) {
        this.exchange = exchange;
        this.loop = loop;
        this.call = call;
        this.attempt = attempt;
        this.request = request;
        this.upstream = upstream;
        this.tap = new StreamTap(request, upstream, loop.context(), -1, this);
    }

    /// Begins to send up. A request whose head says that there is no body is sent at once.
    void open() {
        long length = HeaderNumbers.contentLength(request.headers());
        if (length > 0) {
            upstream.putHeader("content-length", Long.toString(length));
            framed = true;
        } else if (request.headers().contains("transfer-encoding")) {
            sendChunked();
        } else if (length == 0 || request.version() != HttpVersion.HTTP_2 || request.isEnded()) {
            sendNoBody();
            return;
        }
        tap.open();
        request.resume();
        loop.context().runOnContext(turn -> exchange.step(this::sendHeadAlone));
    }

    private void sendNoBody() {
        over = true;
        if (!request.isEnded()) {
            request.resume();
        }
        var _ = upstream.end();
    }

    /// Where no byte of the body came with the head, the head goes up on its own: the client may wait for an answer to it.
    ///
    /// HTTP/2 says with the frame of the head, not in a field, that no body follows (RFC 9113 §8.1), and Vert.x tells it behind
    /// the head. By now it would have: so there is a body, of unknown length.
    private void sendHeadAlone() {
        if (!over && attempt.upstreamOut == 0) {
            if (!framed) {
                sendChunked();
            }
            var _ = upstream.sendHead();
        }
    }

    private void sendChunked() {
        framed = true;
        upstream.setChunked(true);
    }

    /// Sends nothing more up; what the client still sends is for [Unread] to drop.
    ///
    /// @return whether the body had not gone up whole
    boolean stop() {
        boolean unfinished = !over;
        over = true;
        tap.close();
        return unfinished;
    }

    /// Whether there was no body after all.
    boolean wasEmpty() {
        return over && !framed;
    }

    @Override
    public boolean waits(Buffer chunk, Runnable then) {
        return attempt.waits(chunk.length(), chunk.length(), then);
    }

    @Override
    public Buffer passing(Buffer chunk) {
        Refusal refusal = attempt.move(chunk.length(), chunk.length());
        if (refusal != null) {
            tap.close();
            exchange.capped(attempt, refusal);
            return NOTHING;
        }
        if (!framed) {
            sendChunked();
        }
        call.clientIn += chunk.length();
        attempt.sent(chunk.length(), loop.clock().nanoTime());
        return chunk;
    }

    @Override
    public void ended() {
        over = true;
        Buffer rest = tap.takePending();
        var _ = rest == null ? upstream.end() : upstream.end(rest);
    }

    @Override
    public void broken(Throwable cause) {
        exchange.clientGone();
    }

    @Override
    public void failed(Throwable unforeseen) {
        exchange.failed(unforeseen);
    }
}
