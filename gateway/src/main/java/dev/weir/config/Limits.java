package dev.weir.config;

import java.time.Duration;

/// How much a client may send and hold at a time (G7); none of them can be switched off.
///
/// @param requestLine method, target and version; more is 431
/// @param head the request line and all header fields; more is 431
/// @param headerFields number of header fields; more is 431
/// @param bodyMax default of a route's `body-max`; more is 413
/// @param heldBytesTotal all request bodies that wait for admission; more is 503
/// @param connections open client connections, all together
/// @param connectionsPerAddress of one client address
/// @param callsPerTenant calls of one tenant that run at a time
/// @param http2 what one HTTP/2 connection may do
public record Limits(ByteSize requestLine, ByteSize head, int headerFields, ByteSize bodyMax, ByteSize heldBytesTotal,
        int connections, int connectionsPerAddress, int callsPerTenant, Http2 http2) {
    public static final Limits DEFAULTS = new Limits(ByteSize.ofKiB(8), ByteSize.ofKiB(32), 100, ByteSize.ofMiB(32),
            ByteSize.ofMiB(128), 10_000, 10_000, 10_000, Http2.DEFAULTS);

    /// @param streams calls at a time on one connection
    /// @param streamWindow bytes of a body that may be under way, per stream
    /// @param connectionWindow the same for all streams of a connection
    /// @param resets streams a client may reset within `resetsWithin` before its connection is closed
    /// @param resetsWithin see `resets`
    public record Http2(int streams, ByteSize streamWindow, ByteSize connectionWindow, int resets,
            Duration resetsWithin) {
        public static final Http2 DEFAULTS = new Http2(100, ByteSize.ofKiB(64), ByteSize.ofMiB(1), 100,
                Duration.ofSeconds(30));
    }
}
