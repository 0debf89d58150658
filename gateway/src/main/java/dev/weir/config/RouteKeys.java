package dev.weir.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The keys of one route: names, defaults and ranges.
final class RouteKeys {
    /// What a route inherits.
    record Standard(ByteSize bodyMax, UpstreamDeadlines deadlines, String region) {}

    private static final UpstreamUrl NOWHERE = new UpstreamUrl(true, "nowhere.invalid", 443, "");
    /// Providers whose realtime APIs are spoken over WebSockets, and hosts that may have taken theirs over.
    private static final Set<String> REALTIME = Set.of("openai", "azure", "google", "vertex", "xai",
            "openai-compatible",
            "sandbox");
    private static final List<String> METHODS_OF_MCP = List.of("GET", "POST", "DELETE");
    private static final List<String> METHODS_OF_WEBHOOKS = List.of("POST");
    private static final ByteSize WEBHOOK_BODY_MAX = ByteSize.ofMiB(4);
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private RouteKeys() {}

    static Optional<RouteConfig> read(String name, Section route, Standard standard) {
        if (!RouteConfig.NAME.matcher(name).matches()) {
            route.reading.problem(route.reading.where("routes." + name), "A route's name is the first segment of its"
                    + " paths: write 1 to 63 characters of a-z 0-9 - _, a letter or digit first.");
            return Optional.empty();
        }
        RouteKind kind = route.required("kind", RouteKind.LLM, Section.chooser(RouteKind.class),
                "Write llm, connector, mcp or webhook.");
        String provider = provider(name, kind, route);
        Optional<UpstreamUrl> upstream = upstream(provider, route);
        Credential credential = route.credential("credential");
        CredentialForm form = route.value("credential-as", standardForm(provider), CredentialForm::parse);
        boolean pass = route.value("client-credential", false, RouteKeys::passOrSwap, RouteKeys::passText);
        String region = route.value("region", standardRegion(provider, upstream, standard.region()),
                GatewayKeys::region);
        boolean allowPrivate = route.flag("allow-private", false);
        boolean encodedSlash = route.value("encoded-slash", passesEncodedSlash(kind, provider), RouteKeys::passOrRefuse,
                passes -> passes ? "pass" : "refuse");
        boolean webSocket = webSocket(kind, provider, route);
        Optional<String> outputLimitField = outputLimitField(route);
        boolean askUsage = route.flag("ask-usage", true);
        RouteConfig.CutStreams cutStreams = cutStreams(route);
        ByteSize bodyMax = route.size("body-max", bodyMax(kind, standard.bodyMax()), ByteSize.ofKiB(1),
                ByteSize.ofMiB(1024));
        int retries = route.number("retries", 1, 0, 1);
        Set<String> methods = new LinkedHashSet<>(route.list("methods", methods(kind), RouteKeys::method));
        if (methods.isEmpty()) {
            route.reading.problem(route.reading.where(route.path("methods")), "The list is empty: no call could pass."
                    + " Name the methods, or take the key out to allow all.");
        }
        List<AccessRule> reads = route.list("reads", List.of(), AccessRule::parse);
        List<AccessRule> writes = route.list("writes", List.of(), AccessRule::parse);
        Section own = route.section("deadlines");
        UpstreamDeadlines deadlines = GatewayKeys.upstreamDeadlines(own, standard.deadlines());
        own.end();
        int connections = route.number("connections", 1_024, 1, 100_000);
        Optional<Path> ca = route.file("ca");
        Optional<Address> proxy = route.optional("proxy", RouteKeys::proxy, address -> "http://" + address);
        McpRules mcp = WebhookKeys.mcp(route);
        Optional<WebhookRules> webhook = WebhookKeys.webhook(route);
        boolean shed = route.flag("shed", false);
        route.end();
        return Optional.of(new RouteConfig(name, kind, provider, upstream, credential, form, pass, region,
                allowPrivate, encodedSlash, webSocket, outputLimitField, askUsage, cutStreams, bodyMax, retries,
                methods, reads,
                writes, deadlines, connections, ca, proxy, mcp, webhook, shed));
    }

    /// What passes where nothing is said: on the last two kinds only what is metered there.
    private static List<String> methods(RouteKind kind) {
        return switch (kind) {
            case LLM, CONNECTOR -> METHODS;
            case MCP -> METHODS_OF_MCP;
            case WEBHOOK -> METHODS_OF_WEBHOOKS;
        };
    }

    /// A webhook's body is hashed whole, on an event loop, before anybody is known to have sent it.
    private static ByteSize bodyMax(RouteKind kind, ByteSize standard) {
        boolean less = kind == RouteKind.WEBHOOK && standard.compareTo(WEBHOOK_BODY_MAX) > 0;
        return less ? WEBHOOK_BODY_MAX : standard;
    }

    private static String provider(String name, RouteKind kind, Section route) {
        if (kind == RouteKind.LLM) {
            return route.required("provider", Provider.SANDBOX, RouteKeys::knownProvider,
                    "Name who answers; for a host that speaks OpenAI's API write openai-compatible.").id();
        }
        return route.value("provider", name, RouteKeys::anyProvider);
    }

