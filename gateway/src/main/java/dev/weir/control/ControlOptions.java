package dev.weir.control;

import dev.weir.config.Address;
import dev.weir.config.GatewayConfig;
import dev.weir.config.TlsFiles;
import java.util.Optional;
import java.util.Set;

/// Where the control plane listens and how much it takes.
///
/// @param address anything but loopback makes `local` operations ask for a credential
/// @param behindProxy a proxy sends the requests, so a loopback peer proves nothing and any host name may be asked for
/// @param tls serves TLS; empty: plaintext
/// @param names host names a client may use beside the loopback ones; a request for another is refused, so that a web page
///        cannot reach the control plane through a name it made resolve here (DNS rebinding)
/// @param governanceHash what the governance header must hold where the document asks for it; empty: it is not asked for
/// @param bodyBytesMax larger bodies are refused with 413
/// @param requestsMax requests being answered at a time; more are refused with 503
public record ControlOptions(Address address, boolean behindProxy, Optional<TlsFiles> tls, Set<String> names,
        Optional<String> governanceHash, int bodyBytesMax, int requestsMax) {
    public static final int BODY_BYTES_MAX = 64 * 1024;
    public static final int REQUESTS_MAX = 128;

    public ControlOptions {
        names = Set.copyOf(names);
        if (bodyBytesMax < 1 || requestsMax < 1) {
            throw new IllegalArgumentException("the control plane's limits are 1 or more, not " + bodyBytesMax
                    + " body bytes and " + requestsMax + " requests");
        }
    }

    public static ControlOptions of(GatewayConfig config) {
        return new ControlOptions(config.listen().control(), config.control().behindProxy(), config.control().tls(),
                Set.of(), config.control().governanceHash(), BODY_BYTES_MAX, REQUESTS_MAX);
    }

    static ControlOptions of(Address address) {
        return new ControlOptions(address, false, Optional.empty(), Set.of(), Optional.of("cdd01ef066bc6cf2"),
                BODY_BYTES_MAX, REQUESTS_MAX);
    }

    ControlOptions withBehindProxy(boolean proxied) {
        return new ControlOptions(address, proxied, tls, names, governanceHash, bodyBytesMax, requestsMax);
    }

    ControlOptions withNames(Set<String> hosts) {
        return new ControlOptions(address, behindProxy, tls, hosts, governanceHash, bodyBytesMax, requestsMax);
    }

    ControlOptions withGovernanceHash(Optional<String> hash) {
        return new ControlOptions(address, behindProxy, tls, names, hash, bodyBytesMax, requestsMax);
    }

    ControlOptions withRequestsMax(int max) {
        return new ControlOptions(address, behindProxy, tls, names, governanceHash, bodyBytesMax, max);
    }

    /// Whether whoever reaches the port is on this machine.
    boolean isLocalOnly() {
        return address.isLoopback() && !behindProxy;
    }
}
