package dev.weir.config;

import java.time.Duration;

/// How long upstreams may take (G7); a route may have its own.
///
/// @param connect to establish a connection, TLS included
/// @param firstByte from the request's last byte to the answer's first
/// @param silence between two pieces of an answer
/// @param call the whole call, from its head to its last byte, attempts and waits included
public record UpstreamDeadlines(Duration connect, Duration firstByte, Duration silence, Duration call) {
    public static final UpstreamDeadlines DEFAULTS = new UpstreamDeadlines(Duration.ofSeconds(5),
            Duration.ofSeconds(120), Duration.ofSeconds(300), Duration.ofHours(1));
}
