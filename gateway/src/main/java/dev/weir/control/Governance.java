package dev.weir.control;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.openapi.contract.Location;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/// The header by which clients of the metering service say which rules they go by: `X-Constitutional-Hash`. It is no secret and
/// proves nobody; a client with other rules is refused with 403. Immutable, any thread. Source: seed ACGS-2.
final class Governance {
    private static final String HEADER = "X-Constitutional-Hash";

    private final Optional<String> hash;

    /// @param hash what it must hold; empty: it is not asked for
    Governance(Optional<String> hash) {
        this.hash = hash;
    }

    /// Whether an operation of the document declares the header.
    static boolean isAskedFor(io.vertx.openapi.contract.Operation operation) {
        return operation.getParameters()
                .stream()
                .anyMatch(parameter -> parameter.getIn() == Location.HEADER
                        && parameter.getName().equalsIgnoreCase(HEADER));
    }

    boolean isMet(HttpServerRequest request) {
        var sent = request.getHeader(HEADER);
        return hash.isEmpty() || sent != null && MessageDigest.isEqual(sent.getBytes(StandardCharsets.UTF_8),
                hash.get().getBytes(StandardCharsets.UTF_8));
    }

    Problem problem() {
        return Problem.of(403, "governance_hash", "Other rules, or none",
                "Send the header " + HEADER + " with the hash of the rules that this installation goes by"
                        + " (control.governance-hash in its configuration).");
    }
}
