package dev.weir.dialect;

/// What came of reading an MCP client's POST.
public sealed interface McpReading {
    /// The body has exactly one reading.
    record Read(McpRequest request) implements McpReading {}

    /// The body is no JSON-RPC, or has two readings: a 400.
    ///
    /// @param why a sentence the client may see; quotes no content
    /// @param words how it is refused
    record Unreadable(String why, McpWords words) implements McpReading {}
}
