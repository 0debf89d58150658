package dev.weir.control;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A request that has passed the document: only declared parameters, each once, of their declared form. Immutable.
///
/// @param parameters path and query, decoded once
/// @param body empty where the operation takes none
record Request(Caller caller, Map<String, String> parameters, JsonObject body) {
    private static final int LIMIT_DEFAULT = 100;

    /// A parameter the document requires.
    String required(String name) {
        var value = parameters.get(name);
        if (value == null) {
            throw new IllegalStateException("the document does not require the parameter " + name);
        }
        return value;
    }

    @Nullable
    String optional(String name) {
        return parameters.get(name);
    }

    /// How many items a page holds at most.
    int limit() {
        var limit = parameters.get("limit");
        return limit == null ? LIMIT_DEFAULT : Integer.parseInt(limit);
    }
}
