package dev.weir.exchange;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import org.jspecify.annotations.Nullable;

/// Moves one body from its source to its target, and shows every chunk to a watcher on the way.
///
/// What one socket read brought leaves in one write: chunks are collected and flushed by a task that runs right after the
/// read, so no byte waits for a later one and a burst of server-sent events costs one system call instead of one per
/// event. A full target pauses the source until it has drained, and so does a watcher that lets a chunk wait. The end of
/// the source is not passed on: the watcher ends the target itself, with [#takePending()] as the last bytes, once what
/// must come first (settlement) is done.
///
/// Event loop of the exchange only.
final class StreamTap {
    /// Sees what passes. All methods are called on the event loop; after `ended` or `broken` none is called again.
    interface Watcher {
        /// Whether a chunk may not pass yet. The source is paused then, and its end waits too, until `then` runs; then this is
        /// asked again. Not called where nothing is to be passed any more.
        boolean waits(Buffer chunk, Runnable then);

        /// A chunk as it came; what is returned goes on to the target. The chunk may be kept or sliced, not changed.
        Buffer passing(Buffer chunk);

        /// The source is at its end; [StreamTap#takePending()] has what was not written yet.
        void ended();

        /// The source broke off before its end.
        void broken(Throwable cause);

        /// A step of the tap, or of this watcher, threw. What called it is a socket, which could do nothing about it.
        void failed(Throwable unforeseen);
    }

    private final ReadStream<Buffer> source;
    private final WriteStream<Buffer> target;
    private final Context context;
    private final Watcher watcher;
    private final long heldEnd;

    private @Nullable Buffer pending;
    private boolean pendingIsOurs;
    private boolean flushDue;
    private boolean closed;
    private boolean paused;
    /// That nothing may pass yet, and what came.
    private boolean holding;
    private @Nullable Buffer held;
    private boolean opened;
    private boolean endHeld;
    private @Nullable Throwable breakHeld;
    private long passed;

    /// @param heldEnd the source's length where it is declared, else -1: its last bytes are not written before `ended`
    StreamTap(ReadStream<Buffer> source, WriteStream<Buffer> target, Context context, long heldEnd, Watcher watcher) {
        this.source = source;
        this.target = target;
        this.context = context;
        this.heldEnd = heldEnd;
        this.watcher = watcher;
    }

    /// Begins, or goes on after [#hold()].
    void open() {
        if (!opened) {
            listen();
        }
        if (holding) {
            goOn();
        }
    }

    private void listen() {
        opened = true;
        source.exceptionHandler(this::broken);
        source.endHandler(end -> ended());
        source.handler(this::chunk);
    }

    /// Lets nothing pass until [#open()], or until the watcher that lets a chunk wait says so.
    void hold() {
        holding = true;
        source.pause();
        if (!opened) {
            listen();
        }
    }

    /// Asks again for what waits, and lets it pass.
    private void goOn() {
        if (closed) {
            return;
        }
        holding = false;
        Buffer came = held;
        held = null;
        if (came != null) {
            chunk(came);
        }
        if (holding || closed) {
            return;
        }
        Throwable cause = breakHeld;
        if (cause != null) {
            broken(cause);
        } else if (endHeld) {
            ended();
        } else if (!paused) {
            source.resume();
        }
    }

    /// Stops looking and writing; the source may still be read on by others. What was collected can still be taken.
    void close() {
        closed = true;
    }

    /// The target is gone: from now on the source is only looked at.
    ///
    /// @return how many bytes were collected for the target and will not be written
    int loseTarget() {
        Buffer lost = takePending();
        if (paused) {
            paused = false;
            if (!holding) {
                source.resume();
            }
        }
        return lost == null ? 0 : lost.length();
    }

    /// Whether all of a declared length has passed.
    boolean holdsEnd() {
        return passed == heldEnd;
    }

    boolean isPaused() {
        return paused;
    }

    /// Hands over what was collected and not written.
    @Nullable
    Buffer takePending() {
        Buffer taken = pending;
        pending = null;
        return taken;
    }

    private void chunk(Buffer chunk) {
        if (closed) {
            return;
        }
        try {
            if (holding || watcher.waits(chunk, this::goOn)) {
                held = held == null ? chunk : held.copy().appendBuffer(chunk);
                hold();
                return;
            }
            Buffer forwarded = watcher.passing(chunk);
            passed += chunk.length();
            collect(forwarded);
            if (!flushDue && !closed) {
                flushDue = true;
                context.runOnContext(due -> flush());
            }
        } catch (RuntimeException | Error unforeseen) {
            fail(unforeseen);
        }
    }

    private void fail(Throwable unforeseen) {
        closed = true;
        watcher.failed(unforeseen);
    }

    /// Adds bytes to what leaves with the next write; not when the tap is closed.
    void collect(Buffer forwarded) {
        if (!closed) {
            collectLast(forwarded);
        }
    }

    /// The same, also when it is closed: for who takes what is pending then.
    void collectLast(Buffer forwarded) {
        if (forwarded.length() == 0) {
            return;
        }
        if (pending == null) {
            pending = forwarded;
            pendingIsOurs = false;
        } else if (pendingIsOurs) {
            pending.appendBuffer(forwarded);
        } else {
            pending = Buffer.buffer(2 * (pending.length() + forwarded.length()))
                    .appendBuffer(pending)
                    .appendBuffer(forwarded);
            pendingIsOurs = true;
        }
    }

    private void flush() {
        flushDue = false;
        if (closed || pending == null || passed == heldEnd) {
            return;
        }
        Buffer burst = pending;
        pending = null;
        try {
            write(burst);
        } catch (RuntimeException | Error unforeseen) {
            fail(unforeseen);
        }
    }

    private void write(Buffer burst) {
        var _ = target.write(burst);
        if (target.writeQueueFull() && !paused) {
            paused = true;
            source.pause();
            target.drainHandler(drained -> {
                paused = false;
                if (!closed && !holding) {
                    source.resume();
                }
            });
        }
    }

    private void ended() {
        endHeld = holding;
        if (!closed && !holding) {
            closed = true;
            try {
                watcher.ended();
            } catch (RuntimeException | Error unforeseen) {
                watcher.failed(unforeseen);
            }
        }
    }

    private void broken(Throwable cause) {
        breakHeld = holding ? cause : null;
        if (!closed && !holding) {
            closed = true;
            try {
                watcher.broken(cause);
            } catch (RuntimeException | Error unforeseen) {
                watcher.failed(unforeseen);
            }
        }
    }
}
