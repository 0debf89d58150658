package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ChaosTraffic.Payer;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.GatewayConfig;
import dev.weir.ledger.Ledgers;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The stage of a chaos run: an upstream with a ledger, a database of its own, tenants with and without caps, and the check of
/// all ledgers at the end. One thread.
final class Chaos implements AutoCloseable {
    private static final String PEPPER = "for chaos runs only, the same in each folder";
    private static final Pattern NOT_KEPT = Pattern.compile("call (\\S+): its record could not be kept");
    private static final long FREE_TOKENS = 1_000;
    private static final int VIOLATIONS_SHOWN = 12;

    private final Database store;
    private final LedgeredUpstream upstream = new LedgeredUpstream();
    private final ChaosTraffic traffic;
    private final Map<String, String> plans = new HashMap<>();
    private final Map<String, Long> left = new HashMap<>();
    private final Vertx vertx = Vertx.vertx();
    private final Set<String> notKept = new HashSet<>();

    /// Where Weir stores.
    interface Database {
        /// What a configuration says to reach it.
        String config() throws IOException;

        /// A connection that may read all.
        Connection connect() throws SQLException;
    }

    /// @param tagBytes of attribution that each event carries, to fill segments sooner
    Chaos(Database store, int tagBytes) throws IOException {
        this.store = store;
        this.traffic = new ChaosTraffic(seed(), tagBytes);
    }

    /// How often, how long, how far: a number of the run, given with `-Dweir.chaos.NAME`.
    static long number(String name, long ofShortRun) {
        return Long.getLong("weir.chaos." + name, ofShortRun);
    }

    static long seed() {
        return number("seed", 20_261_125L);
    }

    static void say(String line, Object... words) {
        System.out.println("chaos: " + line.formatted(words));
    }

    LedgeredUpstream upstream() {
        return upstream;
    }

    ChaosTraffic traffic() {
        return traffic;
    }

    /// The configuration of every start.
    String config() throws IOException {
        String route = ", upstream: \"" + upstream.url() + "\", credential: sk-test, allow-private: true}\n";
        return store.config() + "keys: {pepper: \"" + PEPPER + "\"}\n"
                + "demo: {enabled: false}\n"
                + "spool: {segment: 1MiB, sync: 2ms, retention: 0s}\n"
                + "deadlines: {drain: 3s}\n"
                + "log: {level: warn}\n"
                + "routes:\n"
                + "  openai: {kind: llm, provider: openai" + route
                + "  anthropic: {kind: llm, provider: anthropic" + route
                + "  tickets: {kind: connector, provider: servicenow" + route;
    }

    /// A gateway in this process, on a healthy disk and clock.
    Gateway here(Path folder) throws Exception {
        Gateway gateway = Gateway.start(readOf(folder));
        Ledgers.watch(gateway.ledger());
        return gateway;
    }

    /// The durable half of a start on a healthy disk, and of its stop: the folder is recovered, and all of it is stored.
    void store(Path folder) throws Exception {
        GatewayConfig config = readOf(folder);
        try (var store = Store.open(config, DataFolder.open(config.data()), vertx, Ports.real(),
                PriceBooks.of(config))) {
            store.startShipping();
        }
    }

    private GatewayConfig readOf(Path folder) throws IOException {
        String yaml = config() + "data: \"" + folder.resolve("var") + "\"\n"
                + "listen: {data: \"127.0.0.1:0\", control: \"127.0.0.1:0\"}\n";
        return read(yaml, folder);
    }

