package dev.weir.dialect;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Finds values by path in JSON that passes in pieces, and keeps none of it.
///
/// **Idea.** A metered answer is mostly content: text, tool arguments, base64 images, embeddings. What is wanted are some
/// twenty numbers and names at known paths. So the scanner walks the document together with a tree of names ([JsonPaths]).
/// As long as the tree has a branch for where the document goes, it keeps one level per open container; where the tree has
/// none, it skips to the end of the value, counting brackets and stepping over strings eight bytes at a time. A word that
/// looks like `usage` inside content is inside a skipped value, or at another path, and means nothing.
///
/// **Memory.** One level per step of the longest path and [#CAPTURE_MAX] bytes for the key, number or short string that a
/// chunk boundary cut. A string of any length, or nesting of any depth, costs nothing more.
///
/// **Not a validator.** The provider's answer goes to the client as it is, right or wrong. What cannot be JSON at all ends
/// the document for the meter ([#broken()]); the next document (SSE event, NDJSON line) starts afresh. Requests, where two
/// readings would matter, are read by [JsonCursor].
///
/// **One state, one method.** Each is an entry, for when a chunk ended there. Members that stand whole in the chunk, as nearly
/// all do, need no entries: [#members] takes one after the other, and hands over to the method of the state where it cannot.
///
/// Documents follow each other without ceremony, as in NDJSON; SSE calls [#endDocument()] at each event. Grammar: RFC 8259.
/// One thread at a time.
final class JsonTap<F extends Enum<F>> {
    /// The longest key, number or captured string that is read.
    static final int CAPTURE_MAX = 512;

    private enum State {
        VALUE, SCALAR, STRING, SKIPPED, SKIPPED_STRING, KEY_OR_END, KEY, COLON, AFTER, BROKEN
    }

    private final JsonPaths<F> paths;
    private final JsonListener<F> listener;

    private State state = State.VALUE;
    /// The place of the value that comes next or is being read; null where nobody asked.
    private JsonPaths.@Nullable Node<F> target;
    /// The places of the open containers, and which of them are arrays.
    private final JsonPaths.Node<F>[] open;
    private final boolean[] array;
    private int level;
    private int skippedDepth;
    private boolean afterBackslash;

    /// The key, scalar or captured string that is being read, where it does not stand whole and plain in one chunk.
    private final JsonFragment cut = new JsonFragment(CAPTURE_MAX);

    @SuppressWarnings("unchecked")
    JsonTap(JsonPaths<F> paths, JsonListener<F> listener) {
        this.paths = paths;
        this.listener = listener;
        this.open = (JsonPaths.Node<F>[]) new JsonPaths.Node<?>[paths.depth() + 1];
        this.array = new boolean[paths.depth() + 1];
        this.target = paths.root;
    }

