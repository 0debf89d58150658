package dev.weir.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// The keys of the file outside `routes`, in the order of the reference file: names, defaults and ranges.
final class GatewayKeys {
    private static final Duration MILLI = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final ByteSize GIB = ByteSize.ofMiB(1024);
    private static final String SSL_MODE = "sslmode=(disable|prefer|require|verify-ca|verify-full)";
    private static final String GOVERNANCE_HASH = "cdd01ef066bc6cf2";
    private static final String REGION = "[a-z0-9][a-z0-9-]{0,62}";

    private GatewayKeys() {}

    static GatewayConfig read(Section root) {
        GatewayConfig.Listen listen = listen(root.section("listen"));
        GatewayConfig.Control control = control(root.section("control"));
        Path data = root.file("data", Path.of("var"));
        GatewayConfig.Node node = node(root.section("node"));
        GatewayConfig.Database database = database(root.section("database"));
        var pipeline = root.choice("pipeline", GatewayConfig.Pipeline.DIRECT, GatewayConfig.Pipeline.class);
        GatewayConfig.Kafka kafka = kafka(root.section("kafka"));
        GatewayConfig.Keys keys = keys(root);
        GatewayConfig.Alerts alerts = alerts(root.section("alerts"));
        GatewayConfig.Demo demo = demo(root.section("demo"));
        Limits limits = limits(root.section("limits"));
        Section deadlines = root.section("deadlines");
        ClientDeadlines forClients = clientDeadlines(deadlines);
        UpstreamDeadlines forUpstreams = upstreamDeadlines(deadlines, UpstreamDeadlines.DEFAULTS);
        deadlines.end();
        GatewayConfig.Spool spool = spool(root.section("spool"));
        GatewayConfig.Leases leases = leases(root.section("leases"));
        GatewayConfig.Budget budget = budget(root.section("budget"));
        GatewayConfig.Prices prices = prices(root.section("prices"));
        GatewayConfig.Runtime runtime = runtime(root.section("runtime"));
        GatewayConfig.Log log = log(root.section("log"));
        var standard = new RouteKeys.Standard(limits.bodyMax(), forUpstreams, node.region());
        var routes = root.named("routes", (name, section) -> RouteKeys.read(name, section, standard));
        root.end();
        return new GatewayConfig(listen, control, data, node, database, pipeline, kafka, keys, alerts, demo, limits,
                forClients, spool, leases, budget, prices, runtime, log, routes);
    }

    private static GatewayConfig.Listen listen(Section listen) {
        Address data = listen.value("data", new Address("0.0.0.0", 8080), Address::parse);
        Address control = listen.value("control", new Address("127.0.0.1", 8085), Address::parse);
        Optional<TlsFiles> tls = listen.tls("tls");
        listen.end();
        return new GatewayConfig.Listen(data, control, tls);
    }

    private static GatewayConfig.Control control(Section control) {
        boolean behindProxy = control.flag("behind-proxy", false);
        Optional<TlsFiles> tls = control.tls("tls");
        String hash = control.text("governance-hash", GOVERNANCE_HASH);
        control.end();
        return new GatewayConfig.Control(behindProxy, tls,
                hash.equals("none") ? Optional.empty() : Optional.of(hash));
    }

    private static GatewayConfig.Node node(Section node) {
        Optional<String> id = node.optional("id", GatewayKeys::nodeId);
        String region = node.value("region", "local", GatewayKeys::region);
        node.end();
        return new GatewayConfig.Node(id, region);
    }

    private static String nodeId(String text) {
        if (!text.matches("[a-z0-9][a-z0-9._-]{0,62}")) {
            throw new IllegalArgumentException("is not a node's name. Write 1 to 63 characters of a-z 0-9 . _ -, a"
                    + " letter or digit first");
        }
        return text;
    }

    static String region(String text) {
        if (!text.matches(REGION)) {
            throw new IllegalArgumentException(
                    "is not a region. Write 1 to 63 characters of a-z 0-9 -, as eu-central-1");
        }
        return text;
    }

    private static GatewayConfig.Database database(Section database) {
        Optional<String> url = database.optional("url", GatewayKeys::databaseUrl);
        String user = database.text("user", "weir_owner");
        Optional<Secret> password = database.secret("password");
        int connections = database.number("connections", 8, 1, 1_000);
        int embeddedPort = database.number("embedded-port", 0, 0, 65_535);
        database.end();
        return new GatewayConfig.Database(url, user, password, connections, embeddedPort);
    }

