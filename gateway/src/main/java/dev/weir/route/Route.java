package dev.weir.route;

import dev.weir.upstream.Upstream;

/// A name in front of an upstream.
///
/// @param name the first path segment that leads here
/// @param provider whose wire formats are spoken there, `openai`; for connectors what reports call it
public record Route(String name, Kind kind, String provider, Upstream upstream) {
    /// What passes on a route, so how it is metered.
    public enum Kind {
        /// Tokens, by dialect.
        LLM,
        /// Tool calls, reads and writes of an API that is no model.
        CONNECTOR
    }
}
