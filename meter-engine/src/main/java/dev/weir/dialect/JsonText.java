package dev.weir.dialect;

import java.nio.charset.StandardCharsets;

/// The text inside JSON strings: taking escapes off, putting them on (RFC 8259 section 7).
final class JsonText {
    private JsonText() {}

    /// The characters of the raw inside of a string. Broken escapes and broken UTF-8 become U+FFFD, an unfinished escape at
    /// the end is dropped: this reads what passed, it does not judge it.
    static String unescape(byte[] raw, int from, int to) {
        int backslash = Bytes.indexOfEither(raw, from, to, (byte) '\\', (byte) '\\');
        if (backslash == to) {
            return new String(raw, from, to - from, StandardCharsets.UTF_8);
        }
        var text = new StringBuilder(to - from);
        int i = from;
        while (i < to) {
            text.append(new String(raw, i, backslash - i, StandardCharsets.UTF_8));
            i = backslash;
            if (i < to) {
                i = escape(raw, i + 1, to, text);
                backslash = Bytes.indexOfEither(raw, i, to, (byte) '\\', (byte) '\\');
            }
        }
        return text.toString();
    }

    private static int escape(byte[] raw, int at, int to, StringBuilder text) {
        if (at == to) {
            return to;
        }
        if (raw[at] == 'u') {
            if (at + 5 > to) {
                return to;
            }
            int code = 0;
            for (int i = at + 1; i < at + 5; i++) {
                code = code << 4 | Character.digit(raw[i], 16);
            }
            text.append(code < 0 ? '\ufffd' : (char) code);
            return at + 5;
        }
        text.append(switch (raw[at]) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case '"', '\\', '/' -> (char) raw[at];
            default -> '\ufffd';
        });
        return at + 1;
    }

    /// Appends `text` as a JSON string with its quotes; control characters, quotes and lone surrogates are escaped.
    static StringBuilder quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7f || Character.isSurrogate(c) && !paired(text, i)) {
                        out.append("\\u").append(Character.forDigit(c >> 12, 16));
                        for (int shift = 8; shift >= 0; shift -= 4) {
                            out.append(Character.forDigit(c >> shift & 15, 16));
                        }
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"');
    }

    static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i)) && !paired(text, i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean paired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
