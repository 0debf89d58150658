package dev.weir.dialect;

import java.util.Arrays;

/// Takes the usage chunk that Weir asked for out of an OpenAI stream, so that the client gets what it asked for.
///
/// The chunk is an event whose data has an empty `choices` array and a `usage` object (OpenAI API reference,
/// `stream_options.include_usage`). It goes with everything that belongs to its event, blank line included; every other byte
/// passes as it is.
///
/// Nothing is delayed without need: an event is held back only while it may still be the chunk, that is until its data shows
/// a choice, or shows anything that is no chunk's, or ends. So where an event comes in one piece, as it nearly always does,
/// nothing is held at all. What is held is at most [#HELD_MAX] bytes: an event that has not shown its choices by then passes.
///
/// Answers must come in identity coding: ask the upstream for that where the chunk was asked for. One thread at a time.
public final class UsageChunkFilter {
    /// Where the bytes go that pass.
    public interface Target {
        /// The array is lent for the call; it may be the one given to [UsageChunkFilter#accept].
        void write(byte[] bytes, int offset, int length);
    }

    static final int HELD_MAX = 16 * 1024;

    private enum Field {
        CHOICE, CHOICES, USAGE
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(Field.CHOICES, JsonPaths.Strings.WHOLE, "choices")
            .add(Field.CHOICE, JsonPaths.Strings.WHOLE, "choices[]")
            .add(Field.USAGE, JsonPaths.Strings.WHOLE, "usage");

    private final Chunk chunk = new Chunk();
    private final JsonTap<Field> json = new JsonTap<>(PATHS, chunk);
    private final SseScanner events = new SseScanner(new SseScanner.Listener() {
        @Override
        public void data(byte[] bytes, int from, int to) {
            json.accept(bytes, from, to);
        }

        @Override
        public void eventEnd(int to) {
            UsageChunkFilter.this.eventEnd(to);
        }
    });

    /// The beginning of the current event, as far as earlier calls brought it and nothing has decided.
    private byte[] held = new byte[0];
    private int heldLength;

    // Of the current call: its bytes, what of them is to be written next, and where the current event begins.
    private byte[] bytes = held;
    private int to;
    private int unwritten;
    private int eventStart;
    private Target target = (nothing, offset, length) -> {};

    /// Whether the bytes so far end with the CR of a blank line, whose LF may still come; and whether its event was taken out.
    private boolean endedWithCr;
    private boolean takenOut;

    /// Passes on what of these bytes may pass now.
    public void accept(byte[] bytes, int offset, int length, Target target) {
        if (length == 0) {
            return;
        }
        this.bytes = bytes;
        this.to = offset + length;
        this.target = target;
        this.unwritten = offset;
        this.eventStart = offset;
        if (endedWithCr && bytes[offset] == '\n') {
            eventStart++;
            unwritten += takenOut ? 1 : 0;
        }
        endedWithCr = false;
        events.accept(bytes, offset, to);
        if (chunk.mayBeUsage() && heldLength + to - eventStart <= HELD_MAX) {
            writeTo(eventStart);
            hold();
        } else {
            chunk.passed = true;
            writeHeld(target);
            writeTo(to);
        }
    }

    /// The stream is over: what is still held is an event without its end, and passes.
    public void finish(Target target) {
        writeHeld(target);
    }

    /// The bytes of the stream that this may keep between two calls.
    int retainedBytes() {
        return held.length + json.retainedBytes();
    }

    private void eventEnd(int end) {
        boolean cr = bytes[end - 1] == '\r';
        int next = cr && end < to && bytes[end] == '\n' ? end + 1 : end;
        takenOut = chunk.isUsage();
        if (takenOut) {
            writeTo(eventStart);
            heldLength = 0;
            unwritten = next;
        } else {
            writeHeld(target);
        }
        endedWithCr = cr && next == to && next == end;
        eventStart = next;
        json.endDocument();
        chunk.forget();
    }

    private void writeTo(int end) {
        if (end > unwritten) {
            target.write(bytes, unwritten, end - unwritten);
        }
        unwritten = end;
    }

    private void hold() {
        int length = to - eventStart;
        if (held.length < heldLength + length) {
            held = Arrays.copyOf(held, Math.min(HELD_MAX, Math.max(2 * held.length, heldLength + length)));
        }
        System.arraycopy(bytes, eventStart, held, heldLength, length);
        heldLength += length;
    }

    private void writeHeld(Target target) {
        if (heldLength > 0) {
            target.write(held, 0, heldLength);
            heldLength = 0;
        }
    }

    /// What the current event has shown.
    private static final class Chunk extends JsonListener<Field> {
        private boolean choices;
        private boolean choice;
        private boolean usage;
        private boolean passed;

        @Override
        void enter(Field field) {
            switch (field) {
                case CHOICES -> choices = true;
                case CHOICE -> choice = true;
                case USAGE -> usage = true;
            }
        }

        boolean mayBeUsage() {
            return !choice && !passed;
        }

        boolean isUsage() {
            return mayBeUsage() && choices && usage;
        }

        void forget() {
            choices = false;
            choice = false;
            usage = false;
            passed = false;
        }
    }
}
