package dev.weir.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;

/// What a host's spelling tells without asking the name service.
final class Hosts {
    private Hosts() {}

    static boolean isLocalName(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost") || name.endsWith(".localhost");
    }

    /// The address a literal stands for; empty for a name.
    static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// Whether the host is, by its spelling alone, this machine or a private network (RFC 1918, 3927, 4193, 6598).
    /// Names are resolved and checked again when they are dialled (G11.2).
    static boolean isPrivate(String host) {
        return isLocalName(host) || literal(host).map(Hosts::isPrivate).orElse(false);
    }

    private static boolean isPrivate(InetAddress address) {
        return address.isLoopbackAddress() || address.isAnyLocalAddress() || address.isLinkLocalAddress()
                || address.isSiteLocalAddress() || address.isMulticastAddress() || isShared(address)
                || isUniqueLocal(address);
    }

    private static boolean isShared(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address && (bytes[0] & 0xff) == 100 && (bytes[1] & 0xc0) == 64;
    }

    private static boolean isUniqueLocal(InetAddress address) {
        return address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
    }
}
