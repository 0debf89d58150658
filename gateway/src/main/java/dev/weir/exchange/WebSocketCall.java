package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.RateLimitFields;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.dialect.RefusalBody;
import dev.weir.dialect.RequestHead;
import dev.weir.dialect.RequestReading;
import dev.weir.event.Outcome;
import dev.weir.ledger.Standing;
import dev.weir.usage.UsageReading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.NetSocket;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The life of one realtime session, top to bottom: the steps of [Exchange], with a handshake in place of a body and a [Tunnel]
/// in place of an answer. One attempt and one event, however long it lasts (docs/decisions/0006); nothing is tried again.
///
/// Until the upstream answers 101 the client has heard nothing, so every refusal, Weir's and the upstream's, is an HTTP answer.
///
/// Event loop of the client's connection only; what must wait (counting the text of a cut answer) runs on a worker and comes
/// back.
final class WebSocketCall implements LiveCall {
    /// The most of an upstream's answer that is no 101.
    private static final int REFUSAL_BYTES_MAX = 1 << 20;
    private static final byte[] NO_BODY = {};

    private final ExchangeLoop loop;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Call call;
    private final ClientAnswer answer;

    private ExchangeState state = ExchangeState.RECEIVED;
    private long stateSinceNanos;
    private @Nullable Attempt attempt;
    private @Nullable Tunnel tunnel;

    WebSocketCall(ExchangeLoop loop, HttpServerRequest request) {
        this.loop = loop;
        this.request = request;
        this.response = request.response();
        this.call = new Call(loop.newCallId(), loop.clock().now(), loop.clock().nanoTime(), request, loop.sessions());
        this.answer = new ClientAnswer(call, request);
        this.stateSinceNanos = call.startedNanos;
    }

    /// 1 to 4: which route, whose key, which model?
    void receive() {
        loop.began(this, request.connection());
        step(this::begin);
    }

    private void begin() {
        response.closeHandler(closed -> clientGone());
        response.exceptionHandler(failed -> clientGone());
        Refusal refusal = new Reception(loop, call, request).receive();
        if (refusal == null) {
            refusal = readHandshake();
        }
        if (refusal == null) {
            refusal = CallRefusals.credentialMissing(call);
        }
        if (refusal == null) {
            refusal = loop.takePlace(call);
        }
        if (refusal != null) {
            refuse(refusal);
        } else {
            admit();
        }
    }

    private @Nullable Refusal readHandshake() {
        if (call.dialect == null || !call.dialect.isSession()) {
            return Refusal.of(RefusalCode.BAD_REQUEST, "No WebSocket is spoken on this path.");
        }
        String query = PresentedKey.withoutKey(call.query);
        String target = query == null ? call.path : call.path + "?" + query;
        return switch (call.dialect.readRequest(new RequestHead(call.method, target, call.provider(), null), NO_BODY,
                0)) {
            case RequestReading.Unreadable unreadable -> Refusal.of(RefusalCode.BAD_REQUEST, unreadable.why());
            case RequestReading.Facts facts -> {
                call.facts = facts.facts();
                yield null;
            }
        };
    }

