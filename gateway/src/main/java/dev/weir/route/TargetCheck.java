package dev.weir.route;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads a request target in origin form (`/path?query`, RFC 9112 §3.2.1) byte by byte and says whether it has one reading.
///
/// The path is judged decoded: `%2e` is a dot, and `%2f` and `%5c` end a segment for the search for dot segments, because
/// the next server may decode before it splits. The query is judged only by its bytes. Stateless, any thread; allocates only
/// where the path holds encoded bytes above 0x7F.
public final class TargetCheck {
    private TargetCheck() {}

    /// @return what is wrong with the bytes from `from` (inclusive) to `to` (exclusive), or null
    public static @Nullable TargetFault fault(byte[] bytes, int from, int to) {
        if (from >= to || bytes[from] != '/') {
            return TargetFault.NOT_A_PATH;
        }
        if (from + 1 < to && bytes[from + 1] == '/') {
            return TargetFault.EMPTY_FIRST_SEGMENT;
        }
        boolean beyondAscii = false;
        int dots = 0;
        int at = from + 1;
        while (at < to && bytes[at] != '?') {
            int b = bytes[at] & 0xff;
            if (b == '%') {
                b = encoded(bytes, at, to);
                if (b < 0) {
                    return TargetFault.PERCENT_CODING;
                }
                if (b < 0x20 || b == 0x7f) {
                    return TargetFault.ENCODED_CONTROL;
                }
                beyondAscii |= b >= 0x80;
                at += 3;
            } else {
                TargetFault fault = plain(b);
                if (fault != null) {
                    return fault;
                }
                at++;
            }
            if (b == '.') {
                dots = dots < 0 ? dots : dots + 1;
            } else if (b == '/' || b == '\\' || b == ';') {
                if (dots == 1 || dots == 2) {
                    return TargetFault.DOT_SEGMENT;
                }
                dots = b == ';' ? -1 : 0;
            } else {
                dots = -1;
            }
        }
        if (dots == 1 || dots == 2) {
            return TargetFault.DOT_SEGMENT;
        }
        if (beyondAscii && !decodesToUtf8(bytes, from, at)) {
            return TargetFault.PERCENT_CODING;
        }
        return query(bytes, at, to);
    }

    private static @Nullable TargetFault query(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            int b = bytes[at] & 0xff;
            if (b == '%') {
                if (encoded(bytes, at, to) < 0) {
                    return TargetFault.PERCENT_CODING;
                }
                at += 3;
            } else {
                TargetFault fault = plain(b);
                if (fault != null) {
                    return fault;
                }
                at++;
            }
        }
        return null;
    }

    private static @Nullable TargetFault plain(int b) {
        if (b <= 0x20 || b == 0x7f) {
            return TargetFault.CONTROL;
        }
        if (b >= 0x80) {
            return TargetFault.NOT_ASCII;
        }
        return switch (b) {
            case '#' -> TargetFault.FRAGMENT;
            case '\\' -> TargetFault.BACKSLASH;
            default -> null;
        };
    }

    /// The value of the triplet at `at`, or -1 where two hex digits do not follow.
    static int encoded(byte[] bytes, int at, int to) {
        if (at + 2 >= to) {
            return -1;
        }
        int high = Character.digit(bytes[at + 1], 16);
        int low = Character.digit(bytes[at + 2], 16);
        return (high | low) < 0 ? -1 : high << 4 | low;
    }

    private static boolean decodesToUtf8(byte[] bytes, int from, int to) {
        var decoded = ByteBuffer.allocate(to - from);
        for (int at = from; at < to; at++) {
            if (bytes[at] == '%') {
                decoded.put((byte) encoded(bytes, at, to));
                at += 2;
            } else {
                decoded.put(bytes[at]);
            }
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(decoded.flip());
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
