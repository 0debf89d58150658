package dev.weir.exchange;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/// Answers a request whose body was not read to its end.
///
/// Closing at once would make the client's kernel throw the answer away with a reset (RFC 9112 §9.6), so what still comes is
/// read and dropped: to its end where it is short, else for a moment before the connection is closed.
final class Unread {
    private static final long DROPPED_MAX = 1 << 20;
    private static final long LINGER_MILLIS = 2_000;

    private Unread() {}

    static void endOrLinger(Vertx vertx, HttpServerRequest request, HttpServerResponse response, Buffer body) {
        boolean rest = !request.isEnded();
        long length = HeaderNumbers.contentLength(request.headers());
        boolean isShort = length >= 0 && length <= DROPPED_MAX;
        boolean closes = rest && !isShort && request.version() != HttpVersion.HTTP_2;
        if (closes) {
            response.putHeader("connection", "close");
        }
        response.putHeader("content-length", Integer.toString(body.length()));
        var _ = response.end(body);
        if (rest) {
            request.handler(dropped -> {});
            request.resume();
        }
        if (closes) {
            vertx.setTimer(LINGER_MILLIS, over -> request.connection().close());
        }
    }
}
