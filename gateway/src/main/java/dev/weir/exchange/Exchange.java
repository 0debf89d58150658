package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.AdmissionRequest;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.config.Credential;
import dev.weir.dialect.RefusalBody;
import dev.weir.event.Outcome;
import dev.weir.ledger.Standing;
import dev.weir.route.NormalPath;
import dev.weir.route.Routing;
import dev.weir.usage.UsageReading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/// The life of one call, top to bottom (the table "The path of one call" in `ARCHITECTURE.md`, in its order).
///
/// A call makes one attempt, or two; each has its own reservation, its own opening record and its own event, and ends in
/// [#settle], once. Event loop of the client's connection only; what must wait (an exact count of tokens) runs on a worker
/// and comes back to the loop.
final class Exchange {
    private final ExchangeLoop loop;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Call call;
    private final ClientAnswer answer;

    private ExchangeState state = ExchangeState.RECEIVED;
    private long stateSinceNanos;
    private @Nullable HeldBody body;
    private @Nullable Upload upload;
    private @Nullable StreamTap download;
    private @Nullable AnswerReader reader;
    private @Nullable Attempt attempt;
    private int attempts;

    Exchange(ExchangeLoop loop, HttpServerRequest request) {
        this.loop = loop;
        this.request = request;
        this.response = request.response();
        this.call = new Call(loop.newCallId(), loop.clock().now(), loop.clock().nanoTime(), request, loop.sessions());
        this.answer = new ClientAnswer(call, request);
        this.stateSinceNanos = call.startedNanos;
    }

    /// 1 to 3: the head has passed its check. Which route, whose key, for what?
    void receive() {
        loop.began(this);
        request.pause();
        response.closeHandler(closed -> clientGone());
        response.exceptionHandler(failed -> clientGone());
        if (loop.isDraining()) {
            refuse(CallRefusals.draining());
            return;
        }
        switch (NormalPath.of(request.uri())) {
            case NormalPath.Refused refused -> refuse(Refusal.of(RefusalCode.BAD_HEAD, refused.fault().detail()));
            case NormalPath.Normal target -> route(target);
        }
    }

    private void route(NormalPath.Normal target) {
        switch (loop.routes().match(call.method, target)) {
            case Routing.Unrouted unrouted -> refuse(Refusal.of(RefusalCode.ROUTE_UNKNOWN, unrouted.why()));
            case Routing.Routed routed -> {
                call.routed(routed);
                identify(target);
            }
        }
    }

    private void identify(NormalPath.Normal target) {
        if (call.isWebhook()) {
            unless(CallRefusals.byHead(call, target, request), this::holdBody);
            return;
        }
        switch (KeyCheck.of(request.headers(), target.query(), loop.hasher(), loop.directory())) {
            case KeyCheck.Refused refused -> refuse(refused.refusal());
            case KeyCheck.Passed passed -> {
                call.caller = passed.identity();
                unless(CallRefusals.byHead(call, target, request), () -> attribute(passed));
            }
        }
    }

    private void attribute(KeyCheck.Passed passed) {
        try {
            call.attributed(passed.identity(), request.headers());
        } catch (IllegalArgumentException notUsable) {
            refuse(Refusal.of(RefusalCode.BAD_REQUEST, String.valueOf(notUsable.getMessage())));
            return;
        }
        if (call.readsBody()) {
            holdBody();
        } else {
            admit();
        }
    }

    /// 4: the body is held within its bound, then read once.
    private void holdBody() {
        enter(ExchangeState.HOLDING_BODY);
        var held = new HeldBody(loop.held(), call.config().bodyMax().bytes());
        body = held;
        if (!held.mayTake(HeaderNumbers.contentLength(request.headers()))) {
            refuse(CallRefusals.bodyTooLarge(held.bytesMax()));
            return;
        }
        request.handler(chunk -> hold(held, chunk));
        request.endHandler(complete -> loop.foreseen(() -> readBody(held), this::failed));
        answer.continueIfExpected();
        request.resume();
    }

    private void hold(HeldBody held, Buffer chunk) {
        if (state != ExchangeState.HOLDING_BODY) {
            return;
        }
        call.clientIn += chunk.length();
        switch (held.take(chunk)) {
            case YES -> {
            }
            case BODY_TOO_LARGE -> refuse(CallRefusals.bodyTooLarge(held.bytesMax()));
            case ALL_TOGETHER_TOO_LARGE -> refuse(CallRefusals.allBodiesTooLarge());
        }
    }

