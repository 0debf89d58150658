package dev.weir.config;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// What the keys have to say about each other, asked once when all have been read.
final class CrossChecks {
    /// Providers that usually answer without a credential.
    private static final Set<Provider> OPEN = EnumSet.of(Provider.SANDBOX, Provider.OLLAMA, Provider.VLLM,
            Provider.LLAMACPP, Provider.TGI, Provider.OPENAI_COMPATIBLE);

    private final Reading reading;
    private final GatewayConfig config;

    private CrossChecks(Reading reading, GatewayConfig config) {
        this.reading = reading;
        this.config = config;
    }

    static void run(Reading reading, GatewayConfig config) {
        CrossChecks checks = new CrossChecks(reading, config);
        checks.ports();
        checks.controlIsGuarded();
        checks.limits();
        checks.spool();
        checks.database();
        checks.pipeline();
        checks.kafka();
        config.routes().values().forEach(checks::route);
        checks.missingCredentials();
    }

    private void problem(String path, String text) {
        reading.problem(reading.where(path), text);
    }

    private void warning(String path, String text) {
        reading.warning(reading.where(path), text);
    }

    private void ports() {
        Address data = config.listen().data();
        Address control = config.listen().control();
        if (data.collidesWith(control)) {
            problem("listen.control", "listen.data=" + data + " and listen.control=" + control + " are the same port."
                    + " Give each face its own.");
        }
    }

    private void controlIsGuarded() {
        boolean guarded = config.control().behindProxy() || config.control().tls().isPresent();
        Address control = config.listen().control();
        if (!control.isLoopback() && !guarded) {
            problem("listen.control", "listen.control=" + control + " is reachable from other machines, and admin keys"
                    + " would cross the network in plaintext. Give the control plane control.tls, or set"
                    + " control.behind-proxy: true where a proxy in front of it does TLS, or listen on 127.0.0.1.");
        }
    }

    private void limits() {
        Limits limits = config.limits();
        if (limits.requestLine().compareTo(limits.head()) > 0) {
            problem("limits.request-line", "limits.request-line=" + limits.requestLine() + " > limits.head="
                    + limits.head() + ": the head contains the request line. Lower the first or raise the second.");
        }
        if (limits.bodyMax().compareTo(limits.heldBytesTotal()) > 0) {
            heldTooSmall("limits.body-max", limits.bodyMax());
        }
        if (limits.http2().streamWindow().compareTo(limits.http2().connectionWindow()) > 0) {
            problem("limits.http2.stream-window", "limits.http2.stream-window=" + limits.http2().streamWindow()
                    + " > limits.http2.connection-window=" + limits.http2().connectionWindow()
                    + ": one stream could never use its window. Lower the first or raise the second.");
        }
        if (limits.connectionsPerAddress() > limits.connections()
                && reading.isGiven("limits.connections-per-address")) {
            warning("limits.connections-per-address", "limits.connections-per-address="
                    + limits.connectionsPerAddress() + " > limits.connections=" + limits.connections()
                    + ": the second is always reached first.");
        }
    }

    private void heldTooSmall(String path, ByteSize bodyMax) {
        problem(path, path + "=" + bodyMax + " > limits.held-bytes-total=" + config.limits().heldBytesTotal()
                + ": the largest body could never be held. Lower the first or raise the second.");
    }

    private void spool() {
        GatewayConfig.Spool spool = config.spool();
        if (spool.segment().bytes() > spool.quota().bytes() / 4) {
            problem("spool.quota", "spool.quota=" + spool.quota() + " < 4 x spool.segment=" + spool.segment()
                    + ": one segment is written, one prepared, and two are on their way. Raise the quota or lower the"
                    + " segment.");
        }
    }

    private void database() {
        GatewayConfig.Database database = config.database();
        if (!database.isEmbedded() && database.password().isEmpty()) {
            problem("database.password", "database.url names an outside PostgreSQL and database.password is missing:"
                    + " the roles' passwords are derived from it. Set WEIR_DATABASE_PASSWORD, or write"
                    + " password: ${file:…}.");
        }
        if (database.isEmbedded() && database.password().isPresent()) {
            warning("database.password", "It has no effect without database.url: the embedded PostgreSQL makes its own"
                    + " password.");
        }
    }

