package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.config.McpRules;
import dev.weir.dialect.McpReader;
import dev.weir.dialect.McpReading;
import dev.weir.dialect.McpRequest;
import dev.weir.dialect.McpWords;
import dev.weir.tenant.KeyId;
import dev.weir.usage.ToolCounts;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What is known of a call on an `mcp` route beside what every call has. Event loop of the exchange only.
final class McpCall {
    private static final String BASE64_PREFIX = "=?base64?";
    private static final String BASE64_SUFFIX = "?=";
    private static final String LISTEN = "subscriptions/listen";
    private static final String SESSION = "mcp-session-id";

    private final String route;
    private final McpSessions sessions;

    /// How the call is refused.
    McpWords words = McpWords.UNREAD;
    /// Null until the body was read; stays so for methods that have none.
    @Nullable
    McpRequest request;

    McpCall(String route, McpSessions sessions) {
        this.route = route;
        this.sessions = sessions;
    }

    /// What the head alone tells.
    ///
    /// @return why the call may not go on, null where it may
    @Nullable
    Refusal byHead(McpRules rules, HttpServerRequest head, @Nullable KeyId caller) {
        for (String session : head.headers().getAll(SESSION)) {
            if (sessions.isSomeoneElses(route, session, caller)) {
                return Refusal.of(RefusalCode.SESSION_UNKNOWN, "This key has no such session. Begin a new one.");
            }
        }
        return OriginCheck.of(rules, head);
    }

    /// The upstream's head is here.
    void answered(MultiMap headers, @Nullable KeyId caller) {
        String session = headers.get(SESSION);
        if (session != null && caller != null) {
            sessions.opened(route, session, caller);
        }
    }

    /// Reads a held body.
    ///
    /// @return why the call may not go on, null where it may
    @Nullable
    Refusal read(HeldBody held, MultiMap headers) {
        return switch (McpReader.read(held.bytes(), held.length())) {
            case McpReading.Unreadable(String why, McpWords how) -> {
                words = how;
                yield Refusal.of(RefusalCode.BAD_REQUEST, why);
            }
            case McpReading.Read(McpRequest read) -> {
                request = read;
                words = read.words();
                String disagreeing = disagreeing(read, headers);
                if (disagreeing == null) {
                    yield null;
                }
                words = words.as(McpWords.HEADER_MISMATCH);
                yield Refusal.of(RefusalCode.BAD_REQUEST, "The header " + disagreeing
                        + " does not agree with the body. Send what the message says (MCP 2026-07-28).");
            }
        };
    }

    /// Whether it opens a stream of the server's own messages, as a GET does before protocol 2026-07-28.
    boolean listens() {
        return request != null && LISTEN.equals(request.method());
    }

    /// The tools that are to be called.
    ToolCounts asked() {
        return request == null ? ToolCounts.NONE : request.asked();
    }

    /// The header that says something else than the body; null where none does. One that is absent says nothing: whether it
    /// had to be there is the server's to judge, who knows the protocol's version.
    private static @Nullable String disagreeing(McpRequest request, MultiMap headers) {
        if (!agrees(headers, "mcp-method", request.method())) {
            return "Mcp-Method";
        }
        return agrees(headers, "mcp-name", request.subject()) ? null : "Mcp-Name";
    }

    private static boolean agrees(MultiMap headers, String name, @Nullable String said) {
        return headers.getAll(name).stream().allMatch(value -> said != null && said.equals(plain(value.strip())));
    }

    /// A value without its Base64 form, which carries what is not ASCII; null where that cannot be read.
    private static @Nullable String plain(String value) {
        boolean coded = value.toLowerCase(Locale.ROOT).startsWith(BASE64_PREFIX) && value.endsWith(BASE64_SUFFIX)
                && value.length() >= BASE64_PREFIX.length() + BASE64_SUFFIX.length();
        if (!coded) {
            return value;
        }
        try {
            return new String(Base64.getDecoder()
                    .decode(value.substring(BASE64_PREFIX.length(), value.length() - BASE64_SUFFIX.length())),
                    StandardCharsets.UTF_8);
        } catch (IllegalArgumentException unreadable) {
            return null;
        }
    }
}
