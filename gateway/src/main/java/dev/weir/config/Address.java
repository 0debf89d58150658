package dev.weir.config;

import java.net.InetAddress;

/// Where a port is opened: `127.0.0.1:8080`, `[::1]:8080`, `weir.internal:8080`.
///
/// @param host a host name or an address, an IPv6 one without its brackets
/// @param port 0 to 65,535; 0 takes any free one
public record Address(String host, int port) {
    public Address {
        if (host.isEmpty() || port < 0 || port > 65_535) {
            throw new IllegalArgumentException("an address has a host and a port of 0 to 65535");
        }
    }

    /// @throws IllegalArgumentException with a message for the operator
    public static Address parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        host = bracketed ? host.substring(1, host.length() - 1) : host;
        int port = port(text.substring(colon + 1));
        if (host.isEmpty() || port < 0 || (!bracketed && host.contains(":")) || host.contains("/")
                || host.contains(" ")) {
            throw new IllegalArgumentException("is not an address. Write HOST:PORT with a port of 0 to 65535, as"
                    + " 127.0.0.1:8080 for this machine, 0.0.0.0:8080 for all of its addresses, or [::1]:8080");
        }
        return new Address(host, port);
    }

    private static int port(String text) {
        if (!text.matches("[0-9]{1,5}")) {
            return -1;
        }
        int port = Integer.parseInt(text);
        return port <= 65_535 ? port : -1;
    }

    /// Whether only this machine reaches it. Names other than `localhost` are not looked up: they count as reachable.
    public boolean isLoopback() {
        return Hosts.isLocalName(host) || Hosts.literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
    }

    private boolean isWildcard() {
        return Hosts.literal(host).map(InetAddress::isAnyLocalAddress).orElse(false);
    }

    /// Whether both cannot be opened at the same time.
    public boolean collidesWith(Address other) {
        return port != 0 && port == other.port
                && (host.equals(other.host) || isWildcard() || other.isWildcard()
                        || (isLoopback() && other.isLoopback()));
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
