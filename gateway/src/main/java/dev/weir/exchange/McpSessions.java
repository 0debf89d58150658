package dev.weir.exchange;

import dev.weir.tenant.KeyId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Whose an MCP session is (G11.4): the upstream cannot tell Weir's tenants apart, because all of them come with Weir's
/// credential, so a session's id alone would open it to each of them.
///
/// A session belongs to the key that opened it through this process, as long as it is among the last [#SESSIONS_MAX] that
/// were used. One that is not known here (opened through another node, or before a restart) passes. Any thread.
final class McpSessions {
    static final int SESSIONS_MAX = 10_000;
    /// Characters; ids are some 40 long. A longer one is not remembered.
    static final int ID_LENGTH_MAX = 256;

    private final Map<String, KeyId> owners = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, KeyId> eldest) {
            return size() > SESSIONS_MAX;
        }
    };

    /// The upstream of a route gave a session this id. The first to get it keeps it.
    synchronized void opened(String route, String id, KeyId by) {
        if (id.length() <= ID_LENGTH_MAX) {
            owners.putIfAbsent(route + ' ' + id, by);
        }
    }

    synchronized boolean isSomeoneElses(String route, String id, @Nullable KeyId caller) {
        KeyId owner = owners.get(route + ' ' + id);
        return owner != null && !owner.equals(caller);
    }
}
