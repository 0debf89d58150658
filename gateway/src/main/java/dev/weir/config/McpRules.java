package dev.weir.config;

import java.time.Duration;
import java.util.List;

/// What holds for the clients of a route of kind `mcp` (G11.4).
///
/// @param hosts names, with a port where they have one, that clients may use for Weir in `Host`; empty: any. Lower case
/// @param origins of pages that may call it from a browser, as `Origin` says them; empty: none. Lower case
/// @param listening how long a client may listen to a server's own messages (GET), silence included
public record McpRules(List<String> hosts, List<String> origins, Duration listening) {
    public static final McpRules DEFAULTS = new McpRules(List.of(), List.of(), Duration.ofDays(1));

    public McpRules {
        hosts = List.copyOf(hosts);
        origins = List.copyOf(origins);
    }
}
