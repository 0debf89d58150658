package dev.weir.postgres;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/// Makes any text fit for a column: clients choose some of it, and a text that PostgreSQL refuses would stop a whole
/// batch and all
/// behind it.
///
/// NUL, which PostgreSQL's text cannot hold, and halves of surrogate pairs, which UTF-8 cannot, become U+FFFD. What is
/// longer than
/// the column's bound is cut at a character and ends in `~` and eight hex digits of the whole text's CRC-32, so that two long
/// texts with the same beginning stay two. The bounds keep each index row below PostgreSQL's 2,704 bytes.
final class Text {
    /// UTF-8 bytes of what is part of an index with many columns.
    static final int NARROW = 256;
    /// UTF-8 bytes of models, runs, tickets, cost centres: 128 characters of any script.
    static final int WIDE = 512;
    /// UTF-8 bytes of what no index holds.
    static final int LONG = 4096;
    private static final int SUFFIX = 9;
    private static final int BYTES_PER_CHAR_MAX = 3;

    private Text() {}

    static String fit(String text, int bytesMax) {
        if (isPlain(text) && text.length() <= bytesMax) {
            return text;
        }
        String clean = clean(text);
        if (clean.length() <= bytesMax / BYTES_PER_CHAR_MAX || utf8Length(clean) <= bytesMax) {
            return clean;
        }
        return cut(clean, bytesMax - SUFFIX) + "~" + checksum(clean);
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || c >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static String clean(String text) {
        var clean = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            boolean refused = point == 0 || point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
            clean.appendCodePoint(refused ? 0xFFFD : point);
        });
        return clean.toString();
    }

    private static int utf8Length(String clean) {
        return clean.getBytes(StandardCharsets.UTF_8).length;
    }

    /// The longest beginning of at most `bytesMax` bytes that does not end within a character.
    private static String cut(String clean, int bytesMax) {
        byte[] bytes = clean.getBytes(StandardCharsets.UTF_8);
        int end = bytesMax;
        while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private static String checksum(String clean) {
        var crc = new CRC32();
        crc.update(clean.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
