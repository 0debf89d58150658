package dev.weir.dialect;

/// The text of JSON strings, for those who were given spans of a body or pieces of an answer.
public final class JsonStrings {
    private JsonStrings() {}

    /// The characters of `[from, to)`, the raw inside of a string. Broken escapes and broken UTF-8 become U+FFFD, an
    /// unfinished escape at the end is dropped.
    public static String text(byte[] raw, int from, int to) {
        return JsonText.unescape(raw, from, to);
    }
}
