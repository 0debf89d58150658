package dev.weir.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// One route: the name in front of an upstream, and what holds on it. Complete: every default is already applied.
///
/// @param name the first path segment, 1 to 63 of `a-z 0-9 - _`
/// @param kind what it carries
/// @param provider who answers, by the names of events and price book; for connectors any name
/// @param upstream where it leads; empty only for the sandbox inside this process
/// @param credential what goes upstream in place of the client's key
/// @param credentialForm where and how it is sent
/// @param passClientCredential whether the client's own provider key goes upstream; then `X-Weir-Key` names the tenant
/// @param region where the upstream computes, as events record it
/// @param allowPrivate whether the upstream may be on loopback or a private network (G11.2)
/// @param encodedSlash whether `%2F` in a path passes as part of a segment; else it is refused
/// @param webSocket whether a WebSocket may be opened at the paths that have one; else its handshake is refused
/// @param outputLimitField the request field to add where a cap needs a bound and the client sent none; empty where the
///        dialect's own default is right, and on other kinds than `llm`
/// @param askUsage whether a stream's usage is asked for on the client's behalf
/// @param cutStreams what is done for the usage of an answer whose client leaves; means something on kind `llm` only
/// @param bodyMax largest request body
/// @param retries attempts after the first, 0 or 1
/// @param methods the HTTP methods that pass, upper case; others are 405
/// @param reads calls that count as reads although their method says otherwise; looked at before `writes`
/// @param writes calls that count as writes although their method says otherwise
/// @param deadlines how long the upstream may take
/// @param connections open connections to the upstream, all event loops together
/// @param ca PEM file of the authorities to trust for this upstream, in place of the JDK's
/// @param proxy outbound HTTP proxy: asked by CONNECT for an `https` upstream, else sent the request in absolute form
/// @param mcp what holds for clients of kind `mcp`
/// @param webhook what holds for deliveries; there on every route of kind `webhook`
/// @param shed whether its calls are refused already when the spool is at 90 % of its quota
public record RouteConfig(String name, RouteKind kind, String provider, Optional<UpstreamUrl> upstream,
        Credential credential, CredentialForm credentialForm, boolean passClientCredential, String region,
        boolean allowPrivate, boolean encodedSlash, boolean webSocket, Optional<String> outputLimitField,
        boolean askUsage,
        CutStreams cutStreams, ByteSize bodyMax, int retries, Set<String> methods, List<AccessRule> reads,
        List<AccessRule> writes, UpstreamDeadlines deadlines, int connections, Optional<Path> ca,
        Optional<Address> proxy, McpRules mcp, Optional<WebhookRules> webhook, boolean shed) {
    /// What is done for the usage of an answer that the provider tells at its end, where the client does not wait for it.
    ///
    /// @param readOn whether the upstream is read to that end, nobody else listening; else it is told at once that nobody
    ///        waits, and what passed is counted
    /// @param readOnFor how long it is read on at most
    /// @param readOnBytes how much is read on at most
    public record CutStreams(boolean readOn, Duration readOnFor, ByteSize readOnBytes) {}

    static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");

    public RouteConfig {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a route's name has 1 to 63 characters of a-z 0-9 - _");
        }
        if (upstream.isEmpty() && !provider.equals(Provider.SANDBOX.id())) {
            throw new IllegalArgumentException("only the sandbox has no upstream");
        }
        if (retries < 0 || retries > 1) {
            throw new IllegalArgumentException("a call is attempted at most twice");
        }
        methods = Set.copyOf(methods);
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    public boolean isSandbox() {
        return upstream.isEmpty();
    }

    /// Whether a call only reads, by this route's rules, else by its method: GET, HEAD and OPTIONS read.
    ///
    /// @param path the normal form of what follows the route's name
    public boolean isRead(String method, String path) {
        if (reads.stream().anyMatch(rule -> rule.matches(method, path))) {
            return true;
        }
        return writes.stream().noneMatch(rule -> rule.matches(method, path)) && SAFE_METHODS.contains(method);
    }
}
