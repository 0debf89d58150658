package dev.weir.postgres;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseAllocator.Used;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.postgres.PostgresLeases.Forfeiture;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/// The SQL held to [LeaseOracle] over thousands of random steps, and its sums to its rows after each.
///
/// When a node spoke is written over after each of its messages, so that nothing hangs on how long a step takes.
final class PostgresLeasesIT {
    private static final List<String> NODES = List.of("n1", "n2", "n3", "n4");
    private static final int STEPS = 1_000;
    private static final List<LeaseKey> KEYS = List.of(
            key("blocks", "cost/hour/Z/tenant:*", "acme", Window.HOUR),
            key("blocks", "cost/hour/Z/tenant:*", "ann", Window.HOUR),
            key("month", "tokens/month/Europe/Berlin/user:*", "bob", Window.MONTH),
            key("never", "tokens/total/Z/user:*", "bob", Window.TOTAL),
            key("budget:team", "cost/day/Z/tag:team=a/b", "team=a/b", Window.DAY),
            key("places", "concurrency/total/Z/tenant:*", "acme", Window.TOTAL));
    /// How the database has each limit but `never`, of which it knows nothing.
    private static final List<String> STORED = List.of("blocks", "month", "budget:team", "places");

    private final Database database = TestServer.database();
    private final PostgresLeases leases = new PostgresLeases(TestServer.VERTX, database, Duration.ofHours(1),
            Duration.ofSeconds(20));
    private final LeaseOracle oracle = new LeaseOracle();
    private final Map<String, Start> starts = new HashMap<>();
    private final Connection tables;
    private Random random = new Random(0);

    /// Of a node, as it knows itself.
    private static final class Start {
        long epoch = 1;
        long number;
    }

    private static LeaseKey key(String limit, String scope, String value, Window window) {
        return new LeaseKey(new TenantId("acme"), limit, scope, value, window.span(Instant.now(), ZoneOffset.UTC));
    }

    PostgresLeasesIT() throws SQLException {
        tables = database.connect();
        execute("INSERT INTO weir.plans (id, limits, forbids, at_limit) VALUES ('theirs', '[]', '{}', 'block')");
        execute("INSERT INTO weir.tenants (id, plan) VALUES ('acme', 'theirs')");
    }

    @AfterEach
    void close() throws SQLException {
        tables.close();
        leases.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverNodesSayPostgresAnswersAndHoldsWhatTheRuleSays(long seed) throws Exception {
        random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            String node = NODES.get(random.nextInt(NODES.size()));
            String what = seed + "." + step + " " + node + " " + take(node);
            assertThat(rows()).as(what).isEqualTo(oracle.all());
            assertThat(wrongSums()).as(what).isEqualTo("0");
        }
        assertThat(read("SELECT count(*) FROM weir.caps WHERE lent > 0")).isNotEqualTo("0");
    }

    private Start start(String node) {
        return starts.computeIfAbsent(node, _ -> new Start());
    }

    private String take(String node) throws Exception {
        Start start = start(node);
        int dice = random.nextInt(100);
        if (dice < 70) {
            return exchange(node, start.epoch, ++start.number);
        } else if (dice < 76) {
            return exchange(node, start.epoch, Math.max(1, start.number - random.nextInt(2)));
        } else if (dice < 81) {
            start.epoch += 1 + random.nextInt(2);
            start.number = 0;
            assertThat(leases.held(node)).isEqualTo(oracle.held(node));
            return "started again";
        } else if (dice < 85) {
            return exchange(node, Math.max(1, start.epoch - 1), start.number + 1);
        } else if (dice < 90) {
            silence(node);
            return "fell silent";
        } else if (dice < 93) {
            return forfeit(node);
        } else if (dice < 96) {
            return note();
        }
        return store(STORED.get(random.nextInt(STORED.size())));
    }

    private String exchange(String node, long epoch, long number) throws Exception {
        var exchange = new Exchange(node, epoch, number, asks(node));
        boolean echo = oracle.isEcho(exchange);
        var expected = oracle.exchange(exchange);
        if (expected.isEmpty()) {
            var refused = catchThrowableOfType(LeaseException.class, () -> leases.exchange(exchange));
            assertThat(refused).as(exchange.toString()).isNotNull();
            assertThat(refused.isFenced()).isTrue();
            return exchange + " fenced";
        }
        assertThat(leases.exchange(exchange)).as(exchange.toString()).isEqualTo(expected.get());
        if (!oracle.isSilent(node)) {
            execute("UPDATE weir.lease_holders SET spoken_at = now() + interval '1 day' WHERE node = '" + node + "'");
        }
        for (int i = 0; i < exchange.asks().size(); i++) {
            Ask ask = exchange.asks().get(i);
            if (!echo && expected.get().lent().get(i).lent() > ask.keep()) {
                assertThat(oracle.lent(ask.key())).as(exchange.toString()).isLessThanOrEqualTo(oracle.amount(ask));
            }
        }
        return exchange.toString();
    }

