package dev.weir.exchange;

/// Classes of octets in HTTP/1 heads, one table look-up each.
final class Octets {
    private static final byte TOKEN = 1;
    private static final byte VALUE = 2;
    private static final byte HOST = 4;
    private static final byte[] CLASSES = classes();

    private Octets() {}

    /// `tchar` of RFC 9110 §5.6.2.
    static boolean isToken(byte b) {
        return (CLASSES[b & 0xff] & TOKEN) != 0;
    }

    /// What a field value may hold: visible ASCII, space, tab, and the obsolete bytes above 0x7F (RFC 9110 §5.5).
    static boolean isValue(byte b) {
        return (CLASSES[b & 0xff] & VALUE) != 0;
    }

    /// Unreserved characters of RFC 3986: all that a registered name or an IPv4 address needs.
    static boolean isHost(byte b) {
        return (CLASSES[b & 0xff] & HOST) != 0;
    }

    static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    /// Whether the bytes from `from` on are `lower` but for ASCII case; `lower` holds no upper-case letter. Only letters are
    /// folded, so no other byte passes for one.
    static boolean same(byte[] bytes, int from, byte[] lower) {
        for (int i = 0; i < lower.length; i++) {
            byte b = bytes[from + i];
            byte folded = b >= 'A' && b <= 'Z' ? (byte) (b | 0x20) : b;
            if (folded != lower[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] classes() {
        var classes = new byte[256];
        for (int b = 0; b < 256; b++) {
            boolean letterOrDigit = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9';
            int classOf = 0;
            if (letterOrDigit || b < 0x80 && "!#$%&'*+-.^_`|~".indexOf(b) >= 0) {
                classOf |= TOKEN;
            }
            if (b == '\t' || b >= 0x20 && b != 0x7f) {
                classOf |= VALUE;
            }
            if (letterOrDigit || b < 0x80 && "-._~".indexOf(b) >= 0) {
                classOf |= HOST;
            }
            classes[b] = (byte) classOf;
        }
        return classes;
    }
}
