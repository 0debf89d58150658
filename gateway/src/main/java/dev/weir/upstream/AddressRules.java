package dev.weir.upstream;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/// Which addresses an upstream may have unless its route says `allow-private: true`, and a webhook unless `alerts` does (G11.2).
///
/// Refused are loopback, link-local, private, shared, multicast, unspecified and reserved ranges (RFC 6890 and its
/// registry), and the IPv6 forms that carry such an IPv4 address: mapped, NAT64 (RFC 6052), 6to4 (RFC 3056).
public final class AddressRules {
    private AddressRules() {}

    static boolean isPublic(InetAddress address) {
        if (address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isLinkLocalAddress()
                || address.isSiteLocalAddress() || address.isMulticastAddress()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        return address instanceof Inet6Address ? isPublicV6(bytes) : isPublicV4(bytes, 0);
    }

    private static boolean isPublicV4(byte[] bytes, int at) {
        int a = bytes[at] & 0xff;
        int b = bytes[at + 1] & 0xff;
        int c = bytes[at + 2] & 0xff;
        return switch (a) {
            case 0, 10, 127 -> false;
            case 100 -> b < 64 || b > 127;
            case 169 -> b != 254;
            case 172 -> b < 16 || b > 31;
            case 192 -> !(b == 168 || b == 0 && (c == 0 || c == 2) || b == 88 && c == 99);
            case 198 -> !(b == 18 || b == 19 || b == 51 && c == 100);
            case 203 -> !(b == 0 && c == 113);
            default -> a < 224;
        };
    }

    /// Of IPv6 only global unicast, `2000::/3`, is public, without what is set aside in it; and what carries a public IPv4
    /// address.
    private static boolean isPublicV6(byte[] bytes) {
        if (allZero(bytes, 0, 10) && bytes[10] == -1 && bytes[11] == -1) {
            return isPublicV4(bytes, 12);
        }
        if (startsWith(bytes, 0x00, 0x64, 0xff, 0x9b)) {
            return allZero(bytes, 4, 12) && isPublicV4(bytes, 12);
        }
        if (startsWith(bytes, 0x20, 0x02)) {
            return isPublicV4(bytes, 2);
        }
        boolean globalUnicast = (bytes[0] & 0xe0) == 0x20;
        boolean protocols = startsWith(bytes, 0x20, 0x01) && (bytes[2] & 0xfe) == 0;
        boolean documentation = startsWith(bytes, 0x20, 0x01, 0x0d, 0xb8)
                || startsWith(bytes, 0x3f, 0xff) && (bytes[2] & 0xf0) == 0;
        return globalUnicast && !protocols && !documentation;
    }

    private static boolean allZero(byte[] bytes, int from, int to) {
        return Arrays.mismatch(bytes, from, to, new byte[to - from], 0, to - from) < 0;
    }

    private static boolean startsWith(byte[] bytes, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if ((bytes[i] & 0xff) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    /// @throws UnknownHostException where the host has no address, or none that the rules allow
    static InetAddress[] allowed(String host, InetAddress[] resolved, boolean allowPrivate)
            throws UnknownHostException {
        return allowed(host, resolved, allowPrivate, "allow-private: true on the route");
    }

    /// @param setting what would allow all of them, for the message
    /// @throws UnknownHostException where the host has no address, or none that the rules allow
    public static InetAddress[] allowed(String host, InetAddress[] resolved, boolean allowPrivate, String setting)
            throws UnknownHostException {
        if (allowPrivate) {
            return resolved;
        }
        InetAddress[] allowed = Arrays.stream(resolved).filter(AddressRules::isPublic).toArray(InetAddress[]::new);
        if (allowed.length == 0) {
            throw new UnknownHostException(host + " has the address " + resolved[0].getHostAddress()
                    + ", which is not a public one. Set " + setting + " if that is meant.");
        }
        return allowed;
    }
}
