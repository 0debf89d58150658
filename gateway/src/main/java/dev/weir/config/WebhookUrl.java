package dev.weir.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Where alerts are sent: an absolute URL with path and query. Its text may itself be a secret, and is in no message.
///
/// @param tls whether the connection is encrypted (`https`)
/// @param host lower case, an IPv6 address without its brackets
/// @param port 1 to 65,535
/// @param target path and query, percent-coded
public record WebhookUrl(boolean tls, String host, int port, String target) {
    public static final int LENGTH_MAX = 2_048;
    private static final int TLS_PORT = 443;
    private static final int PLAIN_PORT = 80;

    /// @param allowPrivate whether it may be on this machine or a private network, and without TLS
    /// @throws IllegalArgumentException that says what is wrong with it, without repeating it
    public static WebhookUrl parse(String text, boolean allowPrivate) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw notAnUrl(e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean tls = scheme.equals("https");
        String host = uri.getHost();
        if (host == null || host.isEmpty() || !tls && !scheme.equals("http") || uri.getPort() == 0
                || uri.getPort() > 65_535 || text.length() > LENGTH_MAX) {
            throw notAnUrl(null);
        }
        if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "carries a user, a password or a fragment, which would not be sent. Take it"
                            + " out: messages are signed");
        }
        String bare = (host.startsWith("[") ? host.substring(1, host.length() - 1) : host).toLowerCase(Locale.ROOT);
        if (!allowPrivate && (!tls || Hosts.isPrivate(bare))) {
            throw new IllegalArgumentException("is " + (tls ? "on this machine or a private network" : "without TLS")
                    + ". If that is meant, set alerts.allow-private: true; else name a public https:// host");
        }
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new WebhookUrl(tls, bare, uri.getPort() > 0 ? uri.getPort() : tls ? TLS_PORT : PLAIN_PORT,
                uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
    }

    private static IllegalArgumentException notAnUrl(@Nullable Exception cause) {
        return new IllegalArgumentException("is no address to send to. Write https://HOST/PATH, as"
                + " https://hooks.example.com/weir, of " + LENGTH_MAX + " characters at most", cause);
    }

    /// Shows no path and no query: those of some receivers are what opens them.
    @Override
    public String toString() {
        return (tls ? "https://" : "http://") + host + ":" + port + "/…";
    }
}
