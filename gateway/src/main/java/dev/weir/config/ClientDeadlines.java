package dev.weir.config;

import java.time.Duration;

/// How long clients may take (G7). All are absolute: a byte now and then does not extend them.
///
/// @param tlsHandshake from the connection's start to the end of the handshake
/// @param head from a request's first byte to the end of its head
/// @param bodyFirstByte from the head to the body's first byte
/// @param bodyRate bytes per second that a body must keep up once `bodyRateAfter` is over
/// @param bodyRateAfter how long a body may be slower than that
/// @param keepAlive how long a connection may lie idle between calls
/// @param writeStall how long a client may take nothing of what is waiting for it
/// @param drain at a stop: how long running calls may go on
public record ClientDeadlines(Duration tlsHandshake, Duration head, Duration bodyFirstByte, ByteSize bodyRate,
        Duration bodyRateAfter, Duration keepAlive, Duration writeStall, Duration drain) {
    public static final ClientDeadlines DEFAULTS = new ClientDeadlines(Duration.ofSeconds(10), Duration.ofSeconds(10),
            Duration.ofSeconds(10), ByteSize.of(500), Duration.ofSeconds(20), Duration.ofSeconds(75),
            Duration.ofSeconds(60), Duration.ofMinutes(10));
}
