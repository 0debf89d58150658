package dev.weir.exchange;

import dev.weir.admission.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
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
        Refusal refusal = attempt.move(chunk.length(), chunk.length());
        if (refusal != null) {
            exchange.capped(attempt, refusal);
            return NOTHING;
        }
        long now = loop.clock().nanoTime();
        attempt.received(chunk.length(), now);
        Buffer forwarded = reader.read(chunk);
        attempt.clientOut += forwarded.length();
        keepProgressIfDue(now);
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