    private void readBody(HeldBody held) {
        if (state != ExchangeState.HOLDING_BODY) {
            return;
        }
        unless(RequestBodies.read(call, held, request, loop), this::admit);
    }

    /// 5: one decision over plan, prices and limits.
    private void admit() {
        enter(ExchangeState.ADMITTING);
        if (call.config().credential() instanceof Credential.Missing missing && !call.config().passClientCredential()) {
            refuse(UpstreamFailure.credentialMissing(call, missing.reason()));
            return;
        }
        decide(loop.admissions().admit(admissionRequest()));
    }

    private AdmissionRequest admissionRequest() {
        return AdmissionRequests.of(call, attempts + 1, HeaderNumbers.contentLength(request.headers()));
    }

    private void decide(Admission decision) {
        if (state != ExchangeState.ADMITTING) {
            if (decision instanceof Admission.Admitted tooLate) {
                loop.admissions().release(tooLate);
            }
            return;
        }
        switch (decision) {
            case Admission.Admitted admitted -> open(admitted);
            case Admission.Refused refused -> refuse(refused.refusal());
            case Admission.CountFirst _ ->
                loop.offLoop(() -> RequestBodies.countInput(call, heldBody(), loop.tokenizers()))
                        .map(tokens -> loop.admissions().admitCounted(admissionRequest(), tokens))
                        .onComplete(this::decide, this::failed);
        }
    }

    /// 6: the opening record is kept before anything goes upstream.
    private void open(Admission.Admitted admitted) {
        var opened = new Attempt(call, attempts + 1, admitted, loop.clock().nanoTime());
        if (loop.records().open(opened)) {
            attempts = opened.number;
            attempt = opened;
            connect(opened);
        } else {
            refuse(CallRefusals.notKept());
        }
    }

    /// 7: one attempt.
    private void connect(Attempt opened) {
        enter(ExchangeState.CONNECTING);
        var outbound = Outbound.of(call, request, opened);
        call.routedTo()
                .upstream()
                .begin(request.method(), outbound.target(), outbound.headers())
                .onComplete(connection -> {
                    if (attempt != opened || state != ExchangeState.CONNECTING) {
                        if (connection.succeeded()) {
                            connection.result().reset();
                        }
                    } else if (connection.succeeded()) {
                        send(opened, outbound, connection.result());
                    } else {
                        unreachable(opened, connection.cause());
                    }
                });
    }

    private void send(Attempt opened, Outbound outbound, HttpClientRequest upstream) {
        enter(ExchangeState.AWAITING_ANSWER);
        opened.sentOn(upstream, loop.clock().nanoTime());
        upstream.response().onComplete(head -> {
            if (attempt != opened || state != ExchangeState.AWAITING_ANSWER) {
                return;
            }
            if (head.succeeded()) {
                answered(opened, outbound, head.result());
            } else {
                lost(opened, head.cause());
            }
        });
        if (body != null) {
            Buffer edited = outbound.body(heldBody());
            opened.sent(edited.length(), loop.clock().nanoTime());
            var _ = upstream.end(edited);
        } else if (Upload.isNeeded(request, upstream)) {
            upload = new Upload(request, upstream, call, opened, loop, this::clientGone);
            upload.open();
            answer.continueIfExpected();
            request.resume();
        } else {
            var _ = upstream.end();
        }
    }

    /// The upstream's head is here: try again, or let the answer pass.
    private void answered(Attempt current, Outbound outbound, HttpClientResponse upstream) {
        upstream.exceptionHandler(abandoned -> {});
        current.answered(upstream, HeaderNumbers.retryAfterSeconds(upstream.headers(), loop.clock().now()),
                loop.clock().nanoTime());
        long wait = mayBeSentAgain()
                ? retries().afterAnswer(current.number, upstream.statusCode(), current.retryAfterSeconds)
                : RetryRule.NO_RETRY;
        if (wait >= 0) {
            current.abandon();
            retry(current, Outcome.UPSTREAM_ERROR, wait);
        } else if (outbound.carriesOurCredential() && (upstream.statusCode() == 401 || upstream.statusCode() == 403)) {
            current.abandon();
            fail(current, Outcome.UPSTREAM_ERROR, UpstreamFailure.credentialRejected(call, upstream.statusCode()));
        } else {
            pass(current, outbound, upstream);
        }
    }

