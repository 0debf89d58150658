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

/// What the client is answered: the upstream's head and the end of its body, or a refusal, or a cut.
///
/// Each method does nothing where the client is gone or its answer is over. Event loop of the exchange only.
final class ClientAnswer {
    private final Call call;
    private final HttpServerRequest request;
    private final HttpServerResponse response;

    ClientAnswer(Call call, HttpServerRequest request) {
        this.call = call;
        this.request = request;
        this.response = request.response();
    }

    void continueIfExpected() {
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            var _ = response.writeContinue();
        }
    }

    /// Sets the head from the upstream's; it leaves with the first bytes of the body, or by [#sendHeadAlone].
    ///
    /// @param keepsLength whether the body keeps its declared length
    /// @param tightest the limit for the `RateLimit` fields, null for none
    void setHead(HttpClientResponse answer, boolean keepsLength, @Nullable Standing tightest) {
        response.setStatusCode(answer.statusCode());
        if (!answer.statusMessage().isEmpty() && request.version() != HttpVersion.HTTP_2) {
            response.setStatusMessage(answer.statusMessage());
        }
        HeaderRules.toClient(answer.headers(), response.headers(), keepsLength);
        response.headers().set("x-weir-request-id", call.id);
        if (tightest != null) {
            Refusals.rateLimit(response.headers(), RateLimitFields.of(tightest, call.time));
        }
        boolean bodyless = answer.statusCode() == 204 || answer.statusCode() == 304 || call.method.equals("HEAD");
        if (!bodyless && !response.headers().contains("content-length")) {
            response.setChunked(true);
        }
    }

    /// Where no byte of the body came with the head, the head goes on its own: a client waits for it.
    void sendHeadAlone() {
        if (isOpen() && !response.headWritten() && request.version() != HttpVersion.HTTP_1_0) {
            var _ = response.writeHead();
        }
    }

    /// Sends the last bytes and ends the answer.
    ///
    /// @param body what brought the body so far, with what it has not written yet; null for none
    /// @param tail what comes after it
    void end(@Nullable StreamTap body, Buffer tail) {
        if (isOpen()) {
            Buffer pending = body == null ? null : body.takePending();
            Buffer last = pending == null ? tail : tail.length() == 0 ? pending : pending.copy().appendBuffer(tail);
            var _ = last.length() == 0 ? response.end() : response.end(last);
        }
    }

    /// Sends what passed and breaks off, so that the client sees that it is not the whole.
    void cut(@Nullable StreamTap body) {
        if (isOpen()) {
            Buffer pending = body == null ? null : body.takePending();
            if (pending != null) {
                var _ = response.write(pending);
            }
            var _ = response.reset();
        }
    }

    /// Answers with a refusal; where the answer has begun already, it is cut.
    void refuse(Vertx vertx, Refusal refusal, RefusalBody text) {
        if (response.headWritten()) {
            cut(null);
        } else if (isOpen()) {
            response.headers().clear();
            response.setStatusCode(refusal.status());
            Refusals.head(response.headers(), call, refusal, text);
            Unread.endOrLinger(vertx, request, response, Buffer.buffer(text.bytes()));
        }
    }

    private boolean isOpen() {
        return !response.ended() && !response.closed();
    }
}
