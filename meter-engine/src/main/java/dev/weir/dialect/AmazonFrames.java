package dev.weir.dialect;

import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// Reads `application/vnd.amazon.eventstream` as it passes (smithy.io, "Amazon Event Stream specification"; read 2026-11).
///
/// ```
/// 0          4            8             12        12+h            n-4            n
/// | n total  | h headers  | CRC32 0..8  | headers | payload      | CRC32 0..n-4 |     numbers are big-endian
///
/// one header: | u8 length | name | u8 type | value |     type 7: u16 length and UTF-8
/// ```
///
/// The payload goes to the listener while it passes, so a frame of any length needs no memory; of the headers at most
/// [#HEADERS_KEPT_MAX] bytes are kept, and only where a chunk boundary cuts them. What is wrong in a frame ends the reading
/// for good, because nobody knows where the next frame begins: [#damage()] says whether some of the payload had been heard
/// by then. The passing of the bytes is none of its business.
///
/// One thread at a time.
final class AmazonFrames {
    /// Hears the parts of each frame. Arrays are lent for the call.
    interface Listener {
        /// A piece of the payload of an event.
        void payload(byte[] bytes, int from, int to);

        /// The event is over, and its checksum was right.
        void eventEnd();

        /// The frame is no event: the answer has failed. Its payload, a sentence, is not told.
        ///
        /// @param type of the exception, `throttlingException`
        void failure(String type);
    }

    /// What became of the reading.
    enum Damage {
        NONE,
        /// A frame whose beginning made no sense: what was heard before it stands.
        BETWEEN_EVENTS,
        /// A payload that was heard, and turned out not to be what was sent.
        INSIDE_EVENT
    }

    private enum State {
        PRELUDE, HEADERS, PAYLOAD, CHECKSUM, BROKEN
    }

    static final int HEADERS_KEPT_MAX = 4_096;
    private static final int PRELUDE = 12;
    private static final int CHECKSUM = 4;
    /// The most that the SDKs take (aws-c-event-stream, `event_stream.h`: 24 MB, headers 128 KB); Bedrock sends 16 MB at most.
    private static final int TOTAL_MAX = 24 << 20;
    private static final int HEADERS_MAX = 128 << 10;
    private static final int TYPE_STRING = 7;
    /// How long the values of the header types 0 to 9 are; -1: as the two bytes before them say.
    private static final int[] VALUE_LENGTHS = {0, 0, 1, 2, 4, 8, -1, -1, 8, 16};

    private final Listener listener;
    private final CRC32 checksum = new CRC32();
    private State state = State.PRELUDE;
    private byte[] kept = new byte[64];
    private int keptLength;
    private int headersLength;
    /// What is still to come of headers or payload.
    private int left;
    private int payloadLength;
    private boolean isEvent;
    private Damage damage = Damage.NONE;

    AmazonFrames(Listener listener) {
        this.listener = listener;
    }

    /// Whether an answer that begins with this byte is framed so: a length below 32 MiB, which no text begins with.
    static boolean beginsWith(byte first) {
        return first == 0 || first == 1;
    }

    Damage damage() {
        return damage;
    }