    /// 8: each chunk to the client, the same chunk to the meter.
    private void pass(Attempt current, Outbound outbound, HttpClientResponse upstream) {
        enter(ExchangeState.STREAMING);
        var answerReader = new AnswerReader(call, upstream, body, outbound.asksUsage(), loop.tokenizers());
        reader = answerReader;
        current.readBy(answerReader);
        current.clientStatus = upstream.statusCode();
        answer.head(upstream, answerReader.keepsLength(), current.admitted.tightest());
        long heldEnd = answerReader.keepsLength() ? HeaderNumbers.contentLength(upstream.headers()) : -1;
        var tap = new StreamTap(upstream, response, loop.context(), heldEnd, new StreamTap.Watcher() {
            @Override
            public Buffer passing(Buffer chunk) {
                return received(current, answerReader, chunk);
            }

            @Override
            public void ended() {
                completed(current, answerReader);
            }

            @Override
            public void broken(Throwable cause) {
                loop.note(call, "the upstream broke off its answer", cause);
                cut(current, answerReader, Outcome.UPSTREAM_GONE);
            }
        });
        download = tap;
        tap.open();
        loop.context().runOnContext(burstRead -> {
            if (state == ExchangeState.STREAMING) {
                answer.sendHeadAlone();
            }
        });
    }

    private Buffer received(Attempt current, AnswerReader answerReader, Buffer chunk) {
        long now = loop.clock().nanoTime();
        current.received(chunk.length(), now);
        Buffer forwarded = answerReader.read(chunk);
        current.clientOut += forwarded.length();
        keepProgressIfDue(now);
        return forwarded;
    }

    /// 9 to 12: the answer is complete. Its usage is read to the end, settled, kept; then the client gets its last byte.
    private void completed(Attempt current, AnswerReader answerReader) {
        enter(ExchangeState.SETTLING);
        Buffer tail = answerReader.tail();
        current.clientOut += tail.length();
        loop.readUsage(call, answerReader, true, reading -> {
            Outcome outcome = current.upstreamStatus >= 400 || answerReader.errorInside()
                    ? Outcome.UPSTREAM_ERROR
                    : Outcome.OK;
            if (settle(current, outcome, null, reading)) {
                answer.end(pending(), tail);
            } else {
                answer.cut(null);
            }
            end();
        });
    }

    /// An answer that ends before its end: what passed is counted, then the client's answer is cut too.
    private void cut(Attempt current, AnswerReader answerReader, Outcome outcome) {
        enter(ExchangeState.SETTLING);
        loop.readUsage(call, answerReader, false, reading -> {
            settle(current, outcome, null, reading);
            cutAnswer();
        });
    }

    /// @return whether the client may see the end of its answer
    private boolean settle(Attempt current, Outcome outcome, @Nullable RefusalCode reason, UsageReading reading) {
        attempt = null;
        return loop.records().settle(current, outcome, reason, reading);
    }

    private void retry(Attempt failed, Outcome outcome, long waitMillis) {
        settle(failed, outcome, null, new UsageReading.Missing("tried again"));
        enter(ExchangeState.RETRYING);
        if (waitMillis == 0) {
            admit();
        } else {
            loop.vertx().setTimer(waitMillis, due -> {
                if (state == ExchangeState.RETRYING) {
                    admit();
                }
            });
        }
    }

    private RetryRule retries() {
        return RetryRule.of(request.method(), request.headers(), call.config().retries());
    }

    private boolean mayBeSentAgain() {
        return body != null || call.clientIn == 0 && upload == null;
    }