    private void pipeline() {
        if (config.pipeline() != GatewayConfig.Pipeline.KAFKA) {
            return;
        }
        if (config.kafka().bootstrap().isEmpty()) {
            problem("pipeline", "pipeline is kafka, and kafka.bootstrap is missing: nobody says where the brokers are."
                    + " Write bootstrap: HOST:PORT under kafka, or pipeline: direct.");
        }
        if (config.database().isEmbedded()) {
            warning("pipeline",
                    "Events go to Kafka, and `./weir sink` has to bring them into the embedded PostgreSQL of"
                            + " this process. That works on this machine only; `./weir sink` says how. For several nodes set"
                            + " database.url.");
        }
    }

    private void kafka() {
        GatewayConfig.Kafka kafka = config.kafka();
        if (kafka.user().isPresent() != kafka.password().isPresent()) {
            String there = kafka.user().isPresent() ? "user" : "password";
            String missing = kafka.user().isPresent() ? "password" : "user";
            problem("kafka." + there, "SASL needs both, and kafka." + missing + " is missing. Write it, or take kafka."
                    + there + " out.");
        }
        if (kafka.tlsCa().isPresent() && !kafka.tls()) {
            problem("kafka.tls-ca", "Nothing is encrypted without kafka.tls, so nobody is to be trusted. Write"
                    + " tls: true, or take tls-ca out.");
        }
        if (kafka.user().isPresent() && !kafka.tls()) {
            warning("kafka.tls", "Events and, with mechanism plain, the password cross the network in plaintext. Write"
                    + " tls: true if the brokers have it.");
        }
    }

    private void route(RouteConfig route) {
        String path = "routes." + route.name() + ".";
        credential(route, path);
        signature(route, path);
        deadlines(route, path);
        kind(route, path);
        if (route.bodyMax().compareTo(config.limits().heldBytesTotal()) > 0 && route.kind() != RouteKind.CONNECTOR
                && reading.isGiven(path + "body-max")) {
            heldTooSmall(path + "body-max", route.bodyMax());
        }
        route.upstream().ifPresent(upstream -> upstream(route, upstream, path + "upstream"));
    }

    private void kind(RouteConfig route, String path) {
        if (route.kind() == RouteKind.WEBHOOK) {
            if (route.webhook().isEmpty()) {
                problem(path + "signature.secret",
                        "A webhook comes without a key: the route needs `tenant`, who pays for"
                                + " it, and `signature` with a `secret`, which its sender must know.");
            } else if (route.webhook().get().signature().signed().contains(SignatureRules.ID)
                    && route.webhook().get().deliveryId().isEmpty()) {
                problem(path + "signature.signed", "{id} is signed, and no header is known for it. Add delivery-id.");
            }
        } else if (List.of("tenant", "delivery-id", "signature.scheme", "signature.secret")
                .stream()
                .anyMatch(key -> reading.isGiven(path + key))) {
            problem(path + "signature", "Only a route of kind webhook takes deliveries for a tenant by their signature;"
                    + " this is a " + route.kind()
                    + ". Take tenant, delivery-id and signature out, or change the kind.");
        }
        if ((route.kind() == RouteKind.MCP || route.kind() == RouteKind.WEBHOOK) && route.passClientCredential()) {
            problem(path + "client-credential", "On a route of kind " + route.kind() + " no token of the client's goes"
                    + " upstream (MCP forbids to pass tokens through). Take the key out, and write a credential.");
        }
        if (route.kind() != RouteKind.MCP && !route.mcp().equals(McpRules.DEFAULTS)) {
            warning(path + "origins", "hosts, origins and listening have no effect on a route of kind " + route.kind()
                    + ": they are for mcp.");
        }
    }

