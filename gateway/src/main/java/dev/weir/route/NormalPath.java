package dev.weir.route;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A request target in the one form that routing, policy, records and forwarding use (G8.2).
///
/// Normalised as RFC 3986 §6.2.2 has it, no further: encoded unreserved characters are decoded, other triplets get upper-case
/// hex digits, and characters that a path must not hold raw (`{`, `|`, `"` …) are encoded. Nothing is merged or removed: dot
/// segments are refused, repeated slashes inside the path stay. The query is kept as it came. Idempotent. Any thread.
public sealed interface NormalPath {
    /// `path` begins with `/`; `query` is what followed `?`, or null where there was no `?`; `encodedSlash` says that the
    /// path holds `%2F`, which passes as part of a segment only where the route says so.
    record Normal(String path, @Nullable String query, boolean encodedSlash) implements NormalPath {
        /// The first segment, which names the route: `openai` in `/openai/v1/models`; empty in `/`.
        public String firstSegment() {
            int slash = path.indexOf('/', 1);
            return slash < 0 ? path.substring(1) : path.substring(1, slash);
        }

        /// The path after the first segment: `/v1/models`; `/` where nothing follows.
        public String rest() {
            int slash = path.indexOf('/', 1);
            return slash < 0 ? "/" : path.substring(slash);
        }

        /// Path and query as they stand in a request line.
        public String target() {
            return query == null ? path : path + '?' + query;
        }
    }

    /// The target has more than one reading.
    record Refused(TargetFault fault) implements NormalPath {}

    /// @param target origin form, or absolute form (`http://host/path`) whose authority was compared with Host before
    static NormalPath of(String target) {
        String origin = withoutAuthority(target);
        byte[] bytes = origin.getBytes(StandardCharsets.UTF_8);
        TargetFault fault = TargetCheck.fault(bytes, 0, bytes.length);
        if (fault != null) {
            return new Refused(fault);
        }
        int mark = origin.indexOf('?');
        String path = mark < 0 ? origin : origin.substring(0, mark);
        String query = mark < 0 ? null : origin.substring(mark + 1);
        String normal = isNormal(path) ? path : normalised(bytes, path.length());
        return new Normal(normal, query, normal.contains("%2F"));
    }

    private static String withoutAuthority(String target) {
        Objects.requireNonNull(target, "target");
        int scheme = target.regionMatches(true, 0, "http://", 0, 7)
                ? 7
                : target.regionMatches(true, 0, "https://", 0, 8) ? 8 : 0;
        if (scheme == 0) {
            return target;
        }
        int slash = target.indexOf('/', scheme);
        return slash < 0 ? "/" : target.substring(slash);
    }

    private static boolean isNormal(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (!staysRaw(path.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static String normalised(byte[] bytes, int length) {
        var normal = new StringBuilder(length + 8);
        for (int at = 0; at < length; at++) {
            int b = bytes[at];
            if (b == '%') {
                b = TargetCheck.encoded(bytes, at, length);
                at += 2;
                if (isUnreserved(b)) {
                    normal.append((char) b);
                } else {
                    appendEncoded(normal, b);
                }
            } else if (staysRaw((char) b)) {
                normal.append((char) b);
            } else {
                appendEncoded(normal, b);
            }
        }
        return normal.toString();
    }

    private static void appendEncoded(StringBuilder to, int b) {
        to.append('%').append(hexDigit(b >> 4)).append(hexDigit(b & 0xf));
    }

    private static char hexDigit(int nibble) {
        return (char) (nibble < 10 ? '0' + nibble : 'A' + nibble - 10);
    }

    private static boolean isUnreserved(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
                || c == '~';
    }

    /// `pchar` of RFC 3986 §3.3 without the triplets, and the slash.
    private static boolean staysRaw(char c) {
        return isUnreserved(c) || "/!$&'()*+,;=:@".indexOf(c) >= 0;
    }
}
