package dev.weir.control;

import dev.weir.control.Caller.Known;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decides whether a request may be looked at at all: the host it is addressed to, the page it comes from, who sends it.
/// Immutable, any thread.
final class Gatekeeper {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");
    private static final String BEARER = "bearer ";
    private static final String KEY_HEADER = "X-Weir-Admin-Key";

    private final AdminKey adminKey;
    private final Set<String> names;
    private final boolean localOnly;

    Gatekeeper(AdminKey adminKey, ControlOptions options) {
        this.adminKey = adminKey;
        this.names = options.names();
        this.localOnly = options.isLocalOnly();
    }

    /// What stands against the request whatever it asks for.
    Optional<Problem> inspect(HttpServerRequest request) {
        var authority = request.authority();
        if (authority == null) {
            return Optional.of(wrongHost(""));
        }
        if (!isOurs(authority.host())) {
            return Optional.of(wrongHost(authority.host()));
        }
        var origin = request.getHeader("Origin");
        return origin == null || isOwnPage(hostOf(origin), authority.host())
                ? Optional.empty()
                : Optional.of(foreignPage());
    }

    /// Who is calling, or why that is not known.
    Admission admit(HttpServerRequest request, Access access) {
        var presented = presented(request);
        if (presented == null) {
            return access.isOpen(localOnly) ? new Admission.In(Caller.NOBODY) : new Admission.Out(noCredential());
        }
        if (!adminKey.matches(presented)) {
            return access.isOpen(localOnly) ? new Admission.In(Caller.NOBODY) : new Admission.Out(wrongKey(presented));
        }
        var caller = new Known(Role.ADMIN, "admin");
        return access.allows(caller.role(), localOnly)
                ? new Admission.In(caller)
                : new Admission.Out(forbidden(caller.role()));
    }

    /// The answer of [#admit].
    sealed interface Admission {
        record In(Caller caller) implements Admission {}

        record Out(Problem problem) implements Admission {}
    }

    private boolean isOurs(String host) {
        var bare = bare(host);
        if (names.isEmpty() && !localOnly) {
            return true;
        }
        return names.contains(bare) || LOOPBACK.contains(bare);
    }

    /// The page's host is the one asked for, or as good as it: localhost and 127.0.0.1 are one.
    private boolean isOwnPage(String page, String asked) {
        var bare = bare(page);
        return bare.equals(bare(asked)) || names.contains(bare) || localOnly && LOOPBACK.contains(bare);
    }

    private static String bare(String host) {
        var lower = host.toLowerCase(Locale.ROOT);
        return lower.startsWith("[") && lower.endsWith("]") ? lower.substring(1, lower.length() - 1) : lower;
    }

    private static String hostOf(String origin) {
        try {
            var host = URI.create(origin).getHost();
            return host == null ? "" : host;
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static @Nullable String presented(HttpServerRequest request) {
        var key = request.getHeader(KEY_HEADER);
        if (key != null) {
            return key;
        }
        var authorization = request.getHeader("Authorization");
        if (authorization == null) {
            return null;
        }
        return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? authorization.substring(BEARER.length()).strip()
                : "";
    }

    private static Problem noCredential() {
        return Problem.of(401, "unauthenticated", "A credential is needed",
                "Send the admin key as Authorization: Bearer … or X-Weir-Admin-Key: …; it is WEIR_ADMIN_KEY or lies in"
                        + " admin.key in the data folder.");
    }

    private static Problem wrongKey(String presented) {
        var hint = presented.startsWith("wr_")
                ? "This is a tenant key: it opens the data plane only. Use the admin key here."
                : "The credential is not the admin key; that is WEIR_ADMIN_KEY or lies in admin.key in the data folder.";
        return Problem.of(401, "unauthenticated", "A credential is needed", hint);
    }

    private static Problem forbidden(Role role) {
        return Problem.of(403, "forbidden", "Not allowed", "The role " + role.id() + " may not do this.");
    }

    private static Problem wrongHost(String host) {
        return Problem.of(421, "wrong_host", "Not the host you meant",
                "The request is for the host '" + host
                        + "', which is none of this control plane's names. Use localhost,"
                        + " or add the name to the configuration.");
    }

    private static Problem foreignPage() {
        return Problem.of(403, "foreign_origin", "Not allowed",
                "The request comes from a web page of another origin; the control plane answers to its own pages only.");
    }
}