    private void unreachable(Attempt current, Throwable cause) {
        loop.note(call, "no connection to the upstream", cause);
        boolean mayHelp = mayBeSentAgain() && !UpstreamFailure.isUntrusted(cause);
        long wait = mayHelp ? retries().afterNoConnection(current.number) : RetryRule.NO_RETRY;
        if (wait >= 0) {
            retry(current, Outcome.UPSTREAM_GONE, wait);
        } else {
            fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.noConnection(call, cause));
        }
    }

    private void lost(Attempt current, Throwable cause) {
        loop.note(call, "the upstream closed the connection before its answer", cause);
        fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.brokeOff(call));
    }

    /// An attempt that gave the client nothing: settled, then said in the client's dialect.
    private void fail(Attempt current, Outcome outcome, Refusal refusal) {
        enter(ExchangeState.SETTLING);
        RefusalBody text = Refusals.body(call, refusal);
        current.clientStatus = text.status();
        current.clientOut += text.bytes().length;
        settle(current, outcome, refusal.code(), new UsageReading.Missing(refusal.code().id()));
        answerWith(refusal, text, current.admitted.tightest());
    }

    /// Nothing goes upstream: an event of cost 0 where there is a tenant to book it on, and an answer that the client's SDK
    /// understands.
    private void refuse(Refusal refusal) {
        if (state == ExchangeState.ENDED) {
            return;
        }
        RefusalBody text = Refusals.body(call, refusal);
        loop.records().refuse(call, attempts + 1, refusal, text);
        answerWith(refusal, text, null);
    }

    private void unless(@Nullable Refusal refusal, Runnable next) {
        if (refusal != null) {
            refuse(refusal);
        } else {
            next.run();
        }
    }

    private void answerWith(Refusal refusal, RefusalBody text, @Nullable Standing tightest) {
        answer.refuse(loop.vertx(), refusal, text, tightest);
        end();
    }

    private void cutAnswer() {
        answer.cut(pending());
        end();
    }

    private @Nullable Buffer pending() {
        return download == null ? null : download.takePending();
    }

    /// The client left, or its connection broke: the upstream is told, what passed is counted.
    private void clientGone() {
        endEarly(Outcome.CLIENT_GONE, null);
    }

    /// Weir stops before the call does.
    void interrupt() {
        endEarly(Outcome.INTERRUPTED, UpstreamFailure.stopping(call));
    }

    /// Weir takes no new calls: who only listens should do so elsewhere.
    void drain() {
        if (call.isListening()) {
            interrupt();
        }
    }

    /// @param said what the client is told where nothing was sent to it yet; null where it is gone
    private void endEarly(Outcome outcome, @Nullable Refusal said) {
        Attempt current = attempt;
        if (state == ExchangeState.SETTLING || state == ExchangeState.ENDED) {
            return;
        }
        if (current == null) {
            if (said != null) {
                refuse(said);
            } else {
                cutAnswer();
            }
            return;
        }
        boolean streaming = state == ExchangeState.STREAMING;
        enter(ExchangeState.SETTLING);
        if (download != null) {
            download.close();
        }
        current.abandon();
        if (reader != null && streaming) {
            cut(current, reader, outcome);
        } else if (said != null) {
            fail(current, outcome, said);
        } else {
            settle(current, outcome, null, new UsageReading.Missing(outcome.id()));
            cutAnswer();
        }
    }

    /// Called by the loop's sweep, a few times a second.
    void checkDeadlines(long now) {
        boolean stalled = download != null && download.isPaused();
        switch (loop.deadlines().passed(call, state, now - stateSinceNanos, attempt, stalled, now)) {
            case NONE -> keepProgressIfDue(now);
            case BODY -> refuse(CallRefusals.bodyTooSlow());
            case WRITE_STALL -> clientGone();
            case CALL, FIRST_BYTE, SILENCE -> endEarly(Outcome.TIMEOUT, UpstreamFailure.timeout(call));
        }
    }

    private void keepProgressIfDue(long now) {
        Attempt current = attempt;
        if (current != null && reader != null && state == ExchangeState.STREAMING && current.progressIsDue(now)) {
            current.progressKept(now);
            loop.records().progress(current, reader.soFar());
        }
    }

    /// A step failed in a way nobody foresaw: the call ends closed, with an event, and nothing stays reserved (G16).
    void failed(Throwable cause) {
        loop.failed(call, cause);
        endEarly(Outcome.UPSTREAM_GONE, CallRefusals.unforeseen());
    }

    private void enter(ExchangeState next) {
        state = next;
        stateSinceNanos = loop.clock().nanoTime();
    }

    private HeldBody heldBody() {
        if (body == null) {
            throw new IllegalStateException("call " + call.id + " holds no body");
        }
        return body;
    }

    private void end() {
        if (state != ExchangeState.ENDED) {
            enter(ExchangeState.ENDED);
            if (body != null) {
                body.release();
            }
            loop.ended(this);
        }
    }
}
