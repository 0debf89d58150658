package dev.weir.exchange;

import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/// The client connections of one event loop, and since when each has had no call. One that lies idle for too long is closed;
/// one with a call is left alone, however long nothing passes.
///
/// A connection that has not sent a whole head yet is not here: its time is the guard's, [HeadGuard]. Event loop only.
final class IdleConnections {
    private static final class Use {
        int calls;
        long idleSinceNanos;

        Use(long nowNanos) {
            idleSinceNanos = nowNanos;
        }
    }

    private final long idleNanosMax;
    private final Map<HttpConnection, Use> open = new HashMap<>();

    IdleConnections(long idleNanosMax) {
        this.idleNanosMax = idleNanosMax;
    }

    void opened(HttpConnection connection, long nowNanos) {
        open.put(connection, new Use(nowNanos));
        connection.closeHandler(closed -> open.remove(connection));
    }

    void callBegan(HttpConnection connection) {
        Use use = open.get(connection);
        if (use != null) {
            use.calls++;
        }
    }

    void callEnded(HttpConnection connection, long nowNanos) {
        Use use = open.get(connection);
        if (use != null) {
            use.calls--;
            use.idleSinceNanos = nowNanos;
        }
    }

    /// Closes what has been idle for too long; over HTTP/2 with a GOAWAY before.
    void sweep(long nowNanos) {
        Iterator<Map.Entry<HttpConnection, Use>> each = open.entrySet().iterator();
        while (each.hasNext()) {
            var connection = each.next();
            Use use = connection.getValue();
            if (use.calls == 0 && nowNanos - use.idleSinceNanos > idleNanosMax) {
                each.remove();
                var _ = connection.getKey().close();
            }
        }
    }
}