    private static Provider knownProvider(String text) {
        return Provider.byId(text)
                .orElseThrow(() -> new IllegalArgumentException("is not a provider Weir knows."
                        + Suggestion.of(text, Provider.ids()) + " Choose one of " + String.join(", ", Provider.ids())
                        + "; for another host that speaks OpenAI's API write openai-compatible"));
    }

    private static String anyProvider(String text) {
        if (!RouteConfig.NAME.matcher(text).matches()) {
            throw new IllegalArgumentException("is not a provider's name. Write 1 to 63 characters of a-z 0-9 - _");
        }
        return text;
    }

    private static Optional<UpstreamUrl> upstream(String provider, Section route) {
        if (provider.equals(Provider.SANDBOX.id())) {
            return route.optional("upstream", UpstreamUrl::parse);
        }
        return Optional.of(route.required("upstream", NOWHERE, UpstreamUrl::parse,
                "Write where calls go, as https://api.openai.com."));
    }

    /// A host of Bedrock has its region in its name.
    private static String standardRegion(String provider, Optional<UpstreamUrl> upstream, String elsewhere) {
        return upstream.filter(url -> provider.equals(Provider.BEDROCK.id()))
                .flatMap(url -> AwsHost.of(url.host()))
                .map(AwsHost::region)
                .orElse(elsewhere);
    }

    private static CredentialForm standardForm(String provider) {
        return Provider.byId(provider).map(Provider::credentialForm).orElse(CredentialForm.BEARER);
    }

    private static boolean passesEncodedSlash(RouteKind kind, String provider) {
        return kind != RouteKind.LLM || provider.equals(Provider.BEDROCK.id());
    }

    private static boolean webSocket(RouteKind kind, String provider, Section route) {
        boolean usual = kind == RouteKind.LLM && REALTIME.contains(provider);
        boolean allowed = route.value("websocket", usual, RouteKeys::allowOrRefuse,
                allows -> allows ? "allow" : "refuse");
        if (allowed && kind != RouteKind.LLM) {
            route.reading.problem(route.reading.where(route.path("websocket")), "Only a route of kind llm can allow it:"
                    + " Weir meters the WebSockets of realtime models and no others. Write refuse, or take the key out.");
        }
        return allowed;
    }

    private static boolean allowOrRefuse(String text) {
        return switch (text) {
            case "allow" -> true;
            case "refuse" -> false;
            default -> throw new IllegalArgumentException("is neither allow nor refuse");
        };
    }

    private static Optional<String> outputLimitField(Section route) {
        String text = route.value("output-limit-field", "auto", RouteKeys::fieldName);
        return text.equals("auto") ? Optional.empty() : Optional.of(text);
    }

    private static String fieldName(String text) {
        if (!text.matches("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*")) {
            throw new IllegalArgumentException("is not a field. Write auto, or its name with dots between levels, as"
                    + " max_tokens or options.num_predict");
        }
        return text;
    }

    private static RouteConfig.CutStreams cutStreams(Section route) {
        boolean readOn = route.value("cut-streams", false, RouteKeys::readOnOrCount, on -> on ? "read-on" : "count");
        Duration most = route.duration("read-on-for", Duration.ofSeconds(30), Duration.ofMillis(1),
                Duration.ofHours(1));
        ByteSize bytes = route.size("read-on-bytes", ByteSize.ofMiB(1), ByteSize.ofKiB(1), ByteSize.ofMiB(1024));
        return new RouteConfig.CutStreams(readOn, most, bytes);
    }

    private static boolean readOnOrCount(String text) {
        return switch (text) {
            case "read-on" -> true;
            case "count" -> false;
            default -> throw new IllegalArgumentException("is neither count (what passed is counted) nor read-on (the"
                    + " upstream is read to its usage, at its full price)");
        };
    }

    private static boolean passOrSwap(String text) {
        return switch (text) {
            case "pass" -> true;
            case "swap" -> false;
            default -> throw new IllegalArgumentException("is neither swap (the client's key never goes upstream) nor"
                    + " pass (it does, and X-Weir-Key names the tenant)");
        };
    }

    private static String passText(boolean passes) {
        return passes ? "pass" : "swap";
    }

    private static boolean passOrRefuse(String text) {
        return switch (text) {
            case "pass" -> true;
            case "refuse" -> false;
            default -> throw new IllegalArgumentException("is neither pass nor refuse");
        };
    }

    private static String method(String text) {
        if (text.equals("CONNECT") || text.equals("TRACE") || !text.matches("[A-Z]{1,16}")) {
            throw new IllegalArgumentException("is not a list of methods. Write them in capitals, as [GET, POST];"
                    + " CONNECT and TRACE never pass");
        }
        return text;
    }

    private static Address proxy(String text) {
        if (!text.matches("http://[^/@?#\\s]+/?")) {
            throw new IllegalArgumentException("is not a proxy. Write http://HOST:PORT, without user, path or query");
        }
        return Address.parse(text.substring("http://".length()).replaceFirst("/$", ""));
    }
}
