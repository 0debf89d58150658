package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads one whole JSON text strictly, in one pass, and knows where in the bytes everything stands.
///
/// Used for requests. A request may be edited and is then read a second time by somebody else, so it must have one reading
/// only: RFC 8259 to the letter, UTF-8 without mark, overlong forms or surrogates, no name with half a surrogate pair (section
/// 8.2), at most [#DEPTH_MAX] levels, nothing after the text. A cursor is pulled: the caller asks for an object, then
/// for name after name, and reads or
/// [skips][#skip()] each value; what is skipped is checked all the same.
///
/// ```java
/// var json = new JsonCursor(body, length);
/// json.beginObject();
/// while (json.nextName()) {
///     if (json.nameIs("model")) { model = json.readString(); } else { json.skip(); }
/// }
/// json.end();
/// ```
///
/// Allocates nothing but the strings asked for. One thread at a time. Anything wrong throws [Malformed], which carries the
/// position.
final class JsonCursor {
    static final int DEPTH_MAX = 512;

    /// The text is not JSON; the message says what stands where.
    static final class Malformed extends Exception {
        Malformed(String what, int position) {
            super(what + " at byte " + position, null, false, false);
        }
    }

    enum Kind {
        OBJECT, ARRAY, STRING, NUMBER, TRUE, FALSE, NULL
    }

    private final byte[] bytes;
    private final int length;
    private int at;
    private final boolean[] array = new boolean[DEPTH_MAX + 1];
    private int depth;
    private boolean first;

    private int nameStart;
    private int nameEnd;
    private boolean nameEscaped;
    private int stringStart;
    private int stringEnd;
    private boolean stringEscaped;

    JsonCursor(byte[] bytes, int length) {
        this.bytes = bytes;
        this.length = length;
    }

    /// The position of the next byte.
    int position() {
        return at;
    }

    /// The kind of the value that comes next; skips the space before it.
    Kind peek() throws Malformed {
        space();
        return switch (at < length ? bytes[at] : 0) {
            case '{' -> Kind.OBJECT;
            case '[' -> Kind.ARRAY;
            case '"' -> Kind.STRING;
            case 't' -> Kind.TRUE;
            case 'f' -> Kind.FALSE;
            case 'n' -> Kind.NULL;
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> Kind.NUMBER;
            default -> throw unexpected("a value");
        };
    }

    void beginObject() throws Malformed {
        begin('{', false);
    }

    void beginArray() throws Malformed {
        begin('[', true);
    }

    private void begin(int bracket, boolean isArray) throws Malformed {
        space();
        expect(bracket);
        if (depth == DEPTH_MAX) {
            throw new Malformed("more than " + DEPTH_MAX + " levels", at - 1);
        }
        array[++depth] = isArray;
        first = true;
    }

    /// Moves to the next member of the object: true with its name read, false where the object ends (and is left).
    boolean nextName() throws Malformed {
        if (!more('}')) {
            return false;
        }
        space();
        string();
        nameStart = stringStart;
        nameEnd = stringEnd;
        nameEscaped = stringEscaped;
        if (nameEscaped && JsonText.hasLoneSurrogate(name())) {
            throw new Malformed("half a character in a name", nameStart);
        }
        space();
        expect(':');
        return true;
    }

    /// Moves to the next element of the array: false where the array ends (and is left).
    boolean nextElement() throws Malformed {
        return more(']');
    }

    private boolean more(int bracket) throws Malformed {
        space();
        if (at < length && bytes[at] == bracket) {
            at++;
            depth--;
            first = false;
            return false;
        }
        if (!first) {
            expect(',');
        }
        first = false;
        return true;
    }

