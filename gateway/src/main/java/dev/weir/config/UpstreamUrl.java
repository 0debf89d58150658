package dev.weir.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/// Where a route leads: scheme, host, port and an optional path prefix; nothing a client sends can change it (G11.1).
///
/// @param tls whether the connection is encrypted (`https`)
/// @param host lower case, an IPv6 address without its brackets
/// @param port 1 to 65,535
/// @param prefix empty, or `/…` without a slash at its end: put before what follows the route's name
public record UpstreamUrl(boolean tls, String host, int port, String prefix) {
    public UpstreamUrl {
        if (host.isEmpty() || port < 1 || port > 65_535
                || (!prefix.isEmpty() && (!prefix.startsWith("/") || prefix.endsWith("/")))) {
            throw new IllegalArgumentException(
                    "an upstream has a host, a port of 1 to 65535 and a prefix that is empty or"
                            + " starts, and does not end, with a slash");
        }
    }

    /// @throws IllegalArgumentException with a message for the operator; it does not repeat the text
    public static UpstreamUrl parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw notAnUpstream(e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        String host = uri.getHost();
        if (host == null || host.isEmpty() || (!scheme.equals("https") && !scheme.equals("http"))
                || uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw notAnUpstream(null);
        }
        refuseUserInfo(uri);
        if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("has a query or fragment. Leave the part from ? or # on away: what goes"
                    + " upstream after the prefix is the client's");
        }
        String prefix = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("/+$", "");
        refuseOddPrefix(prefix);
        boolean tls = scheme.equals("https");
        int port = uri.getPort() > 0 ? uri.getPort() : tls ? 443 : 80;
        return new UpstreamUrl(tls, unbracketed(host).toLowerCase(Locale.ROOT), port, prefix);
    }

    private static IllegalArgumentException notAnUpstream(@org.jspecify.annotations.Nullable Exception cause) {
        return new IllegalArgumentException(
                "is not an upstream. Write https://HOST or http://HOST, with :PORT and a /path prefix where needed, as"
                        + " https://api.openai.com",
                cause);
    }

    private static void refuseUserInfo(URI uri) {
        if (uri.getRawUserInfo() != null) {
            throw new IllegalArgumentException("carries a user or password. Take it out of the URL and put it into"
                    + " `credential` (with `credential-as: basic` for user:password)");
        }
    }

    private static void refuseOddPrefix(String prefix) {
        if (prefix.contains("//") || (prefix + "/").matches(".*/\\.{1,2}/.*")) {
            throw new IllegalArgumentException("has an empty, . or .. segment in its path. Write the path as the"
                    + " upstream knows it");
        }
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /// Whether the host is this machine or a private network by its spelling alone.
    public boolean isPrivate() {
        return Hosts.isPrivate(host);
    }

    /// `host:port` for a Host header or an authority, the port left away where it is the scheme's own.
    public String authority() {
        String name = host.contains(":") ? "[" + host + "]" : host;
        return port == (tls ? 443 : 80) ? name : name + ":" + port;
    }

    @Override
    public String toString() {
        return (tls ? "https://" : "http://") + authority() + prefix;
    }
}
