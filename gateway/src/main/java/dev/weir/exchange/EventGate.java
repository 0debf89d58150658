package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.Admissions;
import dev.weir.admission.Refusal;
import dev.weir.dialect.EventStream;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Lets the events of a streamed answer under a hard cap pass, each whole, as long as there is room for it; and then ends the
/// stream as its dialect does at an output limit (G2.3; decision 12).
///
/// Before an event passes, its bytes are taken from the caps on bytes, behind them the bytes of the end are kept back, and the
/// output so far is held against what was reserved. So an event that has begun is held until it is here whole, up to
/// [#HELD_MAX] bytes; a longer one passes as it comes, and a cap that it meets inside cuts the connection.
///
/// Made only where a cap can be met while the answer streams. Event loop of the exchange only.
final class EventGate {
    static final int HELD_MAX = 64 * 1024;
    private static final byte[] NOTHING = new byte[0];

    private final EventStream events;
    private final Attempt attempt;
    private final AnswerReader reader;
    private final Admissions admissions;
    private byte[] held = NOTHING;
    private int heldLength;
    /// The beginning of a long event has passed, its end has not.
    private boolean insideEvent;
    private @Nullable Refusal refusal;

    // Of the current chunk.
    private byte[] bytes = NOTHING;
    private int received;
    private int begin;
    private int passedTo;
    private @Nullable Buffer copied;

    EventGate(EventStream events, Attempt attempt, AnswerReader reader, Admissions admissions) {
        this.events = events;
        this.attempt = attempt;
        this.reader = reader;
        this.admissions = admissions;
    }

    /// Keeps back what the end needs, before the first byte.
    ///
    /// @return null where that was to be had, else which limit stands against it
    @Nullable
    Refusal open() {
        return attempt.byteCaps == null ? null : attempt.byteCaps.keepBack(events.endMaxAfter(0));
    }

    /// Whether a chunk of so many bytes waits until this node is lent more, as [ByteCaps#waits] says.
    boolean waits(int chunk, Runnable then) {
        long length = heldLength + chunk;
        return attempt.byteCaps != null && refusal == null
                && attempt.byteCaps.waits(length, length, events.endMaxAfter(length), then);
    }

    /// What stands against the next event; null as long as all pass.
    @Nullable
    Refusal refusal() {
        return refusal;
    }

    /// Whether [#end] is what the client can be given now: an event has ended, and none passes any more.
    boolean canEnd() {
        return refusal != null && !insideEvent && events.canEnd();
    }

    /// Takes what the upstream sent.
    ///
    /// @return what of it, and of what was held, goes on to the client
    Buffer pass(Buffer chunk) {
        bytes = AnswerReader.array(chunk);
        begin = AnswerReader.offset(chunk);
        passedTo = begin;
        copied = reader.changes() ? Buffer.buffer(chunk.length()) : null;
        int to = begin + chunk.length();
        int at = begin;
        while (at < to && refusal == null) {
            int end = events.canEnd() ? events.next(bytes, at, to) : to;
            if (!events.canEnd()) {
                take(at, to, false);
                break;
            }
            if (end < 0) {
                hold(at, to);
                break;
            }
            if (!take(at, end, true)) {
                break;
            }
            at = end;
        }
        return forwarded(chunk);
    }

    private Buffer forwarded(Buffer chunk) {
        bytes = NOTHING;
        if (copied != null) {
            return copied;
        }
        int passed = passedTo - begin;
        return passed == chunk.length() ? chunk : chunk.slice(0, passed);
    }

    /// How many bytes of the upstream's have passed since this was asked.
    int takeReceived() {
        int taken = received;
        received = 0;
        return taken;
    }

    private void hold(int from, int to) {
        if (heldLength + to - from > HELD_MAX) {
            take(from, to, false);
            return;
        }
        if (held.length < heldLength + to - from) {
            held = Arrays.copyOf(held, Math.min(HELD_MAX, Math.max(2 * held.length, heldLength + to - from)));
        }
        System.arraycopy(bytes, from, held, heldLength, to - from);
        heldLength += to - from;
    }

    /// Lets what is held and these bytes pass, if there is room.
    ///
    /// @param whole whether an event ends with them
    private boolean take(int from, int to, boolean whole) {
        int length = heldLength + to - from;
        refusal = room(length);
        if (refusal != null) {
            return false;
        }
        reader.look(held, 0, heldLength);
        reader.look(bytes, from, to - from);
        long most = attempt.outputReserved;
        if (most != Admission.NO_CAP && reader.outputAtLeast() > most) {
            refusal = admissions.beyondReserved(attempt.admitted);
            return false;
        }
        events.passed(held, 0, heldLength);
        events.passed(bytes, from, to);
        forward(from, to);
        received += length;
        insideEvent = !whole;
        return true;
    }

    private @Nullable Refusal room(int length) {
        ByteCaps caps = attempt.byteCaps;
        if (caps == null) {
            return null;
        }
        Refusal kept = caps.keepBack(events.endMaxAfter(length));
        return kept != null ? kept : caps.move(length, length);
    }

    private void forward(int from, int to) {
        if (heldLength > 0 && copied == null) {
            copied = Buffer.buffer(heldLength + bytes.length);
        }
        if (copied != null) {
            reader.forward(held, 0, heldLength, copied);
            reader.forward(bytes, from, to - from, copied);
        }
        heldLength = 0;
        passedTo = to;
    }

    /// The upstream is at its end, or gone: what is held is an event without its end, and passes if there is room.
    Buffer rest() {
        copied = Buffer.buffer(heldLength);
        if (refusal == null && heldLength > 0) {
            boolean wasInside = insideEvent;
            if (!take(0, 0, false)) {
                insideEvent = wasInside;
            }
        }
        return copied;
    }

    /// The client is gone: what is held is only read.
    void lose() {
        reader.look(held, 0, heldLength);
        received += heldLength;
        heldLength = 0;
    }

    /// What ends the client's stream; only where [#canEnd()] is true.
    ///
    /// @param used as it is settled
    Buffer end(Quantities used) {
        Refusal why = Objects.requireNonNull(refusal);
        String limit = why.limitId();
        byte[] end = events.end(new EventStream.Used(Math.max(0, used.amount(Meter.TOKENS_IN)),
                Math.max(0, used.amount(Meter.TOKENS_OUT))), why.code().id(), limit == null ? "" : limit);
        if (attempt.byteCaps != null && attempt.byteCaps.spendKept(end.length) != null) {
            throw new IllegalStateException("the end of a stream has " + end.length + " bytes, and less was kept back");
        }
        return Buffer.buffer(end);
    }
}
