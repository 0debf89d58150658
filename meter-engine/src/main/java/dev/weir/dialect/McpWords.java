package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// How an MCP request is refused: a JSON-RPC error for each request in it, with the request's id, in an array where it was a
/// batch (JSON-RPC 2.0, sections 5 and 6). Weir's stable code stands in `error.data`.
///
/// Where no id is known, because the body was not read or holds no request, the one error has none (MCP 2025-11-25,
/// "Streamable HTTP", 2.1.4: an error response "that has no `id`").
///
/// @param ids of the requests, raw JSON
/// @param batch whether they came in an array
/// @param code of JSON-RPC
public record McpWords(List<String> ids, boolean batch, int code) {
    public static final int PARSE_ERROR = -32700;
    public static final int INVALID_REQUEST = -32600;
    /// Headers and body disagree (MCP 2026-07-28).
    public static final int HEADER_MISMATCH = -32020;
    /// An error of the implementation's own.
    public static final int SERVER_ERROR = -32000;
    /// Of a request whose body was not read.
    public static final McpWords UNREAD = new McpWords(List.of(), false, SERVER_ERROR);

    public McpWords {
        ids = List.copyOf(ids);
    }

    public McpWords as(int otherCode) {
        return new McpWords(ids, batch, otherCode);
    }

    public RefusalBody put(RefusalShape refusal) {
        var error = new StringBuilder(256).append("\"error\":{\"code\":").append(code).append(",\"message\":");
        JsonText.quote(error, refusal.message()).append(",\"data\":{\"code\":");
        JsonText.quote(error, refusal.code()).append(",\"status\":").append(refusal.status());
        if (refusal.requestId() != null) {
            JsonText.quote(error.append(",\"request_id\":"), refusal.requestId());
        }
        error.append("}}}");
        var out = new StringBuilder(error.length() + 64);
        if (ids.isEmpty()) {
            out.append("{\"jsonrpc\":\"2.0\",").append(error);
        } else {
            for (String id : ids) {
                out.append(out.isEmpty() ? "" : ",").append("{\"jsonrpc\":\"2.0\",\"id\":").append(id).append(',');
                out.append(error);
            }
        }
        String json = batch && !ids.isEmpty() ? "[" + out + "]" : out.toString();
        return new RefusalBody(json.getBytes(StandardCharsets.UTF_8), "application/json", refusal.status());
    }
}