    /// Reads the next bytes; where they were cut changes nothing.
    void accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            i = switch (state) {
                case PRELUDE -> prelude(bytes, i, to);
                case HEADERS -> headers(bytes, i, to);
                case PAYLOAD -> payload(bytes, i, to);
                case CHECKSUM -> checksum(bytes, i, to);
                case BROKEN -> to;
            };
        }
    }

    private int prelude(byte[] bytes, int from, int to) {
        int next = keep(bytes, from, to, PRELUDE);
        if (keptLength < PRELUDE) {
            return next;
        }
        checksum.reset();
        checksum.update(kept, 0, 8);
        int total = number(kept, 0);
        headersLength = number(kept, 4);
        payloadLength = total - PRELUDE - CHECKSUM - headersLength;
        if ((int) checksum.getValue() != number(kept, 8) || total > TOTAL_MAX || total < PRELUDE + CHECKSUM
                || headersLength < 0 || headersLength > HEADERS_MAX || payloadLength < 0) {
            return broken(Damage.BETWEEN_EVENTS, to);
        }
        checksum.update(kept, 8, 4);
        keptLength = 0;
        left = headersLength;
        isEvent = true;
        state = State.HEADERS;
        return headersLength == 0 ? headersEnd(next) : next;
    }

    /// Headers longer than any that are known pass unread; the frame then counts as an event.
    private int headers(byte[] bytes, int from, int to) {
        int some = Math.min(left, to - from);
        checksum.update(bytes, from, some);
        left -= some;
        if (headersLength > HEADERS_KEPT_MAX) {
            return left == 0 ? headersEnd(from + some) : to;
        }
        boolean whole = some == headersLength;
        if (!whole) {
            keep(bytes, from, from + some, headersLength);
        }
        if (left > 0) {
            return to;
        }
        boolean read = whole ? readHeaders(bytes, from, from + some) : readHeaders(kept, 0, keptLength);
        keptLength = 0;
        return read ? headersEnd(from + some) : broken(Damage.BETWEEN_EVENTS, to);
    }

    private int headersEnd(int next) {
        left = payloadLength;
        state = payloadLength == 0 ? State.CHECKSUM : State.PAYLOAD;
        return next;
    }

    private int payload(byte[] bytes, int from, int to) {
        int some = Math.min(left, to - from);
        checksum.update(bytes, from, some);
        left -= some;
        if (isEvent) {
            listener.payload(bytes, from, from + some);
        }
        if (left == 0) {
            state = State.CHECKSUM;
        }
        return from + some;
    }

    private int checksum(byte[] bytes, int from, int to) {
        int next = keep(bytes, from, to, CHECKSUM);
        if (keptLength < CHECKSUM) {
            return next;
        }
        if ((int) checksum.getValue() != number(kept, 0)) {
            return broken(Damage.INSIDE_EVENT, to);
        }
        keptLength = 0;
        state = State.PRELUDE;
        if (isEvent) {
            listener.eventEnd();
        }
        return next;
    }

    /// @return whether they could be read to their end
    private boolean readHeaders(byte[] bytes, int from, int to) {
        @Nullable
        String type = null;
        @Nullable
        String failure = null;
        int i = from;
        while (i < to) {
            int name = i + 1;
            int nameEnd = name + (bytes[i] & 0xff);
            if (nameEnd >= to || bytes[nameEnd] < 0 || bytes[nameEnd] >= VALUE_LENGTHS.length) {
                return false;
            }
            int value = nameEnd + 1;
            int length = VALUE_LENGTHS[bytes[nameEnd]];
            if (length < 0) {
                if (value + 2 > to) {
                    return false;
                }
                length = (bytes[value] & 0xff) << 8 | bytes[value + 1] & 0xff;
                value += 2;
            }
            if (value + length > to) {
                return false;
            }
            if (bytes[nameEnd] == TYPE_STRING) {
                if (AnswerFields.is(":message-type", bytes, name, nameEnd)) {
                    type = AnswerFields.is("event", bytes, value, value + length)
                            ? "event"
                            : AnswerFields.name(bytes, value, value + length);
                } else if (AnswerFields.is(":exception-type", bytes, name, nameEnd)
                        || AnswerFields.is(":error-code", bytes, name, nameEnd)) {
                    failure = AnswerFields.name(bytes, value, value + length);
                }
            }
            i = value + length;
        }
        isEvent = type == null || type.equals("event");
        if (!isEvent) {
            listener.failure(failure == null ? "error" : failure);
        }
        return true;
    }

    private int broken(Damage how, int to) {
        damage = how;
        state = State.BROKEN;
        return to;
    }

    /// Keeps bytes until there are `wanted`.
    ///
    /// @return where the bytes go on
    private int keep(byte[] bytes, int from, int to, int wanted) {
        int some = Math.min(wanted - keptLength, to - from);
        if (kept.length < wanted) {
            kept = java.util.Arrays.copyOf(kept, wanted);
        }
        System.arraycopy(bytes, from, kept, keptLength, some);
        keptLength += some;
        return from + some;
    }

    private static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8
                | bytes[at + 3] & 0xff;
    }
}
