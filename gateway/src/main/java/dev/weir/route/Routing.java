package dev.weir.route;

import dev.weir.dialect.Dialect;
import org.jspecify.annotations.Nullable;

/// Where a path leads.
public sealed interface Routing {
    /// @param path the normal path behind the route's name, with a slash at its beginning; what goes upstream
    /// @param query what followed its `?`, null for none
    /// @param dialect what is spoken there; null on routes that are not of kind `llm`
    record Routed(Route route, String path, @Nullable String query, @Nullable Dialect dialect) implements Routing {}

    /// No route has that name: 404.
    ///
    /// @param why for the client
    record Unrouted(String why) implements Routing {}
}
