package dev.weir.dialect;

/// Finds where the events of a streamed answer end, without reading what is in them.
///
/// An event is what a client takes in one piece: a server-sent event with its blank line, a line of JSON, one element of an
/// array, a frame of AWS. The framing is told by the first byte that is no space, as [AnswerScanner] tells it.
///
/// Keeps no bytes. One thread at a time.
final class EventEnds {
    /// What parts one event from the next.
    enum Framing {
        UNKNOWN,
        /// Server-sent events: a blank line.
        EVENTS,
        /// A line feed, as in NDJSON.
        LINES,
        /// The end of an element of one array that is sent piece by piece.
        ARRAY,
        /// The length at the beginning of each frame.
        FRAMES
    }

    private static final int LENGTH_BYTES = 4;

    private Framing framing = Framing.UNKNOWN;
    // server-sent events
    private boolean lineBegun;
    private boolean afterCr;
    // an array
    private int depth;
    private boolean arrayBegun;
    private boolean inString;
    private boolean escaped;
    // frames
    private int lengthBytes;
    private int left;

    Framing framing() {
        return framing;
    }

    /// Whether the array has ended whose elements the events are.
    boolean isArrayOver() {
        return framing == Framing.ARRAY && arrayBegun && depth <= 0;
    }

    /// The index behind the end of the first event that ends in `[from, to)`; -1 where none does. Call it with what follows
    /// that index next; where the bytes were cut changes nothing.
    int next(byte[] bytes, int from, int to) {
        int begin = framing == Framing.UNKNOWN ? sniff(bytes, from, to) : from;
        return switch (framing) {
            case UNKNOWN -> -1;
            case EVENTS -> event(bytes, begin, to);
            case LINES -> line(bytes, begin, to);
            case ARRAY -> element(bytes, begin, to);
            case FRAMES -> frame(bytes, begin, to);
        };
    }

    /// @return where the stream begins: white space before it ends nothing
    private int sniff(byte[] bytes, int from, int to) {
        int i = Bytes.skipJsonSpace(bytes, from, to);
        if (i < to) {
            framing = switch (bytes[i]) {
                case '{' -> Framing.LINES;
                case '[' -> Framing.ARRAY;
                default -> AmazonFrames.beginsWith(bytes[i]) ? Framing.FRAMES : Framing.EVENTS;
            };
        }
        return i;
    }

    /// A carriage return at the very end of the bytes ends its line; a line feed that comes next belongs to it still.
    private int event(byte[] bytes, int from, int to) {
        int i = from;
        if (afterCr && i < to) {
            afterCr = false;
            i += bytes[i] == '\n' ? 1 : 0;
        }
        while (i < to) {
            int end = Bytes.indexOfLineEnd(bytes, i, to);
            lineBegun |= end > i;
            if (end == to) {
                return -1;
            }
            i = end + 1;
            if (bytes[end] == '\r') {
                afterCr = i == to;
                i += i < to && bytes[i] == '\n' ? 1 : 0;
            }
            if (!lineBegun) {
                return i;
            }
            lineBegun = false;
        }
        return -1;
    }

    private static int line(byte[] bytes, int from, int to) {
        int end = Bytes.indexOfEither(bytes, from, to, (byte) '\n', (byte) '\n');
        return end == to ? -1 : end + 1;
    }

    private int element(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (escaped) {
                escaped = false;
                i++;
                continue;
            }
            i = inString
                    ? Bytes.indexOfEither(bytes, i, to, (byte) '"', (byte) '\\')
                    : Bytes.indexOfStructure(bytes, i, to);
            if (i == to) {
                return -1;
            }
            byte b = bytes[i++];
            if (b == '"') {
                inString = !inString;
            } else if (inString) {
                escaped = true;
            } else if ((b | 0x20) == '{') {
                depth++;
                arrayBegun = true;
            } else if ((b | 0x20) == '}' && --depth <= 1) {
                return i;
            }
        }
        return -1;
    }

    private int frame(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (lengthBytes < LENGTH_BYTES) {
                left = left << 8 | bytes[i++] & 0xff;
                lengthBytes++;
                if (lengthBytes == LENGTH_BYTES) {
                    // What is shorter than its own length is no frame: no event ends any more.
                    left = left < LENGTH_BYTES ? Integer.MAX_VALUE : left - LENGTH_BYTES;
                }
                continue;
            }
            int some = Math.min(left, to - i);
            left -= some;
            i += some;
            if (left == 0) {
                lengthBytes = 0;
                return i;
            }
        }
        return -1;
    }
}
