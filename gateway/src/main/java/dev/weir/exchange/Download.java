package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.EventStream;
import dev.weir.dialect.RequestFacts;
import dev.weir.event.Outcome;
import dev.weir.usage.UsageReading;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The answer of one attempt on its way to the client: each chunk is counted, shown to the meter, kept as progress where that
/// is due, and passed on.
///
/// Event loop of the exchange only.
final class Download implements StreamTap.Watcher {
    private static final Buffer NOTHING = Buffer.buffer(0);

    private final Exchange exchange;
    private final ExchangeLoop loop;
    private final Attempt attempt;
    private final AnswerReader reader;
    private final StreamTap tap;
    /// Null where no cap can be met while the answer passes, or none can end it but by a reset.
    private final @Nullable EventGate gate;
    /// As the upstream declares it, else -1.
    private final long length;
    private Buffer rest = NOTHING;
    private boolean clientGone;
    private long readOn;

    Download(Exchange exchange, ExchangeLoop loop, Attempt attempt, AnswerReader reader, HttpClientResponse upstream,
            HttpServerResponse client) {
        this.exchange = exchange;
        this.loop = loop;
        this.attempt = attempt;
        this.reader = reader;
        this.length = attempt.call.method.equals("HEAD") ? 0 : HeaderNumbers.contentLength(upstream.headers());
        if (attempt.mayMeetCap() && attempt.outputReserved != Admission.NO_CAP) {
            reader.watchOutput();
        }
        this.gate = gate(loop, attempt, reader, upstream);
        this.tap = new StreamTap(upstream, client, loop.context(), keepsLength() ? length : -1, this);
    }

    private static @Nullable EventGate gate(ExchangeLoop loop, Attempt attempt, AnswerReader reader,
            HttpClientResponse upstream) {
        RequestFacts facts = attempt.call.facts;
        Dialect dialect = attempt.call.dialect;
        if (facts == null || dialect == null || !attempt.mayMeetCap() || upstream.statusCode() >= 300
                || !reader.isPlain()) {
            return null;
        }
        EventStream events = dialect.stream(facts, attempt.call.id);
        return events == null ? null : new EventGate(events, attempt, reader, loop.admissions());
    }

    /// Whether a declared length stays true.
    boolean keepsLength() {
        return reader.keepsLength() && gate == null;
    }

    /// Whether what is known to come waits until this node is lent more, as [ByteCaps#waits] says. The upstream is paused
    /// then, and goes on with [#open()].
    boolean waits(Runnable then) {
        long whole = Math.max(0, length);
        boolean waits = gate != null ? gate.waits(0, then) : attempt.waits(whole, whole, then);
        if (waits) {
            tap.hold();
        }
        return waits;
    }

    /// Makes sure that what is known to come can pass: an answer of declared length whole, of a stream its end.
    ///
    /// @return null where it can, else which limit stands against it
    @Nullable
    Refusal expect() {
        if (gate != null) {
            return gate.open();
        }
        return attempt.byteCaps == null || length < 0 ? null : attempt.byteCaps.expect(length, length);
    }

    void open() {
        attempt.clientStatus = attempt.upstreamStatus;
        tap.open();
    }

    /// Nothing passes any more; what passed and was not written yet can still be taken.
    void close() {
        tap.close();
    }

    AnswerReader reader() {
        return reader;
    }

    /// Reads the usage of the answer to its end; off the loop where text has to be counted for it.
    ///
    /// @param complete whether the answer came to its end
    void finish(boolean complete, Consumer<UsageReading> then) {
        if (reader.finishesAtOnce(complete)) {
            then.accept(reader.finish(complete));
        } else {
            loop.offLoop(() -> reader.finish(complete))
                    .onComplete(reading -> exchange.step(() -> then.accept(reading)), exchange::failed);
        }
    }

    /// What was held back and passes after all, the answer being over.
    Buffer tail() {
        if (clientGone) {
            return NOTHING;
        }
        Buffer tail = reader.tail();
        attempt.clientOut += tail.length();
        return rest.length() == 0 ? tail : rest.appendBuffer(tail);
    }

    /// The last bytes that the client gets: the tail, and where a cap ends the stream, what the dialect says then.
    Buffer last(Buffer tail, UsageReading reading) {
        if (gate == null || endedByCap() == null || clientGone) {
            return tail;
        }
        Buffer end = gate.end(Settlements.tokens(attempt, reading));
        attempt.clientOut += end.length();
        return tail.length() == 0 ? end : tail.copy().appendBuffer(end);
    }

    /// Why the stream is ended in the words of its dialect; null where it is not.
    @Nullable
    RefusalCode endedByCap() {
        Refusal refusal = gate == null ? null : gate.refusal();
        return gate != null && refusal != null && gate.canEnd() ? refusal.code() : null;
    }

