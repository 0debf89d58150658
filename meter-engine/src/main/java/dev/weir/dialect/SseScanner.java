package dev.weir.dialect;

/// Reads a server-sent event stream as it passes, by the rules of the WHATWG HTML standard, section 9.2.6 ("interpreting an
/// event stream"): lines end with LF, CRLF or CR; one leading byte order mark is ignored; a line that begins with a colon is
/// a comment; one space after the colon of a field is not part of its value; several `data` lines of one event are joined
/// by LF; a blank line ends the event.
///
/// It differs in two points, because it meters and does not dispatch: the data of an event goes to the listener while it
/// passes, not when the event is over (so an event of any length needs no memory), and an event that the end of the stream
/// leaves without its blank line still counts ([#end()]).
///
/// One thread at a time. Keeps no bytes: of a field name only how much of `data` or `event` has matched so far.
final class SseScanner {
    /// Hears the parts of each event. Arrays are lent for the call.
    interface Listener {
        /// A piece of the event's data.
        void data(byte[] bytes, int from, int to);

        /// The event is over; its last byte is the one before `to` of the array passed to [SseScanner#accept].
        void eventEnd(int to);
    }

    private enum State {
        BOM, LINE_START, NAME, VALUE_START, DATA, IGNORED, AFTER_CR
    }

    private static final byte[] DATA_NAME = {'d', 'a', 't', 'a'};
    private static final int DATA_WORD = 'd' | 'a' << 8 | 't' << 16 | 'a' << 24;
    private static final byte[] BOM_BYTES = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
    private static final byte[] LINE_FEED = {'\n'};

    private final Listener listener;
    private State state = State.BOM;
    /// How much of the mark, or of the field's name, has matched.
    private int matched;
    private boolean eventHasData;
    private boolean eventHasLines;

    SseScanner(Listener listener) {
        this.listener = listener;
    }

    /// Reads the next bytes; where they were cut changes nothing.
    void accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            i = switch (state) {
                case BOM -> byteOrderMark(bytes, i);
                case LINE_START -> lineStart(bytes, i, to);
                case NAME -> name(bytes, i);
                case VALUE_START -> valueStart(bytes, i);
                case DATA -> data(bytes, i, to);
                case IGNORED -> ignored(bytes, i, to);
                case AFTER_CR -> afterCarriageReturn(bytes, i);
            };
        }
    }

    /// The stream is over: an event without its blank line ends here.
    void end() {
        if (eventHasLines) {
            eventEnd(0);
        }
        state = State.LINE_START;
    }

    /// Whether a line feed that comes next would belong to the line before.
    boolean afterCarriageReturn() {
        return state == State.AFTER_CR;
    }

    private int byteOrderMark(byte[] bytes, int i) {
        if (bytes[i] == BOM_BYTES[matched]) {
            matched++;
            if (matched == BOM_BYTES.length) {
                state = State.LINE_START;
            }
            return i + 1;
        }
        state = matched == 0 ? State.LINE_START : State.IGNORED;
        return i;
    }

    private int lineStart(byte[] bytes, int i, int to) {
        byte b = bytes[i];
        if (b == '\n' || b == '\r') {
            state = b == '\r' ? State.AFTER_CR : State.LINE_START;
            eventEnd(i + 1);
            return i + 1;
        }
        eventHasLines = true;
        // As nearly every line of nearly every stream begins; it need not be spelled byte by byte.
        if (i + 6 < to && Bytes.isFour(bytes, i, DATA_WORD) && bytes[i + 4] == ':') {
            beginData();
            state = State.DATA;
            return data(bytes, bytes[i + 5] == ' ' ? i + 6 : i + 5, to);
        }
        matched = 0;
        state = b == ':' ? State.IGNORED : State.NAME;
        return i;
    }

    private int name(byte[] bytes, int i) {
        byte b = bytes[i];
        if (matched < DATA_NAME.length) {
            if (b == DATA_NAME[matched]) {
                matched++;
                return i + 1;
            }
            state = State.IGNORED;
            return i;
        }
        switch (b) {
            case ':' -> {
                beginData();
                state = State.VALUE_START;
                return i + 1;
            }
            // The bare name: a line of data with an empty value.
            case '\n', '\r' -> {
                beginData();
                return lineEnd(b, i);
            }
            default -> {
                state = State.IGNORED;
                return i;
            }
        }
    }

    private void beginData() {
        if (eventHasData) {
            listener.data(LINE_FEED, 0, 1);
        }
        eventHasData = true;
    }

    private int valueStart(byte[] bytes, int i) {
        state = State.DATA;
        return bytes[i] == ' ' ? i + 1 : i;
    }

    private int data(byte[] bytes, int from, int to) {
        int i = Bytes.indexOfLineEnd(bytes, from, to);
        if (i > from) {
            listener.data(bytes, from, i);
        }
        return i < to ? lineEnd(bytes[i], i) : to;
    }

    private int ignored(byte[] bytes, int from, int to) {
        int i = Bytes.indexOfLineEnd(bytes, from, to);
        return i < to ? lineEnd(bytes[i], i) : to;
    }

    private int lineEnd(byte b, int i) {
        state = b == '\r' ? State.AFTER_CR : State.LINE_START;
        return i + 1;
    }

    private int afterCarriageReturn(byte[] bytes, int i) {
        state = State.LINE_START;
        return bytes[i] == '\n' ? i + 1 : i;
    }

    private void eventEnd(int to) {
        eventHasData = false;
        eventHasLines = false;
        listener.eventEnd(to);
    }
}
