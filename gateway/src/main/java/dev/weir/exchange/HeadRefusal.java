package dev.weir.exchange;

import dev.weir.route.TargetFault;
import java.util.Locale;

/// Why a request was refused before routing: a closed set, so that it may label a metric.
///
/// Each has two readings (G8.1) or is larger than G7 allows. The connection is closed in every case, because what follows on
/// it cannot be trusted to begin where we think it does. Order of declaration means nothing.
public enum HeadRefusal {
    /// Not exactly `METHOD SP target SP version`.
    REQUEST_LINE(400, "the request line is not 'METHOD SP target SP HTTP/1.1' with exactly one space each"),
    /// No token, or longer than 32 bytes.
    METHOD(400, "the method is no token (RFC 9110 section 5.6.2), or longer than 32 bytes"),
    /// `CONNECT`.
    CONNECT(400, "CONNECT asks for a tunnel, and this is no forward proxy"),
    /// `TRACE`.
    TRACE(501, "TRACE would echo credentials and is not served"),
    /// Neither HTTP/1.1 nor HTTP/1.0.
    VERSION(505, "only HTTP/1.1, HTTP/1.0 and HTTP/2 are spoken here"),
    /// [TargetFault#NOT_A_PATH]
    TARGET_FORM(400, TargetFault.NOT_A_PATH.detail()),
    /// [TargetFault#CONTROL]
    TARGET_CONTROL(400, TargetFault.CONTROL.detail()),
    /// [TargetFault#NOT_ASCII]
    TARGET_NOT_ASCII(400, TargetFault.NOT_ASCII.detail()),
    /// [TargetFault#FRAGMENT]
    TARGET_FRAGMENT(400, TargetFault.FRAGMENT.detail()),
    /// [TargetFault#BACKSLASH]
    TARGET_BACKSLASH(400, TargetFault.BACKSLASH.detail()),
    /// [TargetFault#PERCENT_CODING]
    TARGET_PERCENT_CODING(400, TargetFault.PERCENT_CODING.detail()),
    /// [TargetFault#DOT_SEGMENT]
    TARGET_DOT_SEGMENT(400, TargetFault.DOT_SEGMENT.detail()),
    /// [TargetFault#ENCODED_CONTROL]
    TARGET_ENCODED_CONTROL(400, TargetFault.ENCODED_CONTROL.detail()),
    /// [TargetFault#EMPTY_FIRST_SEGMENT]
    TARGET_EMPTY_FIRST_SEGMENT(400, TargetFault.EMPTY_FIRST_SEGMENT.detail()),
    /// No `Host` field.
    HOST_MISSING(400, "there is no Host field"),
    /// More than one `Host` field.
    HOST_REPEATED(400, "there is more than one Host field"),
    /// Not `name`, `address` or `[address]` with an optional port.
    HOST_FORM(400, "Host is not a name or address with an optional port"),
    /// The authority of an absolute target and `Host` differ.
    AUTHORITY(400, "the authority in the request target and the Host field differ"),
    /// LF without CR before it.
    BARE_LF(400, "a line ends in LF alone; lines end in CR LF"),
    /// CR without LF after it.
    BARE_CR(400, "a CR is not followed by LF"),
    /// A field line that begins with a space or tab.
    OBS_FOLD(400, "a field line begins with a space or tab; folded lines are not accepted"),
    /// A field line that begins with a colon.
    NAME_EMPTY(400, "a field has no name"),
    /// A field name that is no token, or a line without a colon.
    NAME_FORM(400, "a field name is no token, or a field line has no colon"),
    /// Space or tab between a field name and its colon.
    NAME_SPACE(400, "there is a space between a field name and its colon"),
    /// A NUL or another control byte in a field value.
    VALUE_CONTROL(400, "a field value holds a control byte"),
    /// More than one `Content-Length`, even the same twice.
    LENGTH_REPEATED(400, "there is more than one Content-Length field"),
    /// Not 1 to 18 digits.
    LENGTH_FORM(400, "Content-Length is not a number of 1 to 18 digits"),
    /// `Content-Length` beside `Transfer-Encoding`.
    LENGTH_AND_CODING(400, "Content-Length and Transfer-Encoding are both there; send one"),
    /// `Transfer-Encoding` that is not one field of exactly `chunked`.
    CODING(400, "Transfer-Encoding is not exactly one 'chunked'"),
    /// `Transfer-Encoding` in HTTP/1.0.
    CODING_IN_HTTP_1_0(400, "HTTP/1.0 has no Transfer-Encoding"),
    /// `Expect` other than `100-continue`, or twice.
    EXPECT(400, "the only expectation served is one '100-continue'"),
    /// `Upgrade` to anything but `websocket`, `HTTP2-Settings`.
    UPGRADE(400,
            "the request asks for an upgrade of its connection (Upgrade or HTTP2-Settings), as Java's HttpClient does"
                    + " on plaintext by default. Leave those fields out: speak HTTP/1.1 (HttpClient.Version.HTTP_1_1), or"
                    + " HTTP/2 by prior knowledge or over TLS by ALPN"),
    /// `Upgrade: websocket` where no route takes it.
    WEBSOCKET_NOT_HERE(400,
            "no WebSocket is served on this path. Realtime paths of an llm route take one where the route's"
                    + " websocket key says allow"),
    /// A WebSocket handshake that is not exactly one (RFC 6455 section 4.2.1), or that is not alone on its connection.
    WEBSOCKET_FORM(400,
            "the WebSocket handshake is not a GET of HTTP/1.1 without a body, with one Upgrade: websocket, one"
                    + " Connection: Upgrade, one Sec-WebSocket-Key and one Sec-WebSocket-Version: 13, sent first on its"
                    + " connection with nothing behind it before the answer"),
    /// The request line is over its limit.
    REQUEST_LINE_TOO_LONG(431, "the request line is over the limit"),
    /// The head is over its limit.
    HEAD_TOO_LARGE(431, "the request head is over the limit"),
    /// More fields than allowed.
    TOO_MANY_FIELDS(431, "the request head has more fields than allowed"),
    /// The head did not end in time.
    HEAD_TIMEOUT(408, "the request head did not arrive in time"),
    /// A chunk-size line that is not hex digits with well-formed extensions.
    CHUNK_SIZE(400, "a chunk-size line is not 1 to 8 hex digits and CR LF"),
    /// A chunk-size line over its limit, or extensions over 16 KiB in one body.
    CHUNK_LINE_TOO_LONG(400, "a chunk-size line, or all chunk extensions together, are over the limit"),
    /// Chunk data that does not end in CR LF where its size says.
    CHUNK_END(400, "a chunk does not end in CR LF where its size says"),
    /// Trailer fields.
    TRAILERS(400, "trailer fields are not accepted");

    private final int status;
    private final String detail;
    private final String code;

    HeadRefusal(int status, String detail) {
        this.status = status;
        this.detail = detail;
        this.code = name().toLowerCase(Locale.ROOT);
    }

    /// The status of the answer: 400, 408, 431, 501 or 505.
    public int status() {
        return status;
    }

    /// The stable name in metrics and in the answer: `length_and_coding`.
    public String code() {
        return code;
    }

    /// What is wrong, as a client may see it; never holds bytes of the request.
    public String detail() {
        return detail;
    }

    static HeadRefusal of(TargetFault fault) {
        return switch (fault) {
            case NOT_A_PATH -> TARGET_FORM;
            case CONTROL -> TARGET_CONTROL;
            case NOT_ASCII -> TARGET_NOT_ASCII;
            case FRAGMENT -> TARGET_FRAGMENT;
            case BACKSLASH -> TARGET_BACKSLASH;
            case PERCENT_CODING -> TARGET_PERCENT_CODING;
            case DOT_SEGMENT -> TARGET_DOT_SEGMENT;
            case ENCODED_CONTROL -> TARGET_ENCODED_CONTROL;
            case EMPTY_FIRST_SEGMENT -> TARGET_EMPTY_FIRST_SEGMENT;
        };
    }
}
