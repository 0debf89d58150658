package dev.weir.postgres;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseAllocator.Lent;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.money.Money;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/// What PostgreSQL lends is of the amount that it has stored, found by what nodes call the limit.
final class AmountsInForceIT {
    private static final TenantId ACME = new TenantId("acme");
    /// As a node names it that has not heard of anything lower.
    private static final long NAMED = Limit.AMOUNT_MAX;

    private final Database database = TestServer.database();
    private final Postgres postgres = Postgres.open(TestServer.VERTX, database);
    private final PostgresLeases leases = new PostgresLeases(TestServer.VERTX, database, Duration.ofHours(1),
            Duration.ofSeconds(20));
    private long number;

    @BeforeEach
    void tenant() throws SQLException {
        postgres.plans().create(new Plan("theirs", List.of(), Set.of()));
        execute("INSERT INTO weir.tenants (id, plan) VALUES ('acme', 'theirs')");
    }

    @AfterEach
    void close() {
        leases.close();
        postgres.close();
    }

    /// Of whatever entity, measure, window and zone.
    private static Stream<Limit> limits(long amount) {
        var all = new ArrayList<Limit>();
        for (Entity.Kind kind : Entity.Kind.values()) {
            for (String zone : List.of("UTC", "Etc/UTC", "Europe/Berlin", "+05:30")) {
                String value = kind == Entity.Kind.TAG ? "team=a/b:c" : all.size() % 2 == 0 ? Entity.EACH : "ann/x:y";
                Window window = Window.values()[all.size() % Window.values().length];
                Measure measure = window == Window.TOTAL ? Measure.CONCURRENCY : Measure.of(Meter.EGRESS_BYTES);
                all.add(new Limit("limit-" + all.size(), new Entity(kind, value), measure, window, Limit.zoneOf(zone),
                        amount,
                        Limit.Action.BLOCK, List.of()));
            }
        }
        return all.stream();
    }

    @Test
    void aTenantsOwnLimitIsFound() throws LeaseException {
        limits(70).forEach(limit -> postgres.limits().create(own(limit)));
        assertThat(lent(limits(NAMED))).hasSize(28).containsOnly(70L);
    }

    @Test
    void aLimitOfThePlanIsFoundUnlessTheTenantHasOneOfItsId() throws LeaseException {
        postgres.plans().change(new Plan("theirs", limits(70).toList(), Set.of()));
        assertThat(lent(limits(NAMED))).hasSize(28).containsOnly(70L);
        limits(90).forEach(limit -> postgres.limits().create(own(limit)));
        assertThat(lent(limits(NAMED))).hasSize(28).containsOnly(90L);
    }

    @Test
    void aBudgetIsFoundToThePicoDollar() throws LeaseException {
        var budgets = new ArrayList<Limit>();
        for (Entity.Kind kind : Entity.Kind.values()) {
            for (Budget.Period period : Budget.Period.values()) {
                String value = kind == Entity.Kind.TAG ? "team=a/b:c" : Entity.EACH;
                var budget = new Budget(ACME, kind.id() + "." + period.id(), new Entity(kind, value), period,
                        Limit.zoneOf(period == Budget.Period.DAILY ? "UTC" : "America/New_York"),
                        Money.ofPicos(NAMED - 7), Budget.USUAL_THRESHOLDS);
                postgres.budgets().create(budget, null, null, Instant.now());
                budgets.add(named(budget.toLimit(), NAMED));
            }
        }
        assertThat(lent(budgets.stream())).hasSize(14).containsOnly(NAMED - 7);
    }