    private static String databaseUrl(String text) {
        if (!text.matches("postgres(ql)?://[^/@?\\s]+/[^/@?\\s]+(\\?\\S*)?")) {
            throw new IllegalArgumentException(text.contains("@")
                    ? "carries a user or password. Put them into database.user and database.password"
                    : "is not a database. Write postgresql://HOST:PORT/NAME, as postgresql://db.internal:5432/weir");
        }
        if (text.toLowerCase(Locale.ROOT).contains("password=")) {
            throw new IllegalArgumentException("carries a password. Put it into database.password");
        }
        if (!text.replaceFirst("^[^?]*\\??", "").matches("((" + SSL_MODE + "|sslrootcert=[^&=]+)(&|$))*")) {
            throw new IllegalArgumentException("has a parameter Weir does not know. Behind the ? may stand sslmode="
                    + "disable, prefer, require, verify-ca or verify-full, and sslrootcert=FILE.pem, with & between");
        }
        return text;
    }

    private static GatewayConfig.Kafka kafka(Section kafka) {
        Optional<String> bootstrap = kafka.optional("bootstrap", GatewayKeys::bootstrap);
        String topic = kafka.value("topic", "weir.usage", GatewayKeys::topic);
        int partitions = kafka.number("partitions", 12, 1, 10_000);
        int replication = kafka.number("replication", 0, 0, 100);
        String group = kafka.value("group", "weir-sink", GatewayKeys::topic);
        boolean tls = kafka.flag("tls", false);
        Optional<Path> tlsCa = kafka.file("tls-ca");
        Optional<String> user = kafka.text("user");
        Optional<Secret> password = kafka.secret("password");
        var mechanism = kafka.choice("mechanism", GatewayConfig.Kafka.Mechanism.SCRAM_SHA_512,
                GatewayConfig.Kafka.Mechanism.class);
        Optional<Path> clientFile = kafka.file("client-file");
        kafka.end();
        return new GatewayConfig.Kafka(bootstrap, topic, partitions, replication, group, tls, tlsCa, user, password,
                mechanism, clientFile);
    }

    private static String bootstrap(String text) {
        if (!text.matches("[^,:/@\\s]+:[0-9]{1,5}(, ?[^,:/@\\s]+:[0-9]{1,5})*")) {
            throw new IllegalArgumentException("names no brokers. Write HOST:PORT, several with commas between, as"
                    + " kafka-1.internal:9092,kafka-2.internal:9092");
        }
        return text.replace(" ", "");
    }

    private static String topic(String text) {
        if (!text.matches("[a-zA-Z0-9._-]{1,200}")) {
            throw new IllegalArgumentException("is no name that Kafka takes. Write 1 to 200 characters of"
                    + " a-z A-Z 0-9 . _ -");
        }
        return text;
    }

    private static GatewayConfig.Keys keys(Section root) {
        Section keys = root.section("keys");
        Optional<Secret> pepper = keys.secret("pepper");
        Duration staleAfter = keys.duration("stale-after", DAY, Duration.ofSeconds(10), Duration.ofDays(30));
        keys.end();
        Section admin = root.section("admin");
        Optional<Secret> adminKey = admin.secret("key");
        admin.end();
        return new GatewayConfig.Keys(pepper, adminKey, staleAfter);
    }

    private static GatewayConfig.Alerts alerts(Section alerts) {
        boolean allowPrivate = alerts.flag("allow-private", false);
        alerts.end();
        return new GatewayConfig.Alerts(allowPrivate);
    }

    private static GatewayConfig.Demo demo(Section demo) {
        boolean enabled = demo.flag("enabled", true);
        Optional<Secret> key = demo.secret("key");
        demo.end();
        return new GatewayConfig.Demo(enabled, key);
    }

    private static Limits limits(Section limits) {
        Limits standard = Limits.DEFAULTS;
        ByteSize requestLine = limits.size("request-line", standard.requestLine(), ByteSize.of(256), ByteSize.ofMiB(1));
        ByteSize head = limits.size("head", standard.head(), ByteSize.ofKiB(1), ByteSize.ofMiB(1));
        int headerFields = limits.number("header-fields", standard.headerFields(), 8, 10_000);
        ByteSize bodyMax = limits.size("body-max", standard.bodyMax(), ByteSize.ofKiB(1), GIB);
        ByteSize held = limits.size("held-bytes-total", standard.heldBytesTotal(), ByteSize.ofKiB(1),
                ByteSize.ofMiB(1 << 20));
        int connections = limits.number("connections", standard.connections(), 1, 1_000_000);
        int perAddress = limits.number("connections-per-address", standard.connectionsPerAddress(), 1, 1_000_000);
        int perTenant = limits.number("calls-per-tenant", standard.callsPerTenant(), 1, 1_000_000);
        Limits.Http2 http2 = http2(limits.section("http2"));
        limits.end();
        return new Limits(requestLine, head, headerFields, bodyMax, held, connections, perAddress, perTenant, http2);
    }

