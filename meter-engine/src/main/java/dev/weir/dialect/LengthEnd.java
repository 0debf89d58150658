package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// How one dialect ends a stream at an output limit, and what of the stream it must have heard for that. One per attempt, one
/// thread at a time.
abstract class LengthEnd<F extends Enum<F>> extends JsonListener<F> {
    /// The longest name out of an answer that an end repeats; a longer one is left out.
    static final int NAME_MAX = 128;
    /// So many bytes are enough for one event of an end with two names and three numbers in it.
    static final int EVENT_MAX = 640;

    abstract JsonPaths<F> paths();

    /// Whether it can end a stream that is framed so: usually one of events.
    boolean ends(EventEnds.Framing framing) {
        return framing == EventEnds.Framing.EVENTS;
    }

    /// Whether it can end the stream where it is now.
    boolean canEnd() {
        return true;
    }

    /// The most bytes that the events of the end can have once an event of so many bytes has passed.
    abstract long endMaxAfter(long eventBytes);

    /// The events that bring the stream to its end: those that are still missing, and none where it is at its end already.
    abstract void write(EndWriter out, EventStream.Used used);

    /// A name that can be repeated as it stands; null where it is long or has characters that would have to be escaped.
    static @Nullable String name(byte[] bytes, int from, int to) {
        if (to == from || to - from > NAME_MAX) {
            return null;
        }
        for (int i = from; i < to; i++) {
            if (bytes[i] < ' ' || bytes[i] == '"' || bytes[i] == '\\' || bytes[i] == 0x7f) {
                return null;
            }
        }
        return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
    }

    /// A name of the request or of Weir's own; empty where it cannot be repeated.
    static String name(@Nullable String known) {
        byte[] bytes = known == null ? new byte[0] : known.getBytes(StandardCharsets.UTF_8);
        String name = name(bytes, 0, bytes.length);
        return name == null ? "" : name;
    }

    static boolean is(String word, byte[] bytes, int from, int to) {
        return AnswerFields.is(word, bytes, from, to);
    }
}
