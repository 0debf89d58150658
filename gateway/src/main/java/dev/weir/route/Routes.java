package dev.weir.route;

import dev.weir.dialect.Dialects;
import java.util.Map;

/// The configured routes of one event loop. Immutable; their upstreams belong to that loop.
public final class Routes {
    private final Map<String, Route> byName;

    public Routes(Map<String, Route> byName) {
        this.byName = Map.copyOf(byName);
    }

    /// @param path the normal path of the request, `/openai/v1/chat/completions`
    public Routing match(String method, String path) {
        int end = path.indexOf('/', 1);
        String name = end < 0 ? path.substring(1) : path.substring(1, end);
        Route route = byName.get(name);
        if (route == null) {
            return new Routing.Unrouted(name.isEmpty()
                    ? "This is Weir's data plane: the first path segment names a route, as in /openai/v1/chat/completions."
                    : "No route has the name of this path's first segment. Check the base URL of your client, or add the route to"
                            + " config/weir.yaml.");
        }
        String rest = end < 0 ? "/" : path.substring(end);
        return new Routing.Routed(route, rest,
                route.kind() == Route.Kind.LLM ? Dialects.of(route.provider(), method, rest) : null);
    }
}
