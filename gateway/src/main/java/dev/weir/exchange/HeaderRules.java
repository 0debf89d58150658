package dev.weir.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which headers pass, and which stay behind: a deny-list, so that what a provider invents tomorrow works today.
///
/// To the upstream stay behind: hop-by-hop headers (RFC 9110 §7.6.1) and those named by `Connection`, the framing and the
/// host (ours), every place a key can stand in (the credential is set anew), `X-Weir-*`, `Forwarded`, `X-Forwarded-*`. To
/// the client: hop-by-hop headers and the upstream's `RateLimit` fields, which make way for ours.
///
/// A name is told by its length and one comparison, and nothing is allocated for it: some 32 headers pass here per call.
final class HeaderRules {
    static final AsciiString ACCEPT_ENCODING = AsciiString.cached("accept-encoding");
    static final String WARNING = "x-weir-warning";
    private static final AsciiString CONNECTION = AsciiString.cached("connection");

    /// What becomes of a header of a certain name.
    private enum Kind {
        PLAIN,
        /// Means something between two neighbours only.
        HOP_BY_HOP,
        /// The length of the body: ours towards the upstream, the upstream's towards the client.
        LENGTH,
        /// Said by the client to Weir, or set anew towards the upstream.
        NEVER_UPSTREAM,
        /// A place where keys stand.
        KEY,
        /// Weir's to say, whatever the upstream says.
        OURS
    }

    private HeaderRules() {}

    /// Copies what may go upstream.
    ///
    /// @param keepKeys whether the client's own provider key goes along (`client-credential: pass`)
    static void toUpstream(MultiMap client, MultiMap upstream, boolean keepKeys) {
        copy(client, upstream, true, keepKeys);
    }

    /// Copies what may go to the client.
    ///
    /// @param keepLength whether the body keeps its length
    static void toClient(MultiMap upstream, MultiMap client, boolean keepLength) {
        copy(upstream, client, false, keepLength);
    }

    private static void copy(MultiMap from, MultiMap to, boolean up, boolean keep) {
        List<String> named = namedByConnection(from);
        if (from instanceof HttpHeaders netty) {
            Iterator<Map.Entry<CharSequence, CharSequence>> headers = netty.iteratorCharSequence();
            while (headers.hasNext()) {
                var header = headers.next();
                if (passes(header.getKey(), up, keep, named)) {
                    to.add(header.getKey(), header.getValue());
                }
            }
        } else {
            for (Map.Entry<String, String> header : from) {
                if (passes(header.getKey(), up, keep, named)) {
                    to.add(header.getKey(), header.getValue());
                }
            }
        }
    }

    private static boolean passes(CharSequence name, boolean up, boolean keep, @Nullable List<String> named) {
        boolean passes = switch (kind(name)) {
            case PLAIN -> true;
            case HOP_BY_HOP -> false;
            case LENGTH -> !up && keep;
            case NEVER_UPSTREAM -> !up;
            case KEY -> !up || keep;
            case OURS -> up;
        };
        return passes && (named == null || !holds(named, name));
    }

    private static Kind kind(CharSequence name) {
        char first = name.isEmpty() ? ':' : (char) (name.charAt(0) | 0x20);
        return switch (first) {
            case ':' -> Kind.HOP_BY_HOP;
            case 'a' -> is(name, "authorization", Kind.KEY) == Kind.KEY ? Kind.KEY : is(name, "api-key", Kind.KEY);
            case 'c' -> name.length() == 10
                    ? is(name, "connection", Kind.HOP_BY_HOP)
                    : is(name, "content-length", Kind.LENGTH);
            case 'e' -> is(name, "expect", Kind.NEVER_UPSTREAM);
            case 'f' -> is(name, "forwarded", Kind.NEVER_UPSTREAM);
            case 'h' -> name.length() == 4
                    ? is(name, "host", Kind.NEVER_UPSTREAM)
                    : is(name, "http2-settings", Kind.HOP_BY_HOP);
            case 'k' -> is(name, "keep-alive", Kind.HOP_BY_HOP);
            case 'p' -> switch (name.length()) {
                case 16 -> is(name, "proxy-connection", Kind.HOP_BY_HOP);
                case 18 -> is(name, "proxy-authenticate", Kind.HOP_BY_HOP);
                case 19 -> is(name, "proxy-authorization", Kind.HOP_BY_HOP);
                default -> Kind.PLAIN;
            };
            case 'r' -> name.length() == 9
                    ? is(name, "ratelimit", Kind.OURS)
                    : is(name, "ratelimit-policy", Kind.OURS);
            case 't' -> switch (name.length()) {
                case 2 -> is(name, "te", Kind.HOP_BY_HOP);
                case 7 -> is(name, "trailer", Kind.HOP_BY_HOP);
                case 17 -> is(name, "transfer-encoding", Kind.HOP_BY_HOP);
                default -> Kind.PLAIN;
            };
            case 'u' -> is(name, "upgrade", Kind.HOP_BY_HOP);
            case 'x' -> kindOfX(name);
            default -> Kind.PLAIN;
        };
    }

    /// Of `x-weir-` only the request's id and the warning are set on the way back; the others mean nothing there and pass.
    private static Kind kindOfX(CharSequence name) {
        if (startsWith(name, "x-weir-")) {
            Kind kind = name.length() == WARNING.length()
                    ? is(name, WARNING, Kind.HOP_BY_HOP)
                    : is(name, "x-weir-request-id", Kind.HOP_BY_HOP);
            return kind == Kind.PLAIN ? Kind.NEVER_UPSTREAM : kind;
        }
        if (startsWith(name, "x-forwarded-")) {
            return Kind.NEVER_UPSTREAM;
        }
        if (startsWith(name, "x-amz-")) {
            return kindOfAmazons(name);
        }
        return name.length() == 9 ? is(name, "x-api-key", Kind.KEY) : is(name, "x-goog-api-key", Kind.KEY);
    }

    /// What belongs to a signature of AWS (SigV4), beside `Authorization`.
    private static Kind kindOfAmazons(CharSequence name) {
        return switch (name.length()) {
            case 10 -> is(name, "x-amz-date", Kind.KEY);
            case 20 -> is(name, "x-amz-security-token", Kind.KEY) == Kind.KEY
                    ? Kind.KEY
                    : is(name, "x-amz-content-sha256", Kind.KEY);
            default -> Kind.PLAIN;
        };
    }

    private static Kind is(CharSequence name, String expected, Kind kind) {
        return AsciiString.contentEqualsIgnoreCase(name, expected) ? kind : Kind.PLAIN;
    }

    private static boolean startsWith(CharSequence name, String prefix) {
        return AsciiString.regionMatchesAscii(name, true, 0, prefix, 0, prefix.length());
    }

    private static boolean holds(List<String> names, CharSequence name) {
        for (String one : names) {
            if (AsciiString.contentEqualsIgnoreCase(one, name)) {
                return true;
            }
        }
        return false;
    }

    /// Null where `Connection` says no more than whether the connection stays, as nearly always.
    private static @Nullable List<String> namedByConnection(MultiMap headers) {
        List<String> fields = headers.getAll(CONNECTION);
        if (fields.isEmpty() || fields.size() == 1 && namesNothing(fields.getFirst())) {
            return null;
        }
        var named = new ArrayList<String>();
        for (String field : fields) {
            for (String name : field.split(",")) {
                named.add(name.strip());
            }
        }
        return named;
    }

    private static boolean namesNothing(String connection) {
        return connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close");
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
}
