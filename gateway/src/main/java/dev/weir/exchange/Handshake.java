package dev.weir.exchange;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// The opening handshake of a WebSocket on its way to the upstream and back (RFC 6455 §4).
///
/// The client's key and version pass, so the upstream's proof is one for the client. No extension passes: compressed messages
/// could not be read as they pass. Of the subprotocols, those pass that are no key ([SubprotocolKey]).
final class Handshake {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final String EXTENSIONS = "sec-websocket-extensions";

    private Handshake() {}

    /// Completes the headers of the upstream's request.
    static void toUpstream(MultiMap headers) {
        headers.remove(EXTENSIONS);
        headers.set("connection", "Upgrade");
        headers.set("upgrade", "websocket");
    }

    /// Completes the headers of the client's 101.
    static void toClient(MultiMap headers) {
        headers.remove(EXTENSIONS);
        headers.set("connection", "Upgrade");
        headers.set("upgrade", "websocket");
    }

    /// Whether a 101 proves that the upstream has understood this very handshake, and negotiated nothing that was not offered.
    static boolean isProven(HttpClientResponse answer, @Nullable String key) {
        return key != null && "websocket".equalsIgnoreCase(answer.getHeader("upgrade"))
                && proof(key).equals(answer.getHeader("sec-websocket-accept"))
                && answer.getHeader(EXTENSIONS) == null;
    }

    static String proof(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new AssertionError(everyJdkHasIt);
        }
    }
}
