package dev.weir.exchange;

import dev.weir.route.TargetCheck;
import dev.weir.route.TargetFault;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Reads one HTTP/1 request head in a single pass and accepts it only if it has one reading (G8.1).
///
/// ```
///  POST /openai/v1/chat/completions HTTP/1.1 CR LF     requestLine
///  Host: weir CR LF                                    field, as often as there are fields
///  Content-Length: 12 CR LF
///  CR LF                                               whole: what only all fields together tell
/// ```
///
/// Pure: bytes in, a verdict and the body's framing out; no buffer of ours, no allocation on the good path (a bracketed IPv6
/// host costs one string). Each step returns the place after what it read, or [#REFUSED] with the reason kept. One per
/// connection, reused for each head, used by one thread at a time.
///
/// An `Upgrade` is refused but for a WebSocket handshake with one reading, to a target that takes one ([HandshakeCheck]).
///
/// Sources: RFC 9112 §2.2, §3, §5, §6; RFC 9110 §5.5, §5.6.2, §7.2; RFC 6455 §4.2.1.
final class HeadCheck {
    private static final int REFUSED = -1;
    private static final int METHOD_MAX = 32;
    private static final int LENGTH_DIGITS_MAX = 18;

    private static final byte[] HOST = ascii("host");
    private static final byte[] EXPECT = ascii("expect");
    private static final byte[] CONTENT_LENGTH = ascii("content-length");
    private static final byte[] HTTP2_SETTINGS = ascii("http2-settings");
    private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
    private static final byte[] CONTINUE = ascii("100-continue");
    private static final byte[] CHUNKED = ascii("chunked");
    private static final byte[] HTTP = ascii("http://");
    private static final byte[] HTTPS = ascii("https://");
    private static final byte[] CONNECT = ascii("CONNECT");
    private static final byte[] TRACE = ascii("TRACE");
    private static final byte[] OPTIONS = ascii("OPTIONS");
    private static final byte[] VERSION_1_1 = ascii("HTTP/1.1\r\n");
    private static final byte[] VERSION_1_0 = ascii("HTTP/1.0\r\n");

    private final HeadLimits limits;
    private final HandshakeCheck handshake;

    private @Nullable HeadRefusal refusal;
    private int fields;
    private boolean http10;
    private boolean chunked;
    private boolean expectSeen;
    private long contentLength;
    private int hostFrom;
    private int hostTo;
    private int authorityFrom;
    private int authorityTo;

    /// One that accepts no upgrade.
    HeadCheck(HeadLimits limits) {
        this(limits, target -> false);
    }

    /// @param takesWebSocket whether a WebSocket may be opened at a target; asked for handshakes only
    HeadCheck(HeadLimits limits, Predicate<String> takesWebSocket) {
        this.limits = limits;
        this.handshake = new HandshakeCheck(takesWebSocket);
    }

    /// Reads the head that begins at `from` and ends, its empty line included, at `to`. One empty line before the request line
    /// is passed over, as RFC 9112 §2.2 asks.
    ///
    /// @return whether exactly the bytes given are one head with one reading; if not, [#refusal()] says why
    boolean accept(byte[] bytes, int from, int to) {
        begin();
        if (to - from > limits.headMax()) {
            refuse(HeadRefusal.HEAD_TOO_LARGE);
            return false;
        }
        if (to - from < 4 || bytes[to - 1] != '\n') {
            refuse(HeadRefusal.REQUEST_LINE);
            return false;
        }
        int at = bytes[from] == '\r' && bytes[from + 1] == '\n' ? from + 2 : from;
        at = requestLine(bytes, at, to);
        while (at > 0 && at < to && bytes[at] != '\r' && bytes[at] != '\n') {
            at = field(bytes, at);
        }
        return at > 0 && end(bytes, at, to) && whole(bytes);
    }

    /// Why the last head was not accepted.
    HeadRefusal refusal() {
        if (refusal == null) {
            throw new IllegalStateException("the last head was accepted");
        }
        return refusal;
    }

    /// Whether a chunked body follows the accepted head.
    boolean chunked() {
        return chunked;
    }

    /// The length of the body that follows the accepted head, in bytes; 0 where none was given.
    long contentLength() {
        return Math.max(0, contentLength);
    }

    /// Whether the accepted head asks for a WebSocket.
    boolean opensWebSocket() {
        return handshake.isAsked();
    }

    private void begin() {
        refusal = null;
        handshake.begin();
        fields = 0;
        http10 = false;
        chunked = false;
        expectSeen = false;
        contentLength = -1;
        hostFrom = -1;
        hostTo = -1;
        authorityFrom = -1;
        authorityTo = -1;
    }