    /// Reads the next bytes; where they were cut changes nothing.
    void accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            i = switch (state) {
                case VALUE -> value(bytes, i, to);
                case SCALAR -> scalar(bytes, i, to);
                case STRING -> string(bytes, i, to);
                case SKIPPED -> skipped(bytes, i, to);
                case SKIPPED_STRING -> skippedString(bytes, i, to);
                case KEY_OR_END -> keyOrEnd(bytes, i, to);
                case KEY -> key(bytes, i, to);
                case COLON -> colon(bytes, i, to);
                case AFTER -> after(bytes, i, to);
                case BROKEN -> to;
            };
        }
    }

    /// Ends the document here, finished or not, and expects another.
    void endDocument() {
        // Inside a container a number without anything after it may have lost its last digits.
        if (state == State.SCALAR && level == 0) {
            scalarEnd();
        }
        state = State.VALUE;
        level = 0;
        skippedDepth = 0;
        afterBackslash = false;
        target = paths.root;
    }

    /// The bytes of the stream that this may keep between two calls.
    int retainedBytes() {
        return cut.bytes().length;
    }

    /// Whether the document so far cannot be JSON.
    boolean broken() {
        return state == State.BROKEN;
    }

    /// Whether a document has begun and not ended.
    boolean insideDocument() {
        return level > 0 || state != State.VALUE;
    }

    private int value(byte[] bytes, int from, int to) {
        int i = Bytes.skipJsonSpace(bytes, from, to);
        if (i == to) {
            return to;
        }
        switch (bytes[i]) {
            case '{' -> begin(false);
            case '[' -> begin(true);
            case '"' -> {
                return beginString(bytes, i + 1, to);
            }
            case ']' -> {
                if (level == 0 || !array[level]) {
                    return broken(to);
                }
                end();
            }
            default -> {
                if (!Bytes.isJsonScalar(bytes[i])) {
                    return broken(to);
                }
                forget();
                state = State.SCALAR;
                return scalar(bytes, i, to);
            }
        }
        return i + 1;
    }

    private void begin(boolean isArray) {
        JsonPaths.Node<F> place = target;
        if (place == null || (place.field == null && (isArray ? place.element == null : !place.hasChildren()))) {
            skippedDepth = 1;
            state = State.SKIPPED;
            return;
        }
        if (place.field != null) {
            listener.enter(place.field);
        }
        level++;
        open[level] = place;
        array[level] = isArray;
        if (isArray) {
            target = place.element;
            state = State.VALUE;
        } else {
            state = State.KEY_OR_END;
        }
    }

    private void end() {
        F field = open[level].field;
        level--;
        if (field != null) {
            listener.leave(field);
        }
        valueEnd();
    }

    private void valueEnd() {
        if (level > 0) {
            state = State.AFTER;
        } else {
            state = State.VALUE;
            target = paths.root;
            listener.documentEnd();
        }
    }

    private int after(byte[] bytes, int from, int to) {
        int i = Bytes.skipJsonSpace(bytes, from, to);
        if (i == to) {
            return to;
        }
        byte b = bytes[i];
        if (b == ',') {
            if (array[level]) {
                target = open[level].element;
                state = State.VALUE;
            } else {
                state = State.KEY_OR_END;
                return keyOrEnd(bytes, i + 1, to);
            }
        } else if (b == (array[level] ? ']' : '}')) {
            end();
        } else {
            return broken(to);
        }
        return i + 1;
    }

    private int keyOrEnd(byte[] bytes, int from, int to) {
        int i = Bytes.skipJsonSpace(bytes, from, to);
        if (i == to) {
            return to;
        }
        if (bytes[i] == '"') {
            return members(bytes, i + 1, to);
        }
        if (bytes[i] == '}') {
            end();
        } else {
            return broken(to);
        }
        return i + 1;
    }

    /// Reads members until the object ends, a container that somebody asked for begins, or a name is cut or has escapes. Keeps
    /// nothing and notes nothing on the way, but for the members that are not [#simple].
    ///
    /// @param from behind the opening quote of a name
    private int members(byte[] bytes, int from, int to) {
        JsonPaths.Node<F> place = open[level];
        int i = from;
        while (true) {
            int quote = quoteOrEscape(bytes, i, to);
            if (quote + 2 >= to || bytes[quote] != '"' || bytes[quote + 1] != ':') {
                forget();
                state = State.KEY;
                return key(bytes, i, to);
            }
            JsonPaths.Node<F> child = place.child(bytes, i, quote);
            i = simple(child, bytes, quote + 2, to);
            if (i < 0) {
                target = child;
                state = State.VALUE;
                i = value(bytes, quote + 2, to);
                if (state != State.AFTER) {
                    return i;
                }
            }
            i = Bytes.skipJsonSpace(bytes, i, to);
            if (i == to || bytes[i] != ',') {
                state = State.AFTER;
                return i;
            }
            i = Bytes.skipJsonSpace(bytes, i + 1, to);
            if (i == to || bytes[i] != '"') {
                state = State.KEY_OR_END;
                return i;
            }
            i++;
        }
    }

    private static int quoteOrEscape(byte[] bytes, int from, int to) {
        return Bytes.indexOfEither(bytes, from, to, (byte) '"', (byte) '\\');
    }

    /// Reads a string without escapes or a scalar, if it stands whole in these bytes; tells where it ends, or -1.
    private int simple(JsonPaths.@Nullable Node<F> place, byte[] bytes, int from, int to) {
        int begin = Bytes.skipJsonSpace(bytes, from, to);
        if (begin == to) {
            return -1;
        }
        if (bytes[begin] == '"') {
            int quote = quoteOrEscape(bytes, begin + 1, to);
            if (quote == to || bytes[quote] != '"') {
                return -1;
            }
            if (place != null && place.field != null) {
                wholeString(place.field, place.pieces, bytes, begin + 1, quote);
            }
            return quote + 1;
        }
        int end = Bytes.skipJsonScalar(bytes, begin, to);
        if (end == begin || end == to) {
            return -1;
        }
        if (place != null && place.field != null) {
            if (end - begin > CAPTURE_MAX) {
                return -1;
            }
            scalar(place.field, bytes, begin, end);
        }
        return end;
    }

    private void wholeString(F field, boolean pieces, byte[] bytes, int from, int to) {
        if (!pieces) {
            listener.string(field, bytes, from, Math.min(to, from + CAPTURE_MAX));
            return;
        }
        if (from < to) {
            listener.piece(field, bytes, from, to);
        }
        listener.pieceEnd(field);
    }

    private int key(byte[] bytes, int from, int to) {
        int quote = closingQuote(bytes, from, to);
        if (quote >= 0 && cut.isEmpty()) {
            target = open[level].child(bytes, from, quote);
            if (quote + 1 < to && bytes[quote + 1] == ':') {
                state = State.VALUE;
                return value(bytes, quote + 2, to);
            }
            state = State.COLON;
            return quote + 1;
        }
        cut.keep(bytes, from, quote < 0 ? to : quote);
        if (quote < 0) {
            return to;
        }
        cut.unescape();
        target = cut.isTooLong() ? null : open[level].child(cut.bytes(), 0, cut.length());
        state = State.COLON;
        return quote + 1;
    }

    private int colon(byte[] bytes, int from, int to) {
        int i = Bytes.skipJsonSpace(bytes, from, to);
        if (i == to) {
            return to;
        }
        if (bytes[i] != ':') {
            return broken(to);
        }
        state = State.VALUE;
        return i + 1;
    }

    private int beginString(byte[] bytes, int from, int to) {
        forget();
        if (target == null || target.field == null) {
            state = State.SKIPPED_STRING;
            return skippedString(bytes, from, to);
        }
        state = State.STRING;
        return string(bytes, from, to);
    }

    private int string(byte[] bytes, int from, int to) {
        JsonPaths.Node<F> place = java.util.Objects.requireNonNull(target);
        F field = java.util.Objects.requireNonNull(place.field);
        int quote = closingQuote(bytes, from, to);
        int stop = quote < 0 ? to : quote;
        if (place.pieces) {
            if (stop > from) {
                listener.piece(field, bytes, from, stop);
            }
            if (quote >= 0) {
                listener.pieceEnd(field);
            }
        } else if (quote >= 0 && cut.isEmpty() && stop - from <= CAPTURE_MAX) {
            listener.string(field, bytes, from, stop);
        } else {
            cut.keep(bytes, from, stop);
            if (quote >= 0) {
                cut.unescape();
                listener.string(field, cut.bytes(), 0, cut.length());
            }
        }
        if (quote < 0) {
            return to;
        }
        valueEnd();
        return quote + 1;
    }

    /// The index of the quote that ends the string, or -1 where these bytes do not end it. Notes escapes on the way.
    private int closingQuote(byte[] bytes, int from, int to) {
        int i = from;
        if (afterBackslash && i < to) {
            afterBackslash = false;
            i++;
        }
        while (i < to) {
            i = quoteOrEscape(bytes, i, to);
            if (i == to) {
                return -1;
            }
            if (bytes[i] == '"') {
                return i;
            }
            cut.noteEscape();
            if (i + 1 == to) {
                afterBackslash = true;
                return -1;
            }
            i += 2;
        }
        return -1;
    }

    private int skipped(byte[] bytes, int from, int to) {
        int depth = skippedDepth;
        int i = from;
        while (true) {
            i = Bytes.indexOfStructure(bytes, i, to);
            if (i == to) {
                skippedDepth = depth;
                return to;
            }
            byte b = bytes[i++];
            if (b == '"') {
                int quote = closingQuote(bytes, i, to);
                if (quote < 0) {
                    skippedDepth = depth;
                    state = State.SKIPPED_STRING;
                    return to;
                }
                i = quote + 1;
            } else if ((b | 0x20) == '{') {
                depth++;
            } else if ((b | 0x20) == '}' && --depth == 0) {
                skippedDepth = 0;
                valueEnd();
                return i;
            }
        }
    }

    private int skippedString(byte[] bytes, int from, int to) {
        int quote = closingQuote(bytes, from, to);
        if (quote < 0) {
            return to;
        }
        if (skippedDepth > 0) {
            state = State.SKIPPED;
        } else {
            valueEnd();
        }
        return quote + 1;
    }

    private int scalar(byte[] bytes, int from, int to) {
        int i = Bytes.skipJsonScalar(bytes, from, to);
        if (target == null || target.field == null) {
            if (i < to) {
                valueEnd();
            }
        } else if (i < to && cut.isEmpty() && i - from <= CAPTURE_MAX) {
            scalar(target.field, bytes, from, i);
            valueEnd();
        } else {
            cut.keep(bytes, from, i);
            if (i < to) {
                scalarEnd();
            }
        }
        return i;
    }

    /// Ends a scalar that a chunk boundary cut, or that nothing follows.
    private void scalarEnd() {
        if (target != null && target.field != null && cut.isWhole()) {
            scalar(target.field, cut.bytes(), 0, cut.length());
        }
        valueEnd();
    }

    private void scalar(F field, byte[] bytes, int from, int to) {
        switch (bytes[from]) {
            case 't' -> listener.truth(field, true);
            case 'f' -> listener.truth(field, false);
            case 'n' -> {
            }
            default -> JsonNumber.tell(listener, field, bytes, from, to);
        }
    }

    private int broken(int to) {
        state = State.BROKEN;
        return to;
    }

    private void forget() {
        cut.forget();
        afterBackslash = false;
    }

    @Override
    public String toString() {
        return state + " at level " + level + " of " + Arrays.toString(open);
    }
}
