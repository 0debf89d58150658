package dev.weir.route;

import dev.weir.dialect.Dialects;
import java.util.Map;

/// The configured routes of one event loop. Immutable; their upstreams belong to that loop.
public final class Routes {
    private final Map<String, Route> byName;

    public Routes(Map<String, Route> byName) {
        this.byName = Map.copyOf(byName);
    }

    /// Where a request leads.
    public Routing match(String method, NormalPath.Normal target) {
        Route route = byName.get(target.firstSegment());
        if (route == null) {
            return new Routing.Unrouted(target.firstSegment().isEmpty()
                    ? "This is Weir's data plane: the first path segment names a route, as in /openai/v1/chat/completions."
                    : "No route has the name of this path's first segment. Check the base URL of your client, or add the route to"
                            + " config/weir.yaml.");
        }
        String path = target.rest();
        return new Routing.Routed(route, path, target.query(),
                route.kind() == Route.Kind.LLM ? Dialects.of(route.provider(), method, path) : null);
    }
}