    private static Limits.Http2 http2(Section http2) {
        Limits.Http2 standard = Limits.Http2.DEFAULTS;
        int streams = http2.number("streams", standard.streams(), 1, 100_000);
        ByteSize streamWindow = http2.size("stream-window", standard.streamWindow(), ByteSize.ofKiB(1), GIB);
        ByteSize window = http2.size("connection-window", standard.connectionWindow(), ByteSize.ofKiB(64), GIB);
        int resets = http2.number("resets", standard.resets(), 1, 1_000_000);
        Duration within = http2.duration("resets-within", standard.resetsWithin(), Duration.ofSeconds(1), DAY);
        http2.end();
        return new Limits.Http2(streams, streamWindow, window, resets, within);
    }

    private static ClientDeadlines clientDeadlines(Section deadlines) {
        ClientDeadlines standard = ClientDeadlines.DEFAULTS;
        return new ClientDeadlines(
                deadlines.duration("tls-handshake", standard.tlsHandshake(), MILLI, DAY),
                deadlines.duration("head", standard.head(), MILLI, DAY),
                deadlines.duration("body-first-byte", standard.bodyFirstByte(), MILLI, DAY),
                deadlines.size("body-rate", standard.bodyRate(), ByteSize.of(1), GIB),
                deadlines.duration("body-rate-after", standard.bodyRateAfter(), MILLI, DAY),
                deadlines.duration("keep-alive", standard.keepAlive(), MILLI, DAY),
                deadlines.duration("write-stall", standard.writeStall(), MILLI, DAY),
                deadlines.duration("drain", standard.drain(), MILLI, DAY));
    }

    static UpstreamDeadlines upstreamDeadlines(Section deadlines, UpstreamDeadlines standard) {
        return new UpstreamDeadlines(
                deadlines.duration("connect", standard.connect(), MILLI, DAY),
                deadlines.duration("first-byte", standard.firstByte(), MILLI, DAY),
                deadlines.duration("silence", standard.silence(), MILLI, DAY),
                deadlines.duration("call", standard.call(), MILLI, DAY));
    }

    private static GatewayConfig.Spool spool(Section spool) {
        GatewayConfig.Spool standard = GatewayConfig.Spool.DEFAULTS;
        Optional<Path> folder = spool.file("folder");
        Duration sync = spool.duration("sync", standard.sync(), Duration.ZERO, Duration.ofSeconds(10));
        ByteSize segment = spool.size("segment", standard.segment(), ByteSize.ofMiB(1), GIB);
        ByteSize quota = spool.size("quota", standard.quota(), ByteSize.ofMiB(8), ByteSize.ofMiB(1L << 30));
        Duration retention = spool.duration("retention", standard.retention(), Duration.ZERO, Duration.ofDays(3_650));
        spool.end();
        return new GatewayConfig.Spool(folder, sync, segment, quota, retention);
    }

    private static GatewayConfig.Leases leases(Section leases) {
        Duration expire = leases.duration("expire", Duration.ofMinutes(15), Duration.ofSeconds(10), DAY);
        leases.end();
        return new GatewayConfig.Leases(expire);
    }

    private static GatewayConfig.Budget budget(Section budget) {
        Percent outageBound = budget.value("outage-bound", Percent.parse("1%"), Percent::parse);
        budget.end();
        return new GatewayConfig.Budget(outageBound);
    }

    private static GatewayConfig.Prices prices(Section prices) {
        Optional<Path> file = prices.file("file");
        prices.end();
        return new GatewayConfig.Prices(file);
    }

    private static GatewayConfig.Runtime runtime(Section runtime) {
        int eventLoops = runtime.number("event-loops", 0, 0, 1_024);
        var transport = runtime.choice("transport", GatewayConfig.Runtime.Transport.AUTO,
                GatewayConfig.Runtime.Transport.class);
        runtime.end();
        return new GatewayConfig.Runtime(eventLoops, transport);
    }

    private static GatewayConfig.Log log(Section log) {
        var level = log.choice("level", GatewayConfig.Log.Level.INFO, GatewayConfig.Log.Level.class);
        log.end();
        return new GatewayConfig.Log(level);
    }
}
