package dev.weir.dialect;

import dev.weir.usage.ToolCounts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an MCP client's POST asks for: one JSON-RPC message, or a batch of them (protocol 2025-03-26 only).
///
/// @param calls the tool calls in it, in their order
/// @param words how it is refused: the ids of all its requests
/// @param method of a single message; null for a batch, and for a message without one (a client's answer)
/// @param subject of a single message: the tool or prompt it names, or the resource's URI; null where it names none
public record McpRequest(List<Call> calls, McpWords words, @Nullable String method, @Nullable String subject) {
    /// One `tools/call`.
    ///
    /// @param id what its answer will carry, in the form of [McpReader#id]; null where it cannot be told from others
    /// @param tool the tool's name; empty where the request names none
    public record Call(@Nullable String id, String tool) {}

    public McpRequest {
        calls = List.copyOf(calls);
    }

    /// The tools that are to be called.
    public ToolCounts asked() {
        ToolCounts asked = ToolCounts.NONE;
        for (Call call : calls) {
            asked = asked.plus(call.tool());
        }
        return asked;
    }
}
