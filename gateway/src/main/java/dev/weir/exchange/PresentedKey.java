package dev.weir.exchange;

import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The Weir key of a request, found where clients' SDKs put keys (design §2).
///
/// The places are `X-Weir-Key`, `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key` and `?key=`. What stands
/// in `X-Weir-Key` is taken for a Weir key whatever it looks like; in the other places a key of another kind is the client's
/// own provider key and none of our business here. Two different Weir keys are [Conflicting].
sealed interface PresentedKey {
    String PREFIX = "wr_";

    /// @param text the key as the client sent it; secret
    record Presented(String text) implements PresentedKey {
        @Override
        public String toString() {
            return "Presented[" + PREFIX + "…]";
        }
    }

    record Absent() implements PresentedKey {}

    record Conflicting() implements PresentedKey {}

    /// @param query the raw query, null for none
    static PresentedKey of(MultiMap headers, @Nullable String query) {
        String found = null;
        for (String candidate : candidates(headers, query)) {
            if (found != null && !found.equals(candidate)) {
                return new Conflicting();
            }
            found = candidate;
        }
        return found == null ? new Absent() : new Presented(found);
    }

    private static List<String> candidates(MultiMap headers, @Nullable String query) {
        var found = new ArrayList<String>(1);
        for (String value : headers.getAll("x-weir-key")) {
            found.add(value.strip());
        }
        for (String value : headers.getAll("authorization")) {
            if (value.regionMatches(true, 0, "Bearer ", 0, 7)) {
                addIfOurs(found, value.substring(7));
            }
        }
        for (String name : List.of("x-api-key", "x-goog-api-key", "api-key")) {
            for (String value : headers.getAll(name)) {
                addIfOurs(found, value);
            }
        }
        if (query != null) {
            for (String pair : query.split("&")) {
                if (pair.startsWith("key=")) {
                    addIfOurs(found, pair.substring(4));
                }
            }
        }
        return found;
    }

    private static void addIfOurs(List<String> found, String value) {
        String key = value.strip();
        if (key.startsWith(PREFIX)) {
            found.add(key);
        }
    }

    /// Takes `key=` off a query, whatever it holds: keys travel in headers only (G9.3).
    ///
    /// @return the rest, null where nothing is left
    static @Nullable String withoutKey(@Nullable String query) {
        if (query == null || !query.contains("key=")) {
            return query;
        }
        var rest = new StringBuilder(query.length());
        for (String pair : query.split("&", -1)) {
            if (!pair.startsWith("key=")) {
                rest.append(rest.isEmpty() ? "" : "&").append(pair);
            }
        }
        return rest.isEmpty() ? null : rest.toString();
    }

    /// The client's own provider key where it stands in the query, null for none.
    static @Nullable String providerKeyIn(@Nullable String query) {
        if (query != null) {
            for (String pair : query.split("&")) {
                if (pair.startsWith("key=") && !pair.startsWith("key=" + PREFIX)) {
                    return pair.substring(4);
                }
            }
        }
        return null;
    }

    /// Takes every header out that holds a Weir key: none goes upstream (G9.4).
    static void dropWeirKeys(MultiMap headers) {
        for (String name : List.of("authorization", "x-api-key", "x-goog-api-key", "api-key")) {
            if (headers.getAll(name).stream().anyMatch(value -> value.contains(PREFIX))) {
                headers.remove(name);
            }
        }
    }
}
