package dev.weir.exchange;

import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;

/// Whether bytes are a host with an optional port, as `Host`, `:authority` and absolute targets carry it.
///
/// Narrower than RFC 3986 §3.2.2: a name holds only unreserved characters (no `,`, `;`, `%`), brackets hold only an IPv6
/// address, a port is 1 to 5 digits up to 65535, and user information is refused. Stateless, any thread.
final class HostCheck {
    private HostCheck() {}

    static boolean isHost(byte[] bytes, int from, int to) {
        if (from >= to) {
            return false;
        }
        int at = bytes[from] == '[' ? afterBrackets(bytes, from, to) : afterName(bytes, from, to);
        return at > from && (at == to || isPort(bytes, at, to));
    }

    private static int afterName(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && Octets.isHost(bytes[at])) {
            at++;
        }
        return at;
    }

    private static int afterBrackets(byte[] bytes, int from, int to) {
        int end = from + 1;
        while (end < to && bytes[end] != ']') {
            end++;
        }
        if (end == to || end - from > 46) {
            return -1;
        }
        var address = new String(bytes, from + 1, end - from - 1, StandardCharsets.ISO_8859_1);
        return address.indexOf('%') < 0 && NetUtil.isValidIpV6Address(address) ? end + 1 : -1;
    }

    private static boolean isPort(byte[] bytes, int colon, int to) {
        int digits = to - colon - 1;
        if (bytes[colon] != ':' || digits < 1 || digits > 5) {
            return false;
        }
        int port = 0;
        for (int at = colon + 1; at < to; at++) {
            if (!Octets.isDigit(bytes[at])) {
                return false;
            }
            port = port * 10 + bytes[at] - '0';
        }
        return port <= 65535;
    }
}
