package dev.weir.sandbox;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Iterator;
import java.util.function.Function;

/// Writes the events of one stream at the pace its controls ask for, as fast as the client reads, and breaks it off where they
/// say so. One per stream, event loop only.
final class Pace<E> {
    private final Vertx vertx;
    private final HttpServerResponse response;
    private final Iterator<E> events;
    private final Function<E, Buffer> encoding;
    private final Controls controls;
    private int written;
    private Future<Void> lastWrite = Future.succeededFuture();

    /// @param encoding an event as it goes over the wire
    Pace(Vertx vertx, HttpServerResponse response, Iterator<E> events, Function<E, Buffer> encoding,
            Controls controls) {
        this.vertx = vertx;
        this.response = response;
        this.events = events;
        this.encoding = encoding;
        this.controls = controls;
    }

    void start() {
        response.setChunked(true);
        afterDelay();
    }

    private void afterDelay() {
        if (controls.delayMillis() == 0) {
            writeOn();
        } else {
            vertx.setTimer(controls.delayMillis(), id -> writeOn());
        }
    }

    private void writeOn() {
        while (!response.closed()) {
            if (written == controls.cutAfterChunks()) {
                lastWrite.onComplete(sent -> response.reset());
                return;
            }
            if (!events.hasNext()) {
                response.end();
                return;
            }
            lastWrite = response.write(encoding.apply(events.next()));
            written++;
            if (controls.delayMillis() > 0) {
                afterDelay();
                return;
            }
            if (response.writeQueueFull()) {
                response.drainHandler(drained -> writeOn());
                return;
            }
        }
    }
}