    @Test
    void whatOnlyTellsOrCountsSomethingElseOrIsNotThereIsAsTheNodeSays() throws LeaseException {
        var tells = new Limit("tells", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, Limit.zoneOf("UTC"), 70,
                Limit.Action.NOTIFY, List.of());
        postgres.limits().create(own(tells));
        var converts = Limit.block("converts", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 70);
        postgres.plans().change(new Plan("theirs", List.of(converts), Set.of(), "pro"));
        var daily = Limit.block("daily", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 70);
        postgres.limits().create(own(daily));
        var hourly = Limit.block("daily", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.HOUR, 70);
        postgres.budgets()
                .create(new Budget(ACME, "told", Entity.THE_TENANT, Budget.Period.DAILY, Limit.zoneOf("UTC"),
                        Money.ofPicos(70),
                        List.of(Budget.Threshold.of(100, Budget.Action.NOTIFY))), null, null, Instant.now());
        var told = Limit.block("budget:told", Entity.THE_TENANT, Measure.of(Meter.COST), Window.DAY, 70);
        var unknown = Limit.block("unknown", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 70);
        assertThat(lent(Stream.of(tells, converts, hourly, told, unknown).map(limit -> named(limit, 1_000))))
                .containsOnly(1_000L);
        assertThat(lent(Stream.of(named(daily, 1_000)))).containsOnly(70L);
    }

    @Test
    void aRowThatNobodyCanReadTakesNoLeaseAway() throws Exception {
        execute("UPDATE weir.plans SET limits = '[1, \"x\", null, [], {\"id\": \"odd\", \"kind\": \"tenant\", \"value\": \"*\","
                + " \"meter\": \"calls\", \"window\": \"day\", \"zone\": \"UTC\", \"amount\": \"many\", \"action\": \"block\"}]'"
                + " WHERE id = 'theirs'");
        assertThat(lent(Stream.of(Limit.block("odd", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 1_000))))
                .containsOnly(1_000L);
    }

    /// The node has sent its message before the amount was lowered, and waits behind another node's.
    @Test
    void anAmountThatIsLoweredWhileAnExchangeWaitsForItsTurnIsInForceForIt() throws Exception {
        var limit = Limit.block("daily", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 1_000);
        postgres.limits().create(own(limit));
        assertThat(exchange(List.of(ask(limit, 0, 1)))).extracting(Lent::lent).containsExactly(500L);
        try (var blocker = database.connect(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("SELECT FROM weir.caps FOR UPDATE");
            var waiting = threads.submit(() -> exchange(List.of(ask(limit, 500, 300))));
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> Tables.value(database, "SELECT count(*) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND wait_event_type = 'Lock'"), "1"::equals);
            postgres.limits().change(own(named(limit, 600)));
            blocker.rollback();
            assertThat(waiting.get()).containsExactly(new Lent(500, 0, 400, 0));
        }
        assertThat(exchange(List.of(ask(limit, 500, 100)))).containsExactly(new Lent(600, 0, 400, 0));
    }

    private static TenantLimit own(Limit limit) {
        return new TenantLimit(ACME, limit, TenantLimit.Source.LIMITS);
    }

    private static Limit named(Limit limit, long amount) {
        return new Limit(limit.id(), limit.entity(), limit.measure(), limit.window(), limit.zone(), amount,
                limit.action(),
                limit.alerts());
    }

    /// What one node alone is lent of each that wishes for all, and gives nothing back.
    private List<Long> lent(Stream<Limit> limits) throws LeaseException {
        return exchange(
                limits.map(limit -> ask(limit, 0, limit.amount())).map(AmountsInForceIT::needingNothing).toList())
                .stream()
                .map(Lent::lent)
                .toList();
    }

    private static Ask ask(Limit limit, long keep, long wish) {
        return new Ask(LeaseKey.of(ACME, limit, "some", limit.window().span(Instant.now(), limit.zone())),
                limit.amount(), keep,
                wish, wish, 0, 0);
    }

    private static Ask needingNothing(Ask ask) {
        return new Ask(ask.key(), ask.amount(), ask.keep(), 0, ask.wish(), ask.used(), ask.lost());
    }

    private List<Lent> exchange(List<Ask> asks) throws LeaseException {
        return leases.exchange(new Exchange("n1", 1, ++number, asks)).lent();
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
