package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.AdmissionRequest;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.dialect.RefusalBody;
import dev.weir.event.Outcome;
import dev.weir.ledger.Standing;
import dev.weir.usage.UsageReading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The life of one call, top to bottom (the table "The path of one call" in `ARCHITECTURE.md`, in its order).
///
/// A call makes one attempt, or two; each has its own reservation, its own opening record and its own event, and ends in
/// [#settle], once. Event loop of the client's connection only; an exact count of tokens runs on a worker and comes back to it.
final class Exchange implements LiveCall {
    private final ExchangeLoop loop;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Call call;
    private final ClientAnswer answer;

    private ExchangeState state = ExchangeState.RECEIVED;
    private long stateSinceNanos;
    private @Nullable HeldBody body;
    private @Nullable Upload upload;
    private @Nullable Download download;
    private @Nullable Attempt attempt;
    private RetryRule retries = RetryRule.NEVER;
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
        loop.began(this, request.connection());
        step(this::begin);
    }

    private void begin() {
        request.pause();
        response.closeHandler(closed -> clientGone());
        response.exceptionHandler(failed -> clientGone());
        Refusal refusal = new Reception(loop, call, request).receive();
        if (refusal != null) {
            refuse(refusal);
            return;
        }
        retries = RetryRule.of(request.method(), request.headers(), call.config().retries());
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
        new Intake(this, call, request, held).open();
        answer.continueIfExpected();
        request.resume();
    }

    boolean isHolding() {
        return state == ExchangeState.HOLDING_BODY;
    }

    /// The body is here, whole.
    void held(HeldBody held) {
        Refusal refusal = isHolding() ? RequestBodies.read(call, held, request, loop) : null;
        if (refusal != null) {
            refuse(refusal);
        } else if (isHolding()) {
            admit();
        }
    }

    /// 5: one decision over plan, prices and limits.
    private void admit() {
        enter(ExchangeState.ADMITTING);
        Refusal refusal = CallRefusals.credentialMissing(call);
        if (refusal == null) {
            refusal = loop.takePlace(call);
        }
        if (refusal != null) {
            refuse(refusal);
        } else {
            decide(loop.admissions().admit(admissionRequest()));
        }
    }

    private AdmissionRequest admissionRequest() {
        return AdmissionRequests.of(call, attempts + 1, HeaderNumbers.contentLength(request.headers()));
    }

    private void decide(Admission decision) {
        if (state != ExchangeState.ADMITTING) {
            loop.forgo(decision);
            return;
        }
        switch (decision) {
            case Admission.Admitted admitted -> open(admitted);
            case Admission.Refused refused -> refuse(refused.refusal());
            case Admission.AskFirst first -> loop.ask(first, answered -> step(() -> decide(answered)));
            case Admission.CountFirst _ ->
                loop.offLoop(() -> RequestBodies.countInput(call, Objects.requireNonNull(body), loop.tokenizers()))
                        .map(tokens -> loop.admissions().admitCounted(admissionRequest(), tokens))
                        .onComplete(counted -> step(() -> decide(counted)), this::failed);
        }
    }

    /// 6: the opening record is kept before anything goes upstream.
    private void open(Admission.Admitted admitted) {
        var opened = new Attempt(call, attempts + 1, admitted, ByteCaps.of(loop, admitted),
                stateSinceNanos);
        Refusal refusal = loop.records().open(opened);
        if (refusal == null) {
            attempts = opened.number;
            attempt = opened;
            connect(opened);
        } else {
            refuse(refusal);
        }
    }

    /// 7: one attempt.
    private void connect(Attempt opened) {
        enter(ExchangeState.CONNECTING);
        var outbound = Outbound.of(call, request, opened);
        call.routedTo()
                .upstream()
                .begin(request.method(), outbound.target(), outbound.headers())
                .onComplete(connected -> step(() -> send(opened, outbound, connected)),
                        failure -> step(() -> unreachable(opened, failure)));
    }

    /// Whether this is still the call's attempt and waits for that; it may have ended meanwhile.
    boolean isAt(ExchangeState expected, Attempt current) {
        return attempt == current && state == expected;
    }

    private void send(Attempt opened, Outbound outbound, HttpClientRequest upstream) {
        if (!isAt(ExchangeState.CONNECTING, opened)) {
            upstream.reset();
            return;
        }
        enter(ExchangeState.AWAITING_ANSWER);
        opened.sentOn(upstream, loop.clock().nanoTime());
        upstream.response()
                .onComplete(head -> step(() -> answered(opened, outbound, head)),
                        failure -> step(() -> lost(opened, failure)));
        if (body != null) {
            new HeldUpload(this, loop, opened, outbound.body(body), upstream).send();
        } else {
            answer.continueIfExpected();
            upload = new Upload(this, loop, call, opened, request, upstream);
            upload.open();
        }
    }

    /// The upstream's head is here: try again, or let the answer pass.
    private void answered(Attempt current, Outbound outbound, HttpClientResponse upstream) {
        if (!isAt(ExchangeState.AWAITING_ANSWER, current)) {
            return;
        }
        upstream.exceptionHandler(abandoned -> {});
        current.answered(upstream, HeaderNumbers.retryAfterSeconds(upstream.headers(), loop.clock().now()),
                loop.clock().nanoTime());
        long wait = mayBeSentAgain()
                ? retries.afterAnswer(current.number, upstream.statusCode(), current.retryAfterSeconds)
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
        var reader = new AnswerReader(call, upstream, body, outbound.asksUsage(), loop.tokenizers(), loop::work);
        current.readBy(reader);
        begin(current, new Download(this, loop, current, reader, upstream, response), upstream);
    }

    private void begin(Attempt current, Download passed, HttpClientResponse upstream) {
        if (!isAt(ExchangeState.STREAMING, current)
                || passed.waits(() -> step(() -> begin(current, passed, upstream)))) {
            return;
        }
        Refusal refusal = passed.expect();
        if (refusal != null) {
            capped(current, refusal);
            return;
        }
        download = passed;
        if (upload != null && upstream.statusCode() >= 400) {
            upload.stop();
        }
        answer.head(upstream, passed.keepsLength(), current.admitted.tightest(),
                loop.admissions().warning(current.admitted));
        passed.open();
        loop.context().runOnContext(burstRead -> {
            if (state == ExchangeState.STREAMING) {
                answer.sendHeadAlone();
            }
        });
    }

    /// 9 to 12: the answer is complete, or ended by a cap. Its usage is read and settled; then the client gets its last byte.
    void completed(Attempt current, Download passed) {
        enter(ExchangeState.SETTLING);
        if (upload != null && upload.stop()) {
            current.hangUp();
        }
        Buffer tail = passed.tail();
        passed.finish(passed.endedByCap() == null, reading -> {
            Buffer last = passed.last(tail, reading);
            if (settle(current, passed.outcome(), passed.endedByCap(), reading)) {
                answer.end(loop.vertx(), passed.takePending(), last);
                end();
            } else {
                cutAnswer(null);
            }
        });
    }

    void brokenOff(Attempt current, Download passed, Throwable cause) {
        loop.note(call, "the upstream broke off its answer", cause);
        cut(current, passed, Outcome.UPSTREAM_GONE, null);
    }

    /// An answer that ends before its end: what passed is counted, then the client's answer is cut too.
    private void cut(Attempt current, Download passed, Outcome outcome, @Nullable RefusalCode reason) {
        enter(ExchangeState.SETTLING);
        passed.finish(false, reading -> {
            settle(current, passed.unlessClientLeft(outcome), reason, reading);
            cutAnswer(passed.takeUnfinished());
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
                    step(this::admit);
                }
            });
        }
    }

    private boolean mayBeSentAgain() {
        return body != null || call.clientIn == 0 && (upload == null || upload.wasEmpty());
    }

    private void unreachable(Attempt current, Throwable cause) {
        if (!isAt(ExchangeState.CONNECTING, current)) {
            return;
        }
        loop.note(call, "no connection to the upstream", cause);
        boolean mayHelp = mayBeSentAgain() && !UpstreamFailure.isUntrusted(cause);
        long wait = mayHelp ? retries.afterNoConnection(current.number) : RetryRule.NO_RETRY;
        if (wait >= 0) {
            retry(current, Outcome.UPSTREAM_GONE, wait);
        } else {
            fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.noConnection(call, cause));
        }
    }

    private void lost(Attempt current, Throwable cause) {
        if (!isAt(ExchangeState.AWAITING_ANSWER, current)) {
            return;
        }
        loop.note(call, "the upstream closed the connection before its answer", cause);
        fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.brokeOff(call));
    }

    /// An attempt that gave the client nothing: settled, then said in the client's dialect.
    private void fail(Attempt current, Outcome outcome, Refusal refusal) {
        enter(ExchangeState.SETTLING);
        RefusalBody text = Refusals.body(call, refusal);
        var nothingRead = new UsageReading.Missing(refusal.code().id());
        if (current.move(0, text.bytes().length) != null) {
            settle(current, outcome, refusal.code(), nothingRead);
            cutAnswer(null);
            return;
        }
        current.clientStatus = text.status();
        current.clientOut += text.bytes().length;
        settle(current, outcome, refusal.code(), nothingRead);
        answerWith(refusal, text, current.admitted.tightest());
    }

    /// Nothing goes upstream: an event of cost 0 where there is a tenant to book it on, and an answer that the client's SDK
    /// understands.
    void refuse(Refusal refusal) {
        if (state == ExchangeState.ENDED) {
            return;
        }
        RefusalBody text = Refusals.body(call, refusal);
        loop.records().refuse(call, attempts + 1, refusal, text);
        answerWith(refusal, text, null);
    }

    private void answerWith(Refusal refusal, RefusalBody text, @Nullable Standing tightest) {
        answer.refuse(loop.vertx(), refusal, text, tightest);
        end();
    }

    private void cutAnswer(@Nullable Buffer pending) {
        answer.cut(pending);
        end();
    }

    /// The client left, or its connection broke: the upstream is told, and what passed is counted; or the upstream is read
    /// on to its usage, where the route says so.
    void clientGone() {
        step(() -> {
            if (state == ExchangeState.STREAMING && download != null && download.mayReadOn()) {
                enter(ExchangeState.READING_ON);
                download.readOn();
                answer.cut(null);
            } else if (state != ExchangeState.READING_ON) {
                abandon();
            }
        });
    }

    /// Nobody waits for the answer, nor for its usage any more.
    void abandon() {
        endEarly(Outcome.CLIENT_GONE, null, null);
    }

    @Override
    public void interruptIf(Predicate<Call> affected) {
        if (affected.test(call)) {
            step(() -> endEarly(Outcome.INTERRUPTED, UpstreamFailure.stopping(call)));
        }
    }

    /// A cap has no room for what waits to pass, and nobody can be told in the middle of a body, so the connection is reset
    /// (design decision 5).
    void capped(Attempt current, Refusal refusal) {
        if (attempt == current) {
            endEarly(Outcome.CUT_BY_CAP, null, refusal.code());
        }
    }

    private void endEarly(Outcome outcome, Refusal said) {
        endEarly(outcome, said, said.code());
    }

    /// @param said what the client is told where nothing was sent to it yet; null where it is gone
    private void endEarly(Outcome outcome, @Nullable Refusal said, @Nullable RefusalCode reason) {
        Attempt current = attempt;
        if (state == ExchangeState.SETTLING || state == ExchangeState.ENDED) {
            return;
        }
        if (current == null) {
            if (said != null) {
                refuse(said);
            } else {
                cutAnswer(null);
            }
            return;
        }
        Download passed = state.isPassing() ? download : null;
        enter(ExchangeState.SETTLING);
        if (passed != null) {
            passed.close();
        }
        if (upload != null) {
            upload.stop();
        }
        current.abandon();
        if (passed != null) {
            cut(current, passed, outcome, reason);
        } else if (said != null) {
            fail(current, outcome, said);
        } else {
            settle(current, outcome, reason, new UsageReading.Missing(outcome.id()));
            cutAnswer(null);
        }
    }

    @Override
    public void look(long now) {
        step(() -> checkDeadlines(now));
    }

    private void checkDeadlines(long now) {
        boolean stalled = download != null && download.isPaused();
        switch (loop.deadlines().passed(call, state, now - stateSinceNanos, attempt, stalled, now)) {
            case NONE -> {
                if (download != null && state.isPassing()) {
                    download.keepProgressIfDue(now);
                }
            }
            case BODY -> refuse(CallRefusals.bodyTooSlow());
            case WRITE_STALL -> clientGone();
            case READ_ON -> abandon();
            case CALL, FIRST_BYTE, SILENCE -> endEarly(Outcome.TIMEOUT, UpstreamFailure.timeout(call));
        }
    }

    /// Runs what a socket, a timer or a worker started: none of them could do anything about an exception.
    void step(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error unforeseen) {
            failed(unforeseen);
        }
    }

    /// A step failed in a way nobody foresaw: the call ends closed, with an event, and nothing stays reserved (G16).
    void failed(Throwable cause) {
        loop.failed(call, cause);
        try {
            if (state != ExchangeState.SETTLING) {
                endEarly(Outcome.INTERRUPTED, CallRefusals.unforeseen());
                return;
            }
        } catch (RuntimeException | Error again) {
            loop.failed(call, again);
        }
        endClosed();
    }

    /// The end of a call that failed while it was ending.
    private void endClosed() {
        Attempt current = attempt;
        attempt = null;
        try {
            if (current != null) {
                current.abandon();
                loop.records().settleAfterFault(current);
            }
            answer.cut(null);
        } finally {
            end();
        }
    }

    private void enter(ExchangeState next) {
        state = next;
        stateSinceNanos = loop.clock().nanoTime();
    }

    private void end() {
        if (state != ExchangeState.ENDED) {
            state = ExchangeState.ENDED;
            if (body != null) {
                body.release();
            }
            loop.ended(this, call, request.connection());
        }
    }
}
