package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.config.McpRules;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whether a browser's page, or a name bent to this address, may call an `mcp` route (G11.4; MCP 2025-11-25, "Security
/// Warning": servers must validate `Origin`, else a page could use a server through DNS rebinding).
final class OriginCheck {
    private OriginCheck() {}

    /// @return null where nothing stands against the call
    static @Nullable Refusal of(McpRules rules, HttpServerRequest request) {
        for (String origin : request.headers().getAll("origin")) {
            if (!rules.origins().contains(origin.strip().toLowerCase(Locale.ROOT))) {
                return Refusal.of(RefusalCode.ORIGIN_REFUSED, "This route takes no calls of web pages but those of the"
                        + " origins it lists. Have the page's origin added to the route's origins.");
            }
        }
        HostAndPort host = request.authority();
        if (!rules.hosts().isEmpty() && (host == null || !rules.hosts().contains(named(host)))) {
            return Refusal.of(RefusalCode.ORIGIN_REFUSED, "This route is not called by this host name. Use one of the"
                    + " names it lists, or have this one added to the route's hosts.");
        }
        return null;
    }

    private static String named(HostAndPort host) {
        String name = host.host().toLowerCase(Locale.ROOT);
        return host.port() < 0 ? name : name + ":" + host.port();
    }
}
