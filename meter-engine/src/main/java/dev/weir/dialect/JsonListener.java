package dev.weir.dialect;

/// Hears what a [JsonTap] finds at the paths it was given. Arrays are lent for the call.
abstract class JsonListener<F extends Enum<F>> {
    /// A number; fractions are rounded half up, what no `long` holds is clamped.
    void number(F field, long value) {}

    /// A number as it stands there; unless this says that it was all, [#number(Enum, long)] is told the number rounded.
    boolean exactNumber(F field, byte[] bytes, int from, int to) {
        return false;
    }

    /// A whole string without its escapes, UTF-8, cut at [JsonTap#CAPTURE_MAX] bytes of its raw form.
    void string(F field, byte[] bytes, int from, int to) {}

    /// A piece of a long string in its raw form, escapes included; may begin and end inside an escape or a character.
    void piece(F field, byte[] bytes, int from, int to) {}

    /// The end of a string that came in pieces.
    void pieceEnd(F field) {}

    /// `true` or `false`.
    void truth(F field, boolean value) {}

    /// An object or array begins.
    void enter(F field) {}

    /// The object or array that began last ends.
    void leave(F field) {}

    /// A whole document has passed.
    void documentEnd() {}
}