    private int refuse(HeadRefusal reason) {
        refusal = reason;
        return REFUSED;
    }

    private int requestLine(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && Octets.isToken(bytes[at])) {
            at++;
        }
        int length = at - from;
        if (length == 0 || length > METHOD_MAX || at == to || bytes[at] != ' ') {
            return refuse(HeadRefusal.METHOD);
        }
        if (is(bytes, from, at, CONNECT)) {
            return refuse(HeadRefusal.CONNECT);
        }
        if (is(bytes, from, at, TRACE)) {
            return refuse(HeadRefusal.TRACE);
        }
        int target = at + 1;
        int space = target;
        while (bytes[space] != ' ' && bytes[space] != '\n') {
            space++;
        }
        if (space == target || bytes[space] == '\n') {
            return refuse(HeadRefusal.REQUEST_LINE);
        }
        handshake.requestLine(bytes, from, at, target, space);
        HeadRefusal fault = target(bytes, target, space, is(bytes, from, at, OPTIONS));
        return fault != null ? refuse(fault) : version(bytes, from, space + 1, to);
    }

    private @Nullable HeadRefusal target(byte[] bytes, int from, int to, boolean options) {
        if (bytes[from] == '/') {
            return fault(bytes, from, to);
        }
        if (to - from == 1 && bytes[from] == '*' && options) {
            return null;
        }
        int scheme = absolute(bytes, from, to);
        if (scheme == 0) {
            return HeadRefusal.TARGET_FORM;
        }
        authorityFrom = from + scheme;
        authorityTo = authorityFrom;
        while (authorityTo < to && bytes[authorityTo] != '/') {
            authorityTo++;
        }
        return authorityTo == to ? null : fault(bytes, authorityTo, to);
    }

    private static int absolute(byte[] bytes, int from, int to) {
        if (to - from > HTTP.length && Octets.same(bytes, from, HTTP)) {
            return HTTP.length;
        }
        return to - from > HTTPS.length && Octets.same(bytes, from, HTTPS) ? HTTPS.length : 0;
    }

    private static @Nullable HeadRefusal fault(byte[] bytes, int from, int to) {
        TargetFault fault = TargetCheck.fault(bytes, from, to);
        return fault == null ? null : HeadRefusal.of(fault);
    }

    private int version(byte[] bytes, int lineFrom, int from, int to) {
        int at = from + VERSION_1_1.length;
        boolean fits = at <= to;
        http10 = fits && is(bytes, from, at, VERSION_1_0);
        if (!http10 && !(fits && is(bytes, from, at, VERSION_1_1))) {
            return refuse(badVersion(bytes, from));
        }
        return at - 2 - lineFrom > limits.requestLineMax() ? refuse(HeadRefusal.REQUEST_LINE_TOO_LONG) : at;
    }

    private static HeadRefusal badVersion(byte[] bytes, int from) {
        int at = from;
        while (bytes[at] != '\n') {
            if (Octets.isBlank(bytes[at])) {
                return HeadRefusal.REQUEST_LINE;
            }
            at++;
        }
        if (at == from || bytes[at - 1] != '\r') {
            return HeadRefusal.BARE_LF;
        }
        boolean named = at - from > 5 && bytes[from] == 'H' && bytes[from + 4] == '/';
        return named ? HeadRefusal.VERSION : HeadRefusal.REQUEST_LINE;
    }

    private int field(byte[] bytes, int from) {
        if (++fields > limits.fieldsMax()) {
            return refuse(HeadRefusal.TOO_MANY_FIELDS);
        }
        int colon = from;
        while (Octets.isToken(bytes[colon])) {
            colon++;
        }
        if (bytes[colon] != ':' || colon == from) {
            return refuse(badName(bytes, from, colon));
        }
        int valueFrom = colon + 1;
        while (Octets.isBlank(bytes[valueFrom])) {
            valueFrom++;
        }
        int at = valueFrom;
        while (Octets.isValue(bytes[at])) {
            at++;
        }
        if (bytes[at] != '\r' || bytes[at + 1] != '\n') {
            return refuse(badValue(bytes[at]));
        }
        int valueTo = at;
        while (valueTo > valueFrom && Octets.isBlank(bytes[valueTo - 1])) {
            valueTo--;
        }
        HeadRefusal fault = known(bytes, from, colon, valueFrom, valueTo);
        return fault != null ? refuse(fault) : at + 2;
    }

    private static HeadRefusal badName(byte[] bytes, int from, int at) {
        if (at == from) {
            return Octets.isBlank(bytes[at])
                    ? HeadRefusal.OBS_FOLD
                    : bytes[at] == ':' ? HeadRefusal.NAME_EMPTY : HeadRefusal.NAME_FORM;
        }
        return Octets.isBlank(bytes[at]) ? HeadRefusal.NAME_SPACE : HeadRefusal.NAME_FORM;
    }

    private static HeadRefusal badValue(byte stoppedAt) {
        return switch (stoppedAt) {
            case '\n' -> HeadRefusal.BARE_LF;
            case '\r' -> HeadRefusal.BARE_CR;
            default -> HeadRefusal.VALUE_CONTROL;
        };
    }

    /// The few fields whose meaning decides where a request ends or who it is for; told apart by their length first.
    private @Nullable HeadRefusal known(byte[] bytes, int name, int colon, int from, int to) {
        handshake.field(bytes, name, colon, from, to);
        return switch (colon - name) {
            case 4 -> Octets.same(bytes, name, HOST) ? host(bytes, from, to) : null;
            case 6 -> Octets.same(bytes, name, EXPECT) ? expect(bytes, from, to) : null;
            case 14 -> Octets.same(bytes, name, CONTENT_LENGTH)
                    ? length(bytes, from, to)
                    : Octets.same(bytes, name, HTTP2_SETTINGS) ? HeadRefusal.UPGRADE : null;
            case 17 -> Octets.same(bytes, name, TRANSFER_ENCODING) ? coding(bytes, from, to) : null;
            default -> null;
        };
    }

    private @Nullable HeadRefusal host(byte[] bytes, int from, int to) {
        if (hostFrom >= 0) {
            return HeadRefusal.HOST_REPEATED;
        }
        hostFrom = from;
        hostTo = to;
        return HostCheck.isHost(bytes, from, to) ? null : HeadRefusal.HOST_FORM;
    }

    private @Nullable HeadRefusal expect(byte[] bytes, int from, int to) {
        boolean first = !expectSeen;
        expectSeen = true;
        return first && to - from == CONTINUE.length && Octets.same(bytes, from, CONTINUE) ? null : HeadRefusal.EXPECT;
    }

    private @Nullable HeadRefusal length(byte[] bytes, int from, int to) {
        if (contentLength >= 0) {
            return HeadRefusal.LENGTH_REPEATED;
        }
        if (from == to || to - from > LENGTH_DIGITS_MAX) {
            return HeadRefusal.LENGTH_FORM;
        }
        long length = 0;
        for (int at = from; at < to; at++) {
            if (!Octets.isDigit(bytes[at])) {
                return HeadRefusal.LENGTH_FORM;
            }
            length = length * 10 + bytes[at] - '0';
        }
        contentLength = length;
        return null;
    }

    private @Nullable HeadRefusal coding(byte[] bytes, int from, int to) {
        if (chunked || !is(bytes, from, to, CHUNKED)) {
            return HeadRefusal.CODING;
        }
        chunked = true;
        return null;
    }

    private boolean end(byte[] bytes, int at, int to) {
        if (at + 2 == to && bytes[at] == '\r' && bytes[at + 1] == '\n') {
            return true;
        }
        refuse(at < to && bytes[at] == '\n' ? HeadRefusal.BARE_LF : HeadRefusal.BARE_CR);
        return false;
    }

    private boolean whole(byte[] bytes) {
        if (chunked && http10) {
            refuse(HeadRefusal.CODING_IN_HTTP_1_0);
        } else if (chunked && contentLength >= 0) {
            refuse(HeadRefusal.LENGTH_AND_CODING);
        } else if (hostFrom < 0) {
            refuse(HeadRefusal.HOST_MISSING);
        } else if (authorityFrom >= 0 && !authorityIsHost(bytes)) {
            refuse(HeadRefusal.AUTHORITY);
        } else if (handshake.isAsked()) {
            refusal = handshake.refusal(bytes, http10 || chunked || contentLength >= 0 || expectSeen);
        }
        return refusal == null;
    }

    private boolean authorityIsHost(byte[] bytes) {
        int length = hostTo - hostFrom;
        if (authorityTo - authorityFrom != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (Character.toLowerCase((char) bytes[authorityFrom + i]) != Character
                    .toLowerCase((char) bytes[hostFrom + i])) {
                return false;
            }
        }
        return true;
    }

    /// Whether the bytes from `from` to `to` are exactly `wanted`.
    private static boolean is(byte[] bytes, int from, int to, byte[] wanted) {
        return to - from == wanted.length && Arrays.equals(bytes, from, to, wanted, 0, wanted.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
