package dev.weir.exchange;

import dev.weir.admission.Refusal;
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
    private boolean clientGone;
    private long readOn;

    /// @param heldEnd the answer's length where it is declared to the client, else -1
    Download(Exchange exchange, ExchangeLoop loop, Attempt attempt, AnswerReader reader, HttpClientResponse upstream,
            HttpServerResponse client, long heldEnd) {
        this.exchange = exchange;
        this.loop = loop;
        this.attempt = attempt;
        this.reader = reader;
        this.tap = new StreamTap(upstream, client, loop.context(), heldEnd, this);
    }

    void open() {
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
        Buffer tail = clientGone ? NOTHING : reader.tail();
        attempt.clientOut += tail.length();
        return tail;
    }

    /// How the attempt ended whose answer came to its end.
    Outcome outcome() {
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
        return tap.holdsEnd() ? null : tap.takePending();
    }

    /// At the latest every 64 KiB or second of an answer (G1.2).
    void keepProgressIfDue(long nowNanos) {
        if (attempt.progressIsDue(nowNanos)) {
            attempt.progressKept(nowNanos);
            loop.records().progress(attempt, reader.soFar());
        }
    }

    @Override
    public Buffer passing(Buffer chunk) {
        Refusal refusal = attempt.move(chunk.length(), clientGone ? 0 : chunk.length());
        if (refusal != null) {
            exchange.capped(attempt, refusal);
            return NOTHING;
        }
        long now = loop.clock().nanoTime();
        attempt.received(chunk.length(), now);
        Buffer forwarded = reader.read(chunk);
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

    @Override
    public void ended() {
        exchange.completed(attempt, this);
    }

    @Override
    public void broken(Throwable cause) {
        exchange.brokenOff(attempt, this, cause);
    }

    @Override
    public void failed(Throwable unforeseen) {
        exchange.failed(unforeseen);
    }
}
