package dev.weir.exchange;

import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The part of [HeadCheck] that looks at upgrades: a WebSocket handshake with one reading may pass where the target takes one,
/// every other `Upgrade` is refused.
///
/// Costs heads without `Upgrade` a comparison of lengths per field. One per connection, used by one thread at a time. Source:
/// RFC 6455 §4.2.1, read strictly: each field once, nothing in `Connection` that says something else, and no body.
final class HandshakeCheck {
    private static final byte[] UPGRADE = ascii("upgrade");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] KEY = ascii("sec-websocket-key");
    private static final byte[] VERSION = ascii("sec-websocket-version");
    private static final byte[] WEBSOCKET = ascii("websocket");
    private static final byte[] KEEP_ALIVE = ascii("keep-alive");
    private static final byte[] GET = {'G', 'E', 'T'};
    private static final int KEY_LENGTH = 24;

    private final Predicate<String> takesWebSocket;

    private int upgrades;
    private int connections;
    private int keys;
    private int versions;
    private boolean otherProtocol;
    private boolean unclear;
    private boolean get;
    private int targetFrom;
    private int targetTo;

    HandshakeCheck(Predicate<String> takesWebSocket) {
        this.takesWebSocket = takesWebSocket;
    }

    void begin() {
        upgrades = 0;
        connections = 0;
        keys = 0;
        versions = 0;
        otherProtocol = false;
        unclear = false;
        get = false;
    }

    void requestLine(byte[] bytes, int methodFrom, int methodTo, int targetFrom, int targetTo) {
        this.get = methodTo - methodFrom == GET.length && bytes[methodFrom] == 'G' && bytes[methodFrom + 1] == 'E'
                && bytes[methodFrom + 2] == 'T';
        this.targetFrom = targetFrom;
        this.targetTo = targetTo;
    }

    /// Looks at one field; its name is a token and ends at `colon`, its value has no blanks around it.
    void field(byte[] bytes, int name, int colon, int from, int to) {
        switch (colon - name) {
            case 7 -> {
                if (Octets.same(bytes, name, UPGRADE)) {
                    upgrades++;
                    otherProtocol |= !is(bytes, from, to, WEBSOCKET);
                }
            }
            case 10 -> {
                if (Octets.same(bytes, name, CONNECTION)) {
                    connection(bytes, from, to);
                }
            }
            case 17 -> {
                if (Octets.same(bytes, name, KEY)) {
                    keys++;
                    unclear |= !isKey(bytes, from, to);
                }
            }
            case 21 -> {
                if (Octets.same(bytes, name, VERSION)) {
                    versions++;
                    unclear |= to - from != 2 || bytes[from] != '1' || bytes[from + 1] != '3';
                }
            }
            default -> {
            }
        }
    }

    /// Whether the head has an `Upgrade` field.
    boolean isAsked() {
        return upgrades > 0;
    }

    /// What stands against a head with an `Upgrade` field, null where nothing does.
    ///
    /// @param more whether it has something that no handshake has: a body, an expectation, HTTP/1.0
    @Nullable
    HeadRefusal refusal(byte[] bytes, boolean more) {
        if (otherProtocol) {
            return HeadRefusal.UPGRADE;
        }
        if (more || unclear || !get || upgrades != 1 || connections != 1 || keys != 1 || versions != 1
                || bytes[targetFrom] != '/') {
            return HeadRefusal.WEBSOCKET_FORM;
        }
        String target = new String(bytes, targetFrom, targetTo - targetFrom, StandardCharsets.US_ASCII);
        return takesWebSocket.test(target) ? null : HeadRefusal.WEBSOCKET_NOT_HERE;
    }

    /// Counts `upgrade`; beside it only `keep-alive` stands, which Firefox sends and which says nothing else.
    private void connection(byte[] bytes, int from, int to) {
        int at = from;
        while (at <= to) {
            int end = at;
            while (end < to && bytes[end] != ',') {
                end++;
            }
            int first = at;
            while (first < end && Octets.isBlank(bytes[first])) {
                first++;
            }
            int last = end;
            while (last > first && Octets.isBlank(bytes[last - 1])) {
                last--;
            }
            if (is(bytes, first, last, UPGRADE)) {
                connections++;
            } else {
                unclear |= !is(bytes, first, last, KEEP_ALIVE);
            }
            at = end + 1;
        }
    }

    /// Sixteen bytes in base64 (RFC 6455 §4.1, point 7).
    private static boolean isKey(byte[] bytes, int from, int to) {
        if (to - from != KEY_LENGTH || bytes[to - 1] != '=' || bytes[to - 2] != '=') {
            return false;
        }
        for (int at = from; at < to - 2; at++) {
            byte b = bytes[at];
            boolean base64 = b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || Octets.isDigit(b) || b == '+' || b == '/';
            if (!base64) {
                return false;
            }
        }
        return true;
    }

    private static boolean is(byte[] bytes, int from, int to, byte[] lowerCase) {
        return to - from == lowerCase.length && Octets.same(bytes, from, lowerCase);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
