package dev.weir.exchange;

import java.time.Duration;

/// Deadlines and sizes that hold for every call (G7). Those of one upstream are its own.
///
/// @param bodyFirstByte from the end of the head to the body's first byte
/// @param bodyGrace how long a body may take before its rate counts
/// @param bodyBytesPerSecondMin the slowest body after that
/// @param writeStall how long a client may take nothing
/// @param heldBytesTotal request bytes held for admission, all calls together
/// @param keepAlive how long a connection may lie idle between calls
/// @param connections open client connections
/// @param connectionsPerAddress of one client address
/// @param callsPerTenant calls of one tenant that run at a time
/// @param directoryMaxAge how old what is known of keys may be
public record ExchangeLimits(Duration bodyFirstByte, Duration bodyGrace, long bodyBytesPerSecondMin,
        Duration writeStall, long heldBytesTotal, Duration keepAlive, int connections, int connectionsPerAddress,
        int callsPerTenant, Duration directoryMaxAge) {
    public static final ExchangeLimits DEFAULTS = new ExchangeLimits(Duration.ofSeconds(10), Duration.ofSeconds(20),
            500, Duration.ofSeconds(60), 1L << 30, Duration.ofSeconds(75), 10_000, 10_000, 10_000,
            Duration.ofDays(1));
}