    /// Whether the name just read is `name` (ASCII), written with escapes or without.
    boolean nameIs(String name) {
        if (nameEscaped) {
            return name().equals(name);
        }
        if (nameEnd - nameStart != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (bytes[nameStart + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// The name just read.
    String name() {
        return JsonText.unescape(bytes, nameStart, nameEnd);
    }

    String readString() throws Malformed {
        space();
        string();
        return JsonText.unescape(bytes, stringStart, stringEnd);
    }

    /// Where the inside of the string read or skipped last begins.
    int stringStart() {
        return stringStart;
    }

    int stringEnd() {
        return stringEnd;
    }

    /// Whether the string read or skipped last begins with `prefix` (ASCII), as written.
    boolean stringStartsWith(String prefix) {
        if (stringEnd - stringStart < prefix.length()) {
            return false;
        }
        for (int i = 0; i < prefix.length(); i++) {
            if (bytes[stringStart + i] != prefix.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// The string that comes next, or null (skipped) where something else stands.
    @Nullable
    String readStringOrNull() throws Malformed {
        if (peek() == Kind.STRING) {
            return readString();
        }
        skip();
        return null;
    }

    /// The next value if it is `true`; anything else is skipped.
    boolean readTruth() throws Malformed {
        boolean truth = peek() == Kind.TRUE;
        skip();
        return truth;
    }

    /// The next value if it is a whole number of at most 18 digits, without fraction or exponent; anything else is skipped
    /// and yields `otherwise`.
    long readLong(long otherwise) throws Malformed {
        boolean isNumber = peek() == Kind.NUMBER;
        int from = at;
        skip();
        if (!isNumber || at - from > 18) {
            return otherwise;
        }
        boolean negative = bytes[from] == '-';
        long value = 0;
        for (int i = negative ? from + 1 : from; i < at; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return otherwise;
            }
            value = value * 10 + digit;
        }
        return negative ? -value : value;
    }

    /// Checks and passes the value that comes next, however deep.
    void skip() throws Malformed {
        int base = depth;
        do {
            switch (peek()) {
                case OBJECT -> beginObject();
                case ARRAY -> beginArray();
                case STRING -> string();
                case NUMBER -> number();
                case TRUE -> literal("true");
                case FALSE -> literal("false");
                case NULL -> literal("null");
            }
            while (depth > base && !(array[depth] ? nextElement() : nextName())) {
                // Left one level; the one around it may end here too.
            }
        } while (depth > base);
        first = false;
    }

    /// The text must be over, but for space.
    void end() throws Malformed {
        space();
        if (at < length) {
            throw unexpected("the end");
        }
    }

    private void space() {
        while (at < length && Bytes.isJsonSpace(bytes[at])) {
            at++;
        }
    }

    private void expect(int b) throws Malformed {
        if (at == length || bytes[at] != b) {
            throw unexpected("'" + (char) b + "'");
        }
        at++;
    }

    private void literal(String word) throws Malformed {
        for (int i = 0; i < word.length(); i++, at++) {
            if (at == length || bytes[at] != word.charAt(i)) {
                throw unexpected(word);
            }
        }
    }

    private void number() throws Malformed {
        if (bytes[at] == '-') {
            at++;
        }
        if (at < length && bytes[at] == '0') {
            at++;
        } else {
            digits();
        }
        if (at < length && bytes[at] == '.') {
            at++;
            digits();
        }
        if (at < length && (bytes[at] | 0x20) == 'e') {
            at++;
            if (at < length && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            digits();
        }
    }

    private void digits() throws Malformed {
        int from = at;
        while (at < length && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        if (at == from) {
            throw unexpected("a digit");
        }
    }

    private void string() throws Malformed {
        expect('"');
        stringStart = at;
        stringEscaped = false;
        while (true) {
            if (at == length) {
                throw unexpected("the end of a string");
            }
            byte b = bytes[at];
            if (b == '"') {
                stringEnd = at++;
                return;
            }
            if (b == '\\') {
                stringEscaped = true;
                escape();
            } else if (b >= 0x20) {
                at++;
            } else if (b >= 0) {
                throw new Malformed("a control character inside a string", at);
            } else {
                at = Utf8.next(bytes, at, length);
                if (at < 0) {
                    throw new Malformed("bytes that are not UTF-8 inside a string", ~at);
                }
            }
        }
    }

    private void escape() throws Malformed {
        at++;
        switch (at < length ? bytes[at] : 0) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
            case 'u' -> {
                at++;
                for (int i = 0; i < 4; i++, at++) {
                    if (at == length || bytes[at] < 0 || Character.digit(bytes[at], 16) < 0) {
                        throw unexpected("a hexadecimal digit");
                    }
                }
            }
            default -> throw unexpected("an escape");
        }
    }

    private Malformed unexpected(String wanted) {
        if (at >= length) {
            return new Malformed("the text ends where " + wanted + " should stand", length);
        }
        byte[] one = {bytes[at]};
        String found = bytes[at] > 0x20
                ? "'" + new String(one, StandardCharsets.US_ASCII) + "'"
                : "byte 0x" + Integer.toHexString(bytes[at] & 0xff);
        return new Malformed(found + " where " + wanted + " should stand", at);
    }
}
