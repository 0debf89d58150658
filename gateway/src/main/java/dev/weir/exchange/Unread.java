package dev.weir.exchange;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/// Ends answers to requests whose bodies were not read to their end.
///
/// Over HTTP/1.1 the rest of such a body stands in front of the next request (RFC 9112 §9.3), and closing at once would make
/// the client's kernel throw the answer away with a reset (§9.6). So what still comes is read and dropped: to its end where it
/// is short, else for a moment before the connection is closed. Over HTTP/2 the stream is reset once its answer is out, which
/// tells the client to stop sending and to keep the answer (RFC 9113 §8.1).
final class Unread {
    private static final long DROPPED_MAX = 1 << 20;
    private static final long LINGER_MILLIS = 2_000;
    private static final long NO_ERROR = 0;

    private Unread() {}

    /// Whether the answer should say that its connection will be closed: too much is still to come, or nobody knows how much.
    static boolean closes(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2 || request.isEnded()) {
            return false;
        }
        long length = HeaderNumbers.contentLength(request.headers());
        return length < 0 ? request.headers().contains("transfer-encoding") : length > DROPPED_MAX;
    }

    /// Ends the answer with these bytes, and sees to what the client still sends.
    static void end(Vertx vertx, HttpServerRequest request, HttpServerResponse response, Buffer last) {
        if (request.isEnded()) {
            var _ = response.end(last);
            return;
        }
        boolean closes = closes(request);
        request.handler(dropped -> {});
        request.endHandler(over -> {});
        request.resume();
        response.end(last).onComplete(sent -> {
            if (request.version() == HttpVersion.HTTP_2) {
                if (!request.isEnded()) {
                    var _ = response.reset(NO_ERROR);
                }
            } else {
                linger(vertx, request, closes);
            }
        });
    }

    private static void linger(Vertx vertx, HttpServerRequest request, boolean closes) {
        if (closes || !request.isEnded()) {
            vertx.setTimer(LINGER_MILLIS, over -> {
                if (closes || !request.isEnded()) {
                    var _ = request.connection().close();
                }
            });
        }
    }
}