    private void upstream(RouteConfig route, UpstreamUrl upstream, String path) {
        if (upstream.isPrivate() && !route.allowPrivate()) {
            problem(path, "The upstream " + upstream + " is on this machine or a private network. If that is meant, add"
                    + " allow-private: true to the route; else name a public host.");
        }
        if (!upstream.tls() && !upstream.isPrivate() && route.credential() instanceof Credential.Given) {
            warning(path, "The route's credential crosses the network in plaintext to " + upstream + ". Write https://"
                    + " if the upstream has it.");
        }
    }

    private void credential(RouteConfig route, String path) {
        boolean given = !(route.credential() instanceof Credential.None);
        if (given && route.passClientCredential()) {
            problem(path + "credential", "With client-credential: pass the client's own key goes upstream, so a"
                    + " credential is never used. Take one of the two out.");
        } else if (!given && !route.passClientCredential() && needsCredential(route)) {
            warning(path + "credential", "The route sends no credential, and " + route.provider() + " will refuse its"
                    + " calls. Add credential: ${…}, or client-credential: pass.");
        }
    }

    private void signature(RouteConfig route, String path) {
        if (!route.credentialForm().signs()) {
            return;
        }
        if (!route.provider().equals(Provider.BEDROCK.id()) || route.kind() != RouteKind.LLM) {
            problem(path + "credential-as", "sigv4 signs calls to AWS Bedrock, and this route is none: its provider is "
                    + route.provider() + ". Write bearer, basic, or the name of a header.");
        } else if (route.passClientCredential()) {
            problem(path + "credential-as", "With client-credential: pass there is nothing to sign with: a signature of"
                    + " the client's holds for another host and another body. Take one of the two out.");
        } else if (route.credential() instanceof Credential.Given(Secret secret) && AwsKey.of(secret).isEmpty()) {
            problem(path + "credential", "With credential-as: sigv4 it is ACCESS_KEY_ID:SECRET_ACCESS_KEY, and"
                    + " :SESSION_TOKEN behind it where the key is a temporary one. Write it as"
                    + " ${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY}.");
        } else if (!reading.isGiven(path + "region")
                && route.upstream().flatMap(url -> AwsHost.of(url.host())).isEmpty()) {
            problem(path + "region", "The upstream's name does not tell the AWS region that calls are signed for. Write"
                    + " it, as region: us-east-1.");
        }
    }

    /// One line for all of them: a machine without any provider key is a usual place to start.
    private void missingCredentials() {
        List<String> missing = config.routes()
                .values()
                .stream()
                .filter(route -> route.credential() instanceof Credential.Missing)
                .map(route -> "/" + route.name() + " (" + ((Credential.Missing) route.credential()).name() + ")")
                .toList();
        if (!missing.isEmpty()) {
            reading.warning("routes", "Calls are answered with 502 where the credential is missing: "
                    + String.join(", ", missing) + ". Set the variables or files in brackets and start again.");
        }
    }

    private static boolean needsCredential(RouteConfig route) {
        return route.kind() == RouteKind.LLM
                && Provider.byId(route.provider()).filter(provider -> !OPEN.contains(provider)).isPresent();
    }

    private void deadlines(RouteConfig route, String path) {
        UpstreamDeadlines deadlines = route.deadlines();
        String own = path + "deadlines.";
        below(own, "connect", deadlines.connect(), deadlines.call());
        below(own, "first-byte", deadlines.firstByte(), deadlines.call());
    }

    /// Named once: at the route where it is the route's own, else at the default all routes share.
    private void below(String own, String key, Duration shorter, Duration call) {
        if (shorter.compareTo(call) < 0) {
            return;
        }
        String at = reading.isGiven(own + key) || reading.isGiven(own + "call") ? own : "deadlines.";
        String name = at + key;
        String text = name + "=" + DurationText.show(shorter) + " >= " + at + "call=" + DurationText.show(call)
                + ": the deadline of the whole call would always fire first. Raise " + at + "call above "
                + DurationText.show(shorter) + " or lower " + name + ".";
        String where = reading.where(reading.isGiven(name) ? name : at + "call");
        if (!reading.problems.contains(new Problem(where, text))) {
            reading.problem(where, text);
        }
    }
}
