package dev.weir.dialect;

import java.nio.charset.StandardCharsets;

/// A token put together from the pieces in which it came, as far as there is room.
///
/// The only place where a [JsonTap] keeps bytes of the stream.
final class JsonFragment {
    private final byte[] bytes;
    private int length;
    private boolean escapes;
    private boolean tooLong;

    JsonFragment(int max) {
        bytes = new byte[max];
    }

    void forget() {
        length = 0;
        escapes = false;
        tooLong = false;
    }

    void keep(byte[] piece, int from, int to) {
        int fitting = Math.min(to - from, bytes.length - length);
        System.arraycopy(piece, from, bytes, length, fitting);
        length += fitting;
        tooLong |= fitting < to - from;
    }

    /// The token has escapes, in these bytes or in those that come.
    void noteEscape() {
        escapes = true;
    }

    /// Takes the escapes off, if there are any.
    void unescape() {
        if (escapes) {
            byte[] plain = JsonText.unescape(bytes, 0, length).getBytes(StandardCharsets.UTF_8);
            length = Math.min(plain.length, bytes.length);
            System.arraycopy(plain, 0, bytes, 0, length);
        }
    }

    /// Whether nothing of the token has been kept and no escape seen.
    boolean isEmpty() {
        return length == 0 && !escapes;
    }

    boolean isTooLong() {
        return tooLong;
    }

    /// Whether there is a token, and all of it.
    boolean isWhole() {
        return length > 0 && !tooLong;
    }

    /// The array itself.
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }
}