    /// How the attempt ended whose answer came to its end.
    Outcome outcome() {
        if (endedByCap() != null) {
            return unlessClientLeft(Outcome.CUT_BY_CAP);
        }
        boolean failed = attempt.upstreamStatus >= 400 || reader.errorInside();
        return unlessClientLeft(failed ? Outcome.UPSTREAM_ERROR : Outcome.OK);
    }

    /// How the attempt ended: where the client left, so, whatever happened while the upstream was read on.
    Outcome unlessClientLeft(Outcome outcome) {
        return clientGone ? Outcome.CLIENT_GONE : outcome;
    }

    /// Whether the upstream may be read on without a client, and has anything to tell yet.
    boolean mayReadOn() {
        return attempt.call.facts != null && attempt.call.config().cutStreams().readOn()
                && !reader.finishesAtOnce(false);
    }

    /// The client is gone: what comes from now on is read and goes nowhere.
    void readOn() {
        clientGone = true;
        if (gate != null) {
            gate.lose();
            attempt.received(gate.takeReceived(), loop.clock().nanoTime());
        }
        attempt.clientOut -= tap.loseTarget();
    }

    /// Whether the answer waits for the client to take it.
    boolean isPaused() {
        return tap.isPaused();
    }

    /// What passed and was not written yet.
    @Nullable
    Buffer takePending() {
        return tap.takePending();
    }

    /// The same, but nothing where it would make an answer look whole that is not: its end belongs behind the settlement.
    @Nullable
    Buffer takeUnfinished() {
        tap.collectLast(rest);
        rest = NOTHING;
        return tap.holdsEnd() ? null : tap.takePending();
    }

    /// At the latest every 64 KiB or second of an answer (G1.2); and once, when the provider has told the input.
    void keepProgressIfDue(long nowNanos) {
        long input = reader.inputSoFar();
        if (attempt.learnsInput(input)) {
            loop.records().inputKnown(attempt, input);
        }
        if (attempt.progressIsDue(nowNanos)) {
            attempt.progressKept(nowNanos);
            loop.records().progress(attempt, reader.soFar());
        }
    }

    @Override
    public boolean waits(Buffer chunk, Runnable then) {
        return gate == null || clientGone
                ? attempt.waits(chunk.length(), clientGone ? 0 : chunk.length(), then)
                : gate.waits(chunk.length(), then);
    }

    @Override
    public Buffer passing(Buffer chunk) {
        return gate == null || clientGone ? passingBytes(chunk) : passingEvents(gate, chunk);
    }

    private Buffer passingEvents(EventGate through, Buffer chunk) {
        long now = loop.clock().nanoTime();
        Buffer forwarded = through.pass(chunk);
        attempt.received(through.takeReceived(), now);
        attempt.clientOut += forwarded.length();
        keepProgressIfDue(now);
        Refusal refusal = through.refusal();
        if (refusal == null) {
            return forwarded;
        }
        tap.collect(forwarded);
        stop(refusal);
        return NOTHING;
    }

    /// No more passes: the stream is ended as its dialect does at an output limit, or if that cannot be, reset.
    private void stop(Refusal refusal) {
        if (endedByCap() == null) {
            exchange.capped(attempt, refusal);
        } else {
            tap.close();
            attempt.abandon();
            exchange.completed(attempt, this);
        }
    }

    private Buffer passingBytes(Buffer chunk) {
        Refusal refusal = attempt.move(chunk.length(), clientGone ? 0 : chunk.length());
        if (refusal != null) {
            exchange.capped(attempt, refusal);
            return NOTHING;
        }
        long now = loop.clock().nanoTime();
        attempt.received(chunk.length(), now);
        Buffer forwarded = reader.read(chunk);
        if (attempt.mayMeetCap() && isBeyondReserved()) {
            exchange.capped(attempt, loop.admissions().beyondReserved(attempt.admitted));
            return NOTHING;
        }
        attempt.clientOut += clientGone ? 0 : forwarded.length();
        keepProgressIfDue(now);
        if (clientGone) {
            readOn += chunk.length();
            if (readOn > attempt.call.config().cutStreams().readOnBytes().bytes()) {
                exchange.abandon();
            }
            return NOTHING;
        }
        return forwarded;
    }

    private boolean isBeyondReserved() {
        return attempt.outputReserved != Admission.NO_CAP && reader.outputAtLeast() > attempt.outputReserved;
    }

    @Override
    public void ended() {
        passRest();
        Refusal refusal = gate == null || clientGone ? null : gate.refusal();
        if (refusal != null) {
            stop(refusal);
        } else {
            exchange.completed(attempt, this);
        }
    }

    /// What is left of the last event comes no more.
    private void passRest() {
        if (gate != null && !clientGone) {
            rest = gate.rest();
            attempt.received(gate.takeReceived(), loop.clock().nanoTime());
            attempt.clientOut += rest.length();
        }
    }

    @Override
    public void broken(Throwable cause) {
        passRest();
        exchange.brokenOff(attempt, this, cause);
    }

    @Override
    public void failed(Throwable unforeseen) {
        exchange.failed(unforeseen);
    }
}
