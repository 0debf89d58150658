package dev.weir.exchange;

import dev.weir.admission.RateLimitFields;
import dev.weir.admission.Refusal;
import dev.weir.dialect.RefusalBody;
import dev.weir.ledger.Standing;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/// What goes to the client: a head, the bytes that [StreamTap] writes behind it, and one of three ends: whole, cut, or a
/// refusal in place of all.
///
/// Event loop of the exchange only. Every method is harmless where the client is gone.
final class ClientAnswer {
    private final Call call;
    private final HttpServerRequest request;
    private final HttpServerResponse response;

    ClientAnswer(Call call, HttpServerRequest request) {
        this.call = call;
        this.request = request;
        this.response = request.response();
    }

    /// Tells a client that waits with its body to send it. One of HTTP/1.0 does not know the word (RFC 9110 §10.1.1).
    void continueIfExpected() {
        if (request.version() != HttpVersion.HTTP_1_0
                && "100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            var _ = response.writeContinue();
        }
    }

    /// Takes over the upstream's head; it is sent with the first bytes, or by [#sendHeadAlone()].
    ///
    /// @param keepsLength whether the body passes whole, so that a declared length stays true
    /// @param warning which limits are nearly used up, null where none is
    void head(HttpClientResponse answer, boolean keepsLength, @Nullable Standing tightest, @Nullable String warning) {
        response.setStatusCode(answer.statusCode());
        if (!answer.statusMessage().isEmpty() && request.version() != HttpVersion.HTTP_2) {
            response.setStatusMessage(answer.statusMessage());
        }
        HeaderRules.toClient(answer.headers(), response.headers(), keepsLength);
        response.headers().set("x-weir-request-id", call.id);
        rateLimit(tightest);
        if (warning != null) {
            response.headers().set(HeaderRules.WARNING, warning);
        }
        boolean bodyless = answer.statusCode() == 204 || answer.statusCode() == 304 || call.method.equals("HEAD");
        if (!bodyless && !response.headers().contains("content-length")) {
            response.setChunked(true);
        }
        if (answer.statusCode() >= 400 && Unread.closes(request)) {
            response.headers().set("connection", "close");
        }
    }

    /// Where no byte of the body came with the head, the head goes on its own: a client waits for it.
    void sendHeadAlone() {
        if (!response.headWritten() && !response.closed() && request.version() != HttpVersion.HTTP_1_0) {
            var _ = response.writeHead();
        }
    }

    /// Ends the answer whole.
    ///
    /// @param pending what passed and was not written yet
    void end(Vertx vertx, @Nullable Buffer pending, Buffer tail) {
        if (!response.ended() && !response.closed()) {
            Buffer last = pending == null ? tail : tail.length() == 0 ? pending : pending.copy().appendBuffer(tail);
            Unread.end(vertx, request, response, last);
        }
    }

    /// Ends the answer before its end, so that the client sees that it is not whole.
    ///
    /// @param pending what passed, was not written yet and does not reach the answer's end
    void cut(@Nullable Buffer pending) {
        if (!response.ended() && !response.closed()) {
            if (pending != null) {
                var _ = response.write(pending);
            }
            var _ = response.reset();
        }
    }

    /// Says no, where nothing was said yet; else cuts.
    ///
    /// @param tightest where the call's tightest limit stands, null where the refusal says it or none is known
    void refuse(Vertx vertx, Refusal refusal, RefusalBody text, @Nullable Standing tightest) {
        if (response.closed() || response.headWritten()) {
            cut(null);
            return;
        }
        response.headers().clear();
        response.setStatusCode(text.status());
        rateLimit(tightest);
        Refusals.head(response.headers(), call, refusal, text);
        response.putHeader("content-length", Integer.toString(text.bytes().length));
        if (Unread.closes(request)) {
            response.putHeader("connection", "close");
        }
        Unread.end(vertx, request, response, Buffer.buffer(text.bytes()));
    }

    private void rateLimit(@Nullable Standing tightest) {
        if (tightest != null) {
            Refusals.rateLimit(response.headers(), RateLimitFields.of(tightest, call.time));
        }
    }
}