    private static GatewayConfig read(String yaml, Path folder) {
        return switch (ConfigReader.read(new ConfigSource("chaos.yaml", yaml, folder), Map.of(), Map.of())) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
        };
    }

    /// Tenants that a running gateway made.
    List<Payer> payers(Gateway gateway, String... tenantsAndPlans) throws IOException, InterruptedException {
        String url = "http://127.0.0.1:" + gateway.controlPort();
        return payers(url, Files.readString(gateway.folder().path().resolve("admin.key")).strip(), tenantsAndPlans);
    }

    List<Payer> payers(WeirProcess weir, String... tenantsAndPlans) throws IOException, InterruptedException {
        return payers(weir.controlUrl(), weir.adminKey(), tenantsAndPlans);
    }

    private List<Payer> payers(String control, String admin, String... tenantsAndPlans)
            throws IOException, InterruptedException {
        List<Payer> payers = new ArrayList<>();
        for (int i = 0; i < tenantsAndPlans.length; i += 2) {
            String tenant = tenantsAndPlans[i];
            String plan = tenantsAndPlans[i + 1];
            ask(control + "/api/tenants", admin, new JsonObject().put("id", tenant).put("plan", plan));
            String key = ask(control + "/api/keys", admin, new JsonObject().put("tenant", tenant)).getString("key");
            plans.put(tenant, plan);
            payers.add(new Payer(tenant, key, plan));
        }
        return payers;
    }

    private static JsonObject ask(String url, String admin, JsonObject body) throws IOException, InterruptedException {
        var answer = WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(url))
                .header("Authorization", "Bearer " + admin)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(url + ": " + answer.statusCode() + " " + answer.body());
        }
        return new JsonObject(answer.body());
    }

    /// Uses up the daily tokens of a free tenant and notes what the running gateway says is left. As nothing else runs then, the
    /// events must say the same once they are stored: what was settled is what is booked, and nothing stays reserved (I4).
    void exhaust(String prefix, Payer payer, WeirProcess weir) throws IOException, InterruptedException {
        left.put(payer.tenant(), traffic.exhaust(prefix, payer, weir.url("")));
    }

    private void checkLeft(List<ChaosLedgers.Metered> stored, List<String> violations) {
        left.forEach((tenant, said) -> {
            long booked = stored.stream()
                    .filter(event -> event.tenant().equals(tenant) && event.isAttempt())
                    .mapToLong(ChaosLedgers.Metered::tokens)
                    .sum();
            if (FREE_TOKENS - booked != said) {
                violations.add("I4: of " + tenant + "'s cap " + said + " were left, and the events say "
                        + (FREE_TOKENS - booked));
            }
        });
    }

    /// How many events are stored now.
    long storedEvents() throws SQLException {
        try (var connection = store.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM weir.usage_events")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /// Checks all ledgers, of everything or of the calls whose marks have a prefix. Everything must be stored.
    ///
    /// @param where for messages: what to run to see it again
    ChaosLedgers check(String prefix, String where) throws SQLException {
        return check(prefix, where, "");
    }

    /// @param log of a Weir whose disk failed: a refusal of which it says there that it could not be kept has no event
    ChaosLedgers check(String prefix, String where, String log) throws SQLException {
        NOT_KEPT.matcher(log).results().forEach(line -> notKept.add(line.group(1)));
        try (var connection = store.connect()) {
            var ledgers = new ChaosLedgers(
                    upstream.ledger().stream().filter(served -> isOf(served.mark(), prefix)).toList(),
                    traffic.ledger().stream().filter(seen -> isOf(seen.call().mark(), prefix)).toList(),
                    ChaosLedgers.stored(connection, prefix), plans);
            List<String> violations = new ArrayList<>(ChaosIdentities.violations(ledgers, notKept));
            if (prefix.isEmpty()) {
                checkLeft(ledgers.stored(), violations);
                violations.addAll(ChaosTables.violations(connection));
            }
            assertNone(violations, where);
            return ledgers;
        }
    }

    static void assertNone(List<String> violations, String where) {
        assertThat(violations.size())
                .as("violations (%s):%n%s%n", where,
                        violations.stream().limit(VIOLATIONS_SHOWN).collect(Collectors.joining("\n")))
                .isZero();
    }

    private static boolean isOf(String mark, String prefix) {
        return prefix.isEmpty() || mark.substring(mark.indexOf('.') + 1).startsWith(prefix + "-");
    }

    @Override
    public void close() {
        upstream.close();
        vertx.close().await();
    }
}
