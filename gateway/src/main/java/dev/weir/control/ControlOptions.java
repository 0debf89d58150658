package dev.weir.control;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

/// Where the control plane listens and how much it takes.
///
/// @param host address to bind; anything but loopback makes `local` operations ask for a credential
/// @param port 0 for any free one
/// @param names host names a client may use beside the loopback ones; a request for another is refused, so that a web page
///        cannot reach the control plane through a name it made resolve here (DNS rebinding)
/// @param bodyBytesMax larger bodies are refused with 413
/// @param requestsMax requests being answered at a time; more are refused with 503
public record ControlOptions(String host, int port, Set<String> names, int bodyBytesMax, int requestsMax) {
    public static final int BODY_BYTES_MAX = 64 * 1024;
    public static final int REQUESTS_MAX = 128;

    public ControlOptions {
        names = Set.copyOf(names);
        if (bodyBytesMax < 1 || requestsMax < 1) {
            throw new IllegalArgumentException("the control plane's limits are 1 or more, not " + bodyBytesMax
                    + " body bytes and " + requestsMax + " requests");
        }
    }

    public static ControlOptions of(String host, int port) {
        return new ControlOptions(host, port, Set.of(), BODY_BYTES_MAX, REQUESTS_MAX);
    }

    boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