    /// Of some counters in any order: mostly what a node would ask, at times more than it was lent.
    private List<Ask> asks(String node) {
        var keys = new ArrayList<>(KEYS);
        Collections.shuffle(keys, random);
        var asks = new ArrayList<Ask>();
        for (LeaseKey key : keys.subList(0, random.nextInt(keys.size() + 1))) {
            long lent = oracle.row(key, node).lent();
            boolean blocks = random.nextInt(10) > 0;
            long keep = blocks ? random.nextLong(lent + (random.nextInt(8) == 0 ? 20 : 1)) : 0;
            long wish = blocks && random.nextInt(3) > 0 ? 1 + random.nextLong(200) : 0;
            asks.add(new Ask(key, blocks ? random.nextInt(5) == 0 ? 300 : 1_000 : 0, keep,
                    wish == 0 ? 0 : random.nextLong(wish), wish,
                    blocks ? random.nextLong(keep + 1) : random.nextLong(50),
                    random.nextInt(6) == 0 ? random.nextLong(30) : oracle.row(key, node).lost()));
        }
        return asks;
    }

    /// Another amount, or none that nodes are held to: it is not there, only tells, or counts something else.
    private String store(String limit) throws SQLException {
        long amount = random.nextInt(1_200);
        String action = random.nextInt(8) == 0 ? "notify" : "block";
        boolean counts = random.nextInt(8) > 0;
        boolean there = random.nextInt(8) > 0;
        oracle.store(limit, there && counts && action.equals("block") ? amount : Long.MAX_VALUE);
        String zone = counts ? "UTC" : "Asia/Tokyo";
        switch (limit) {
            case "month" -> execute("UPDATE weir.plans SET limits = '[%s]' WHERE id = 'theirs'".formatted(!there
                    ? ""
                    : """
                            {"id": "month", "kind": "user", "value": "*", "meter": "tokens", "window": "month", "zone": "%s",
                             "amount": %d, "action": "%s", "alerts": []}"""
                            .formatted(counts ? "Europe/Berlin" : "UTC", amount, action)));
            case "budget:team" -> {
                execute("DELETE FROM weir.budgets");
                if (there) {
                    execute("INSERT INTO weir.budgets (tenant, id, entity_kind, entity_value, period, zone, amount, alerts,"
                            + " created_at, terms_since) VALUES ('acme', 'team', 'tag', 'team=a/b', 'daily', '"
                            + (counts ? "Z" : zone) + "', " + amount
                            + " / 1000000000000.0, '[{\"percent\": 100, \"actions\":"
                            + " [\"notify\", \"" + action + "\"]}]', now(), now())");
                }
            }
            default -> {
                execute("DELETE FROM weir.limits WHERE id = '" + limit + "'");
                if (there) {
                    String[] counted = limit.equals("blocks")
                            ? new String[]{"cost", "hour"}
                            : new String[]{"concurrency", "total"};
                    execute("INSERT INTO weir.limits (tenant, id, kind, value, meter, \"window\", zone, amount, action, alerts,"
                            + " source) VALUES ('acme', '" + limit + "', 'tenant', '*', '" + counted[0] + "', '"
                            + counted[1]
                            + "', '" + zone + "', " + amount + ", '" + action + "', '{}', 'limits')");
                }
            }
        }
        return limit + " is stored as " + amount + " " + action + (there ? "" : " no more")
                + (counts ? "" : " elsewhere");
    }

    private void silence(String node) throws SQLException {
        oracle.silence(node);
        execute("UPDATE weir.lease_holders SET spoken_at = now() - interval '1 day', spends_until = now() - interval '1 hour'"
                + " WHERE node = '" + node + "'");
    }

    private String forfeit(String node) {
        Forfeiture forfeiture = leases.forfeit(node);
        if (!oracle.isKnown(node)) {
            assertThat(forfeiture).isInstanceOf(Forfeiture.NoSuchNode.class);
        } else if (!oracle.isSilent(node)) {
            assertThat(forfeiture).isInstanceOf(Forfeiture.StillSpends.class);
        } else {
            assertThat(forfeiture).isEqualTo(new Forfeiture.SetFree(oracle.forfeit(node)));
        }
        return forfeiture.toString();
    }

    private String note() throws LeaseException {
        var used = new ArrayList<Used>();
        for (String node : List.of("n3", "n5", "n6")) {
            used.add(new Used(node, KEYS.get(random.nextInt(KEYS.size())), random.nextLong(20)));
        }
        leases.note(used);
        oracle.note(used);
        return used.toString();
    }

    private List<String> rows() throws SQLException {
        var rows = new ArrayList<String>();
        try (var statement = tables.createStatement();
                var all = statement.executeQuery("SELECT limit_id || '/' || value || ' ' || node || ' ' || epoch || ' '"
                        + " || lent || ' ' || lost || ' ' || used FROM weir.leases")) {
            while (all.next()) {
                rows.add(all.getString(1));
            }
        }
        return rows.stream().sorted().toList();
    }

    private String wrongSums() throws SQLException {
        return read(
                "SELECT count(*) FROM weir.caps AS c WHERE (lent, lost, used) IS DISTINCT FROM (SELECT (coalesce(sum(lent), 0),"
                        + " coalesce(sum(lost), 0), coalesce(sum(used), 0)) FROM weir.leases AS l"
                        + " WHERE (l.tenant, l.limit_id, l.scope, l.value, l.starts)"
                        + " = (c.tenant, c.limit_id, c.scope, c.value, c.starts))");
    }

    private String read(String sql) throws SQLException {
        try (var statement = tables.createStatement(); var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var statement = tables.createStatement()) {
            statement.execute(sql);
        }
    }
}
