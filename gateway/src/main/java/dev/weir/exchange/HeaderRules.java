package dev.weir.exchange;

import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Which headers pass, and which stay behind: a deny-list, so that what a provider invents tomorrow works today.
///
/// To the upstream stay behind: hop-by-hop headers (RFC 9110 §7.6.1) and those named by `Connection`, the framing and the
/// host (ours), every place a key can stand in (the credential is set anew), `X-Weir-*`, `Forwarded`, `X-Forwarded-*`. To
/// the client: hop-by-hop headers and the upstream's `RateLimit` fields, which make way for ours.
final class HeaderRules {
    static final AsciiString ACCEPT_ENCODING = AsciiString.cached("accept-encoding");
    private static final Set<String> HOP_BY_HOP = insensitive("connection", "keep-alive", "proxy-connection",
            "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
            "http2-settings");
    private static final Set<String> NEVER_UPSTREAM = insensitive("host", "content-length", "expect", "forwarded");
    private static final Set<String> KEYS = insensitive("authorization", "x-api-key", "x-goog-api-key", "api-key");
    private static final Set<String> OURS_TO_SAY = insensitive("ratelimit", "ratelimit-policy", "x-weir-request-id");

    private HeaderRules() {}

    /// Copies what may go upstream.
    ///
    /// @param keepKeys whether the client's own provider key goes along (`client-credential: pass`)
    static void toUpstream(MultiMap client, MultiMap upstream, boolean keepKeys) {
        Set<String> named = namedByConnection(client);
        for (Map.Entry<String, String> header : client) {
            String name = header.getKey();
            if (passesUpstream(name, keepKeys) && (named == null || !named.contains(name))) {
                upstream.add(name, header.getValue());
            }
        }
    }

    /// Copies what may go to the client.
    ///
    /// @param keepLength whether the body keeps its length
    static void toClient(MultiMap upstream, MultiMap client, boolean keepLength) {
        Set<String> named = namedByConnection(upstream);
        for (Map.Entry<String, String> header : upstream) {
            String name = header.getKey();
            if (passesToClient(name, keepLength) && (named == null || !named.contains(name))) {
                client.add(name, header.getValue());
            }
        }
    }

    /// What the client offered, narrowed to codings whose bytes Weir can read: gzip and identity (design decision 16).
    ///
    /// @return the field to send, null for none, which means identity is fine
    static @Nullable String narrowedEncoding(@Nullable String offered) {
        if (offered == null) {
            return null;
        }
        for (String coding : offered.split(",")) {
            String[] parts = coding.strip().toLowerCase(Locale.ROOT).split(";");
            if (parts[0].strip().equals("gzip") && !isRefused(parts)) {
                return "gzip";
            }
        }
        return "identity";
    }

    /// Client text for an error message: its beginning only.
    static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    private static boolean isRefused(String[] codingWithWeight) {
        return codingWithWeight.length > 1 && codingWithWeight[1].replace(" ", "").matches("q=0(\\.0{0,3})?");
    }

    private static boolean passesUpstream(String name, boolean keepKeys) {
        char first = Character.toLowerCase(name.charAt(0));
        if (first == 'x') {
            return !startsWith(name, "x-weir-") && !startsWith(name, "x-forwarded-")
                    && (keepKeys || !KEYS.contains(name));
        }
        return !HOP_BY_HOP.contains(name) && !NEVER_UPSTREAM.contains(name) && (keepKeys || !KEYS.contains(name));
    }

    private static boolean passesToClient(String name, boolean keepLength) {
        return !HOP_BY_HOP.contains(name) && !OURS_TO_SAY.contains(name)
                && (keepLength || !name.equalsIgnoreCase("content-length"));
    }

    private static boolean startsWith(String name, String prefix) {
        return name.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    private static @Nullable Set<String> namedByConnection(MultiMap headers) {
        String connection = headers.get(HttpHeaders.CONNECTION);
        if (connection == null || connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close")) {
            return null;
        }
        var named = insensitive();
        for (String field : headers.getAll(HttpHeaders.CONNECTION)) {
            for (String name : field.split(",")) {
                named.add(name.strip());
            }
        }
        return named;
    }

    private static Set<String> insensitive(String... names) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(Set.of(names));
        return set;
    }
}
