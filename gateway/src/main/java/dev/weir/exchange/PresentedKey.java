package dev.weir.exchange;

import io.vertx.core.MultiMap;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The Weir key of a request, found where clients' SDKs put keys (design §2).
///
/// The places are `X-Weir-Key`, `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key`, `?key=`, and a browser's
/// subprotocol ([SubprotocolKey]). What stands
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
        SubprotocolKey.collect(headers, found);
        if (query != null) {
            for (String pair : query.split("&")) {
                if (isKey(pair)) {
                    addIfOurs(found, valueOf(pair));
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
        if (query == null || !query.contains("=")) {
            return query;
        }
        String[] pairs = query.split("&", -1);
        if (Arrays.stream(pairs).noneMatch(PresentedKey::isKey)) {
            return query;
        }
        String rest = Arrays.stream(pairs).filter(pair -> !isKey(pair)).collect(Collectors.joining("&"));
        return rest.isEmpty() ? null : rest;
    }

    /// The client's own provider key where it stands in the query, null for none.
    static @Nullable String providerKeyIn(@Nullable String query) {
        if (query != null) {
            for (String pair : query.split("&")) {
                if (isKey(pair) && !valueOf(pair).startsWith(PREFIX)) {
                    return valueOf(pair);
                }
            }
        }
        return null;
    }

    /// Whether a parameter is `key`, spelled plainly or percent-encoded.
    private static boolean isKey(String pair) {
        return pair.startsWith("key=") || pair.indexOf('%') >= 0 && decoded(pair).startsWith("key=");
    }

    private static String valueOf(String pair) {
        String plain = pair.indexOf('%') >= 0 ? decoded(pair) : pair;
        return plain.substring("key=".length()).strip();
    }

    /// The triplets were checked when the head was ([dev.weir.route.TargetCheck]); what a header must not hold becomes a space.
    private static String decoded(String pair) {
        String plain = URLDecoder.decode(pair.replace("+", "%2B"), StandardCharsets.UTF_8);
        return plain.replaceAll("[^\\x20-\\x7e]", " ");
    }

    /// Takes every header out that is a Weir key, with or without a scheme before it: none goes upstream (G9.4).
    static void dropWeirKeys(MultiMap headers) {
        for (String name : List.of("authorization", "x-api-key", "x-goog-api-key", "api-key")) {
            if (headers.getAll(name).stream().anyMatch(PresentedKey::isWeirKey)) {
                headers.remove(name);
            }
        }
    }

    /// Whether a word of it begins like a Weir key; a provider's key may well have `wr_` inside.
    private static boolean isWeirKey(String value) {
        return value.startsWith(PREFIX) || value.contains(" " + PREFIX) || value.contains("\t" + PREFIX)
                || value.contains("=" + PREFIX);
    }
}
