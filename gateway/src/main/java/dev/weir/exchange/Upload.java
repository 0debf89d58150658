package dev.weir.exchange;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/// A request body that nobody reads whole: it goes up as it comes, and a slow upstream pauses the client.
///
/// Event loop of the exchange only.
final class Upload implements StreamTap.Watcher {
    private final HttpClientRequest upstream;
    private final Call call;
    private final Attempt attempt;
    private final Runnable clientGone;
    private final ExchangeLoop loop;
    private final StreamTap tap;

    /// @param clientGone is run where the client's body breaks off
    Upload(HttpServerRequest request, HttpClientRequest upstream, Call call, Attempt attempt, ExchangeLoop loop,
            Runnable clientGone) {
        this.upstream = upstream;
        this.call = call;
        this.attempt = attempt;
        this.loop = loop;
        this.clientGone = clientGone;
        Context context = loop.context();
        this.tap = new StreamTap(request, upstream, context, -1, this);
    }

    /// Whether the request has a body to send up; sets the framing of the upstream request where it has.
    static boolean isNeeded(HttpServerRequest request, HttpClientRequest upstream) {
        long length = HeaderNumbers.contentLength(request.headers());
        if (length > 0) {
            upstream.putHeader("content-length", Long.toString(length));
            return true;
        }
        boolean chunked = request.headers().contains("transfer-encoding")
                || request.version() == HttpVersion.HTTP_2 && length < 0 && !request.isEnded();
        if (chunked) {
            upstream.setChunked(true);
        }
        return chunked;
    }

    void open() {
        tap.open();
    }

    @Override
    public Buffer passing(Buffer chunk) {
        call.clientIn += chunk.length();
        attempt.sent(chunk.length(), loop.clock().nanoTime());
        return chunk;
    }

    @Override
    public void ended() {
        Buffer rest = tap.takePending();
        var _ = rest == null ? upstream.end() : upstream.end(rest);
    }

    @Override
    public void broken(Throwable cause) {
        clientGone.run();
    }
}
