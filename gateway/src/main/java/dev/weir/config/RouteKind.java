package dev.weir.config;

import java.util.Locale;

/// What a route carries and therefore how it is metered.
public enum RouteKind {
    /// Requests to a model: tokens of every kind, images, bytes.
    LLM,
    /// Calls of another system's API: tool calls, reads and writes, bytes.
    CONNECTOR,
    /// Model Context Protocol over streamable HTTP: one tool call for each `tools/call`.
    MCP,
    /// Calls from outside to a target inside: webhook ingests.
    WEBHOOK;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