    /// 5: one decision over plan, prices and limits.
    private void admit() {
        enter(ExchangeState.ADMITTING);
        decide(loop.admissions().admit(AdmissionRequests.of(call, 1, 0)));
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
            case Admission.CountFirst _ -> throw new IllegalStateException("a session has nothing to count");
        }
    }

    /// 6: the opening record is kept before anything goes upstream.
    private void open(Admission.Admitted admitted) {
        var opened = new Attempt(call, 1, admitted, ByteCaps.of(loop, admitted), stateSinceNanos);
        Refusal refusal = loop.records().open(opened);
        if (refusal == null) {
            attempt = opened;
            connect(opened);
        } else {
            refuse(refusal);
        }
    }

    /// 7: the upstream's handshake.
    private void connect(Attempt opened) {
        enter(ExchangeState.CONNECTING);
        var outbound = Outbound.of(call, request, opened);
        Handshake.toUpstream(outbound.headers());
        call.routedTo()
                .upstream()
                .begin(request.method(), outbound.target(), outbound.headers())
                .onComplete(connected -> step(() -> send(opened, outbound, connected)),
                        failure -> step(() -> unreachable(opened, failure)));
    }

    private boolean isAt(ExchangeState expected, Attempt current) {
        return attempt == current && state == expected;
    }

    private void send(Attempt opened, Outbound outbound, HttpClientRequest upstream) {
        if (!isAt(ExchangeState.CONNECTING, opened)) {
            upstream.reset();
            return;
        }
        enter(ExchangeState.AWAITING_ANSWER);
        opened.sentOn(upstream, loop.clock().nanoTime());
        upstream.exceptionHandler(toldByItsSocket -> {});
        upstream.connect()
                .onComplete(head -> step(() -> answered(opened, outbound, head)),
                        failure -> step(() -> lost(opened, failure)));
    }

    private void answered(Attempt current, Outbound outbound, HttpClientResponse upstream) {
        if (!isAt(ExchangeState.AWAITING_ANSWER, current)) {
            return;
        }
        upstream.exceptionHandler(abandoned -> {});
        int status = upstream.statusCode();
        current.answered(upstream, HeaderNumbers.retryAfterSeconds(upstream.headers(), loop.clock().now()),
                loop.clock().nanoTime());
        if (status == 101) {
            if (Handshake.isProven(upstream, request.getHeader("sec-websocket-key"))) {
                switchProtocols(current, upstream);
            } else {
                enter(ExchangeState.SETTLING);
                current.hangUp();
                fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.notAWebSocket(call));
            }
        } else if (outbound.carriesOurCredential() && (status == 401 || status == 403)) {
            enter(ExchangeState.SETTLING);
            current.abandon();
            fail(current, Outcome.UPSTREAM_ERROR, UpstreamFailure.credentialRejected(call, status));
        } else {
            passRefusal(current, upstream);
        }
    }

    /// The upstream says no, in HTTP: held, because it is small, settled, and then passed on as it is.
    private void passRefusal(Attempt current, HttpClientResponse upstream) {
        Buffer held = Buffer.buffer();
        upstream.exceptionHandler(broken -> step(() -> lost(current, broken)));
        upstream.handler(chunk -> step(() -> {
            if (!isAt(ExchangeState.AWAITING_ANSWER, current)) {
                return;
            }
            current.received(chunk.length(), loop.clock().nanoTime());
            held.appendBuffer(chunk);
            Refusal refusal = current.move(chunk.length(), chunk.length());
            if (refusal != null || held.length() > REFUSAL_BYTES_MAX) {
                enter(ExchangeState.SETTLING);
                current.abandon();
                fail(current, refusal != null ? Outcome.CUT_BY_CAP : Outcome.UPSTREAM_GONE,
                        refusal != null ? refusal : UpstreamFailure.brokeOff(call));
            }
        }));
        upstream.endHandler(whole -> step(() -> refusalPassed(current, upstream, held)));
        upstream.resume();
    }

    private void refusalPassed(Attempt current, HttpClientResponse upstream, Buffer held) {
        if (!isAt(ExchangeState.AWAITING_ANSWER, current)) {
            return;
        }
        enter(ExchangeState.SETTLING);
        current.clientStatus = upstream.statusCode();
        current.clientOut += held.length();
        answer.head(upstream, true, current.admitted.tightest(), loop.admissions().warning(current.admitted));
        if (settle(current, Outcome.UPSTREAM_ERROR, null, new UsageReading.Missing("no session was opened"))) {
            answer.end(loop.vertx(), null, held);
        } else {
            answer.cut(null);
        }
        end();
    }

    /// 8: frames in both directions, from the 101 on.
    private void switchProtocols(Attempt current, HttpClientResponse upstream) {
        NetSocket above = upstream.netSocket();
        above.pause();
        HeaderRules.toClient(upstream.headers(), response.headers(), false);
        Handshake.toClient(response.headers());
        response.headers().set("x-weir-request-id", call.id);
        Standing tightest = current.admitted.tightest();
        if (tightest != null) {
            Refusals.rateLimit(response.headers(),
                    RateLimitFields.of(tightest, call.time));
        }
        current.clientStatus = 101;
        var reader = new SessionReader(call, loop.tokenizers(), loop::work);
        current.readBy(reader);
        request.toNetSocket()
                .onComplete(client -> step(() -> pass(current, reader, client.pause(), above)),
                        failure -> step(this::clientGone));
    }

    private void pass(Attempt current, SessionReader reader, NetSocket client, NetSocket upstream) {
        if (!isAt(ExchangeState.AWAITING_ANSWER, current)) {
            var _ = client.close();
            var _ = upstream.close();
            return;
        }
        enter(ExchangeState.STREAMING);
        tunnel = new Tunnel(this, loop, current, reader, client, upstream, call.config().bodyMax().bytes());
        tunnel.open();
    }

    /// 9 to 12: one side's socket is at its end. Who said goodbye, and how?
    void socketEnded(boolean ofClient) {
        Tunnel open = tunnel;
        if (open == null || state != ExchangeState.STREAMING) {
            return;
        }
        Boolean upstreamFirst = open.upstreamClosedFirst();
        if (upstreamFirst == null) {
            finish(ofClient ? Outcome.CLIENT_GONE : Outcome.UPSTREAM_GONE, null,
                    ofClient ? Frames.GOING_AWAY : Frames.INTERNAL,
                    ofClient ? "the client is gone" : "the upstream is gone");
        } else if (upstreamFirst) {
            finish(isPeaceful(open.upstreamCloseCode()) ? Outcome.OK : Outcome.UPSTREAM_ERROR, null,
                    Frames.GOING_AWAY, "the upstream closed");
        } else {
            finish(open.reader().isAnswering() ? Outcome.CLIENT_GONE : Outcome.OK, null, Frames.GOING_AWAY,
                    "the client closed");
        }
    }

    private static boolean isPeaceful(int closeCode) {
        return closeCode == 1000 || closeCode == Frames.GOING_AWAY || closeCode == FrameCursor.NO_CODE;
    }

    /// What came cannot be read as frames, or is too large: it does not pass.
    void faulted(boolean fromClient, FrameCursor.Fault fault) {
        Outcome outcome = fromClient ? Outcome.CLIENT_GONE : Outcome.UPSTREAM_GONE;
        switch (fault) {
            case PROTOCOL -> finish(outcome, fromClient ? RefusalCode.BAD_REQUEST : null,
                    fromClient ? Frames.PROTOCOL_ERROR : Frames.INTERNAL, "no WebSocket frames (RFC 6455)");
            case TOO_LARGE -> finish(outcome, RefusalCode.BODY_TOO_LARGE, Frames.TOO_LARGE,
                    "a message is larger than body-max, " + call.config().bodyMax().bytes() + " bytes");
        }
    }

    /// A cap on bytes has no room for what waits to pass.
    void capped(Refusal refusal) {
        finish(Outcome.CUT_BY_CAP, refusal.code(), Frames.POLICY, refusal.code().id());
    }

    /// What must be kept before a message passes could not be.
    void notKept() {
        finish(Outcome.INTERRUPTED, RefusalCode.SPOOL_UNAVAILABLE, Frames.INTERNAL,
                RefusalCode.SPOOL_UNAVAILABLE.id());
    }

    /// The one way out of an open session: counted, settled, kept, and only then closed.
    private void finish(Outcome outcome, @Nullable RefusalCode reason, int code, String said) {
        Attempt current = attempt;
        Tunnel open = tunnel;
        if (current == null || open == null || state != ExchangeState.STREAMING) {
            return;
        }
        enter(ExchangeState.SETTLING);
        open.stop();
        readUsage(open.reader(), reading -> {
            settle(current, outcome, reason, reading);
            open.close(code, said);
            end();
        });
    }

    private void readUsage(SessionReader reader, Consumer<UsageReading> then) {
        if (reader.finishesAtOnce()) {
            then.accept(reader.finish());
        } else {
            loop.offLoop(reader::finish).onComplete(reading -> step(() -> then.accept(reading)), this::failed);
        }
    }

    private boolean settle(Attempt current, Outcome outcome, @Nullable RefusalCode reason, UsageReading reading) {
        attempt = null;
        return loop.records().settle(current, outcome, reason, reading);
    }

    private void unreachable(Attempt current, Throwable cause) {
        if (isAt(ExchangeState.CONNECTING, current)) {
            loop.note(call, "no connection to the upstream", cause);
            fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.noConnection(call, cause));
        }
    }

    private void lost(Attempt current, Throwable cause) {
        if (isAt(ExchangeState.AWAITING_ANSWER, current)) {
            loop.note(call, "the upstream closed the connection before its answer", cause);
            fail(current, Outcome.UPSTREAM_GONE, UpstreamFailure.brokeOff(call));
        }
    }

    /// An attempt that gave the client nothing: settled, then said in the client's dialect.
    private void fail(Attempt current, Outcome outcome, Refusal refusal) {
        enter(ExchangeState.SETTLING);
        RefusalBody text = Refusals.body(call, refusal);
        current.clientStatus = text.status();
        current.clientOut += text.bytes().length;
        settle(current, outcome, refusal.code(), new UsageReading.Missing(refusal.code().id()));
        answer.refuse(loop.vertx(), refusal, text, current.admitted.tightest());
        end();
    }

    /// Nothing goes upstream: an event of cost 0 where there is a tenant to book it on, and an HTTP answer.
    private void refuse(Refusal refusal) {
        RefusalBody text = Refusals.body(call, refusal);
        loop.records().refuse(call, 1, refusal, text);
        answer.refuse(loop.vertx(), refusal, text, null);
        end();
    }

    private void clientGone() {
        step(() -> endEarly(Outcome.CLIENT_GONE, null, Frames.GOING_AWAY, "the client is gone"));
    }

    @Override
    public void interruptIf(Predicate<Call> affected) {
        if (affected.test(call)) {
            step(() -> endEarly(Outcome.INTERRUPTED, UpstreamFailure.stopping(call), Frames.GOING_AWAY,
                    "Weir is shutting down"));
        }
    }

    /// @param said what the client is told where it has heard nothing yet; null where it is gone
    private void endEarly(Outcome outcome, @Nullable Refusal said, int code, String reason) {
        if (state == ExchangeState.STREAMING) {
            finish(outcome, said == null ? null : said.code(), code, reason);
            return;
        }
        if (state == ExchangeState.SETTLING || state == ExchangeState.ENDED) {
            return;
        }
        Attempt current = attempt;
        if (current == null) {
            if (said != null) {
                refuse(said);
            } else {
                end();
            }
            return;
        }
        enter(ExchangeState.SETTLING);
        current.abandon();
        if (said != null) {
            fail(current, outcome, said);
        } else {
            settle(current, outcome, null, new UsageReading.Missing(outcome.id()));
            answer.cut(null);
            end();
        }
    }

    @Override
    public void look(long now) {
        step(() -> checkDeadlines(now));
    }

    private void checkDeadlines(long now) {
        Tunnel open = state == ExchangeState.STREAMING ? tunnel : null;
        if (open != null && open.isStuck(now, loop.deadlines().writeStallNanos())) {
            socketEnded(!Boolean.TRUE.equals(open.upstreamClosedFirst()));
            return;
        }
        switch (loop.deadlines().passed(call, state, now - stateSinceNanos, attempt, false, now)) {
            case CALL -> timeout("the time of a call is over");
            case SILENCE -> timeout("nothing came from either side for too long");
            case FIRST_BYTE -> timeout("");
            case NONE, BODY, WRITE_STALL -> {
                if (open != null) {
                    open.keepProgressIfDue(now);
                }
            }
        }
    }

    private void timeout(String reason) {
        endEarly(Outcome.TIMEOUT, UpstreamFailure.timeout(call), Frames.GOING_AWAY, reason);
    }

    private void step(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error unforeseen) {
            failed(unforeseen);
        }
    }

    /// A step failed in a way nobody foresaw: the session ends closed, with an event, and nothing stays reserved (G16).
    void failed(Throwable cause) {
        loop.failed(call, cause);
        try {
            if (state != ExchangeState.SETTLING) {
                endEarly(Outcome.INTERRUPTED, CallRefusals.unforeseen(), Frames.INTERNAL, "internal error");
                return;
            }
        } catch (RuntimeException | Error again) {
            loop.failed(call, again);
        }
        endClosed();
    }

    /// The end of a session that failed while it was ending.
    private void endClosed() {
        Attempt current = attempt;
        attempt = null;
        try {
            if (current != null) {
                current.abandon();
                loop.records().settleAfterFault(current);
            }
            if (tunnel != null) {
                tunnel.abort();
            } else {
                answer.cut(null);
            }
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
            loop.ended(this, call, request.connection());
        }
    }
}
