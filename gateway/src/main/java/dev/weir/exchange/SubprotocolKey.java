package dev.weir.exchange;

import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;

/// Keys where a browser puts them, which can set no header of a WebSocket: among the subprotocols, as
/// `openai-insecure-api-key.KEY` (OpenAI, "Realtime API with WebSocket", browser example; read 2026-11).
final class SubprotocolKey {
    private static final String PREFIX = "openai-insecure-api-key.";
    private static final String FIELD = "sec-websocket-protocol";

    private SubprotocolKey() {}

    /// Adds the Weir keys among the subprotocols.
    static void collect(MultiMap headers, List<String> found) {
        for (String field : headers.getAll(FIELD)) {
            for (String one : field.split(",")) {
                String protocol = one.strip();
                if (protocol.startsWith(PREFIX + PresentedKey.PREFIX)) {
                    found.add(protocol.substring(PREFIX.length()));
                }
            }
        }
    }

    /// Takes out what must not go upstream: Weir keys always, keys of another kind where the client's do not (G9.4).
    static void drop(MultiMap headers, boolean keepKeys) {
        List<String> fields = headers.getAll(FIELD);
        if (fields.isEmpty()) {
            return;
        }
        List<String> kept = new ArrayList<>();
        for (String field : fields) {
            for (String one : field.split(",")) {
                String protocol = one.strip();
                if (!protocol.isEmpty() && mayPass(protocol, keepKeys)) {
                    kept.add(protocol);
                }
            }
        }
        headers.remove(FIELD);
        if (!kept.isEmpty()) {
            headers.set(FIELD, String.join(", ", kept));
        }
    }

    private static boolean mayPass(String protocol, boolean keepKeys) {
        if (protocol.startsWith(PresentedKey.PREFIX) || protocol.contains("." + PresentedKey.PREFIX)) {
            return false;
        }
        return keepKeys || !protocol.startsWith(PREFIX);
    }
}
