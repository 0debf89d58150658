package dev.weir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.event.Attribution;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.postgres.TenantLimit.Source;
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
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Plans, limits and capacity come back as they were put, reach the directory, and leave a record of who put them.
final class LimitsAndPlansIT {
    private static final TenantId ACME = new TenantId("acme");
    private final Database database = TestServer.database();
    private final Postgres postgres = Postgres.open(TestServer.VERTX, database);

    @BeforeEach
    void makeTenant() {
        postgres.tenants().create(ACME, "pro", null);
    }

    @AfterEach
    void close() {
        postgres.close();
    }

    @Test
    void theShippedPlansAreRowsExactlyAsTheCodeHasThem() {
        assertThat(postgres.plans().list("", 10)).containsExactlyInAnyOrderElementsOf(Plan.SHIPPED);
        assertThat(postgres.directory().load().plans()).containsExactlyInAnyOrderElementsOf(Plan.SHIPPED);
    }

    @Test
    void aPlanIsMadeOnceAndChangedWhole() {
        Limit writes = limit("w", Meter.WRITES, Window.HOUR, 7);
        var gold = new Plan("gold", List.of(writes), Set.of(Meter.IMAGES_GENERATED, Meter.SEARCHES), "pro");
        assertThat(postgres.plans().create(gold)).isTrue();
        assertThat(postgres.plans().create(gold)).isFalse();
        assertThat(postgres.plans().find("gold")).contains(gold);
        var plain = new Plan("gold", List.of(), Set.of());
        assertThat(postgres.plans().change(plain)).isTrue();
        assertThat(postgres.plans().find("gold")).contains(plain);
        assertThat(postgres.plans().change(new Plan("none", List.of(), Set.of()))).isFalse();
    }

    @Test
    void aLimitComesBackAsItWasPutWhateverItIsOn() {
        var zone = Limit.zoneOf("Europe/Berlin");
        var limits = List.of(limit("a", Meter.COST, Window.MONTH, Limit.AMOUNT_MAX),
                new Limit("b", new Entity(Entity.Kind.TAG, "team=ä'; --"), Measure.of(Meter.WRITES), Window.DAY, zone,
                        0,
                        Limit.Action.NOTIFY, List.of()),
                Limit.block("c", new Entity(Entity.Kind.KEY, Entity.EACH), Measure.CONCURRENCY, Window.TOTAL, 3));
        limits.forEach(limit -> assertThat(postgres.limits().create(own(limit))).isTrue());
        assertThat(postgres.limits().list(ACME, "", 10)).extracting(TenantLimit::limit).isEqualTo(limits);
        assertThat(postgres.limits().list(ACME, "a", 1)).extracting(TenantLimit::limit).containsExactly(limits.get(1));
        assertThat(postgres.directory().load().limits()).extracting(TenantLimit::limit)
                .containsExactlyInAnyOrderElementsOf(limits);
        assertThat(postgres.limits().list(new TenantId("globex"), "", 10)).isEmpty();
    }

    @Test
    void aLimitIsChangedInAmountOnlyAndByItsOwnFaceOnly() {
        Limit made = limit("a", Meter.CALLS, Window.DAY, 5);
        assertThat(postgres.limits().create(own(made))).isTrue();
        assertThat(postgres.limits().create(own(made))).as("there already").isFalse();
        var other = new TenantLimit(new TenantId("nobody"), made, Source.LIMITS);
        assertThat(postgres.limits().create(other)).as("no such tenant").isFalse();

        Limit raised = limit("a", Meter.WRITES, Window.HOUR, 9);
        assertThat(postgres.limits().change(own(raised))).hasValueSatisfying(row -> {
            assertThat(row.limit().amount()).isEqualTo(9);
            assertThat(row.limit().measure()).isEqualTo(Measure.of(Meter.CALLS));
        });
        assertThat(postgres.limits().change(new TenantLimit(ACME, made, Source.QUOTA))).isEmpty();
        assertThat(postgres.limits().delete(ACME, "a", Source.QUOTA)).isFalse();
        assertThat(postgres.limits().delete(ACME, "a", Source.LIMITS)).isTrue();
        assertThat(postgres.limits().find(ACME, "a")).isEmpty();
    }

    @Test
    void everyChangeRaisesTheVersionOfTheDirectory() {
        long before = postgres.directory().version();
        postgres.limits().create(own(limit("a", Meter.CALLS, Window.DAY, 5)));
        long created = postgres.directory().version();
        postgres.limits().delete(ACME, "a", Source.LIMITS);
        long deleted = postgres.directory().version();
        postgres.plans().create(new Plan("gold", List.of(), Set.of()));
        assertThat(List.of(before, created, deleted, postgres.directory().version())).isSorted()
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {"meter = 'spoons'", "kind = 'galaxy'", "value = ''", "\"window\" = 'decade'",
        "zone = 'Mars/Base'", "zone = '+00:07'", "meter = 'rate_limited'", "alerts = '{90,75}'",
        "meter = 'concurrency'"})
    void aRowThatDoesNotFitIsLeftOutAndTheOthersStay(String change) throws SQLException {
        postgres.limits().create(own(limit("good", Meter.CALLS, Window.DAY, 5)));
        postgres.limits().create(own(limit("bad", Meter.CALLS, Window.DAY, 5)));
        execute("UPDATE weir.limits SET " + change + " WHERE id = 'bad'");
        assertThat(postgres.directory().load().limits()).extracting(row -> row.limit().id()).containsExactly("good");
        assertThat(postgres.limits().list(ACME, "", 9)).extracting(row -> row.limit().id()).containsExactly("good");
    }

    @Test
    void whatDoesNotFitInAPlanIsLeftOutOfIt() throws SQLException {
        execute("UPDATE weir.plans SET forbids = '{spoons,searches}', limits = limits || '[1, {\"id\": 7}, {}]'"
                + " WHERE id = 'free'");
        assertThat(postgres.plans().find("free"))
                .contains(new Plan("free", Plan.FREE.limits(), Set.of(Meter.SEARCHES)));
    }

    @Test
    void aTenantIsOnAPlanThatThereIsAndIsConvertedOnce() {
        assertThat(postgres.tenants().create(new TenantId("globex"), "gold", null)).isEmpty();
        assertThat(postgres.tenants().changePlan(ACME, "gold")).isEmpty();
        assertThat(postgres.tenants().changePlan(ACME, "trial")).isPresent();
        assertThat(postgres.tenants().convert(ACME, "trial", "pro")).isPresent();
        assertThat(postgres.tenants().convert(ACME, "trial", "pro")).isEmpty();
        assertThat(postgres.tenants().find(ACME)).hasValueSatisfying(row -> assertThat(row.plan()).isEqualTo("pro"));
    }

    @Test
    void whatIsPurchasedAreBlockingLimits() {
        var bought = new Capacity(ACME, 5L, 3L, 20L, "gold", null);
        assertThat(postgres.capacities().put(bought)).isTrue();
        assertThat(postgres.capacities().find(ACME)).contains(bought);
        assertThat(postgres.directory().load().limits()).extracting(TenantLimit::limit)
                .containsExactlyInAnyOrder(
                        Limit.block(Capacities.RUNS_ID, Entity.THE_TENANT, Measure.RUNS, Window.MINUTE, 5),
                        Limit.block(Capacities.CONCURRENCY_ID, Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 3),
                        limit(Capacities.WRITES_ID, Meter.WRITES, Window.DAY, 20));
        var less = new Capacity(ACME, null, null, 1L, null, null);
        assertThat(postgres.capacities().put(less)).isTrue();
        assertThat(postgres.directory().load().limits()).extracting(row -> row.limit().amount()).containsExactly(1L);
        assertThat(postgres.capacities().list("", 9)).containsExactly(less);
        assertThat(postgres.capacities().put(new Capacity(new TenantId("nobody"), 1L, 1L, 1L, null, null))).isFalse();
    }

    @Test
    void theRunsOfTheRunningMinuteAreThoseThatALimitWouldCount() throws Exception {
        Instant minute = Samples.NOW.truncatedTo(ChronoUnit.MINUTES);
        postgres.store()
                .store(Samples.batch(ofRun("a", minute), ofRun("a", minute.plusSeconds(59)),
                        ofRun("b", minute.plusSeconds(30)), ofRun(null, minute), ofRun(null, minute),
                        ofRun("before", minute.minusMillis(1)), ofRun("after", minute.plusSeconds(60))));
        execute("UPDATE weir.usage_events SET outcome = 'blocked' WHERE run = 'b'");
        var use = postgres.capacities().use(List.of(ACME), minute.plusSeconds(40)).get(ACME);
        assertThat(use).extracting(Capacities.Use::runsBegun).isEqualTo(3L);
    }

    private static UsageEvent ofRun(@Nullable String run, Instant time) {
        var attribution = new Attribution(run, null, null, null, Map.of());
        return Samples.event("acme", "openai", time, Money.ZERO, attribution);
    }

    @Test
    void whatWasPurchasedBeforeRunsBlockedIsALimitAfterTheMigration() throws Exception {
        Database before = TestServer.emptyDatabase();
        execute(before, "CREATE SCHEMA weir AUTHORIZATION weir_owner");
        Schema.migrations(before).target("12").load().migrate();
        execute(before,
                "INSERT INTO weir.tenants (id, plan) VALUES ('acme', 'pro'), ('globex', 'pro'), ('nil', 'pro')");
        execute(before, "INSERT INTO weir.capacity (tenant, runs_per_minute, concurrency) VALUES ('acme', 7, NULL),"
                + " ('globex', 9000000000000000000, 1), ('nil', NULL, 2)");
        Schema.migrate(before);
        try (var migrated = Postgres.open(TestServer.VERTX, before)) {
            assertThat(migrated.directory().load().limits()).containsExactlyInAnyOrder(
                    new TenantLimit(ACME,
                            Limit.block(Capacities.RUNS_ID, Entity.THE_TENANT, Measure.RUNS, Window.MINUTE,
                                    7),
                            Source.CAPACITY),
                    new TenantLimit(new TenantId("globex"), Limit.block(Capacities.RUNS_ID, Entity.THE_TENANT,
                            Measure.RUNS, Window.MINUTE, Limit.RUNS_MAX), Source.CAPACITY));
            assertThat(migrated.capacities().list("", 9)).extracting(Capacity::runsPerMinute)
                    .containsExactly(7L, Limit.RUNS_MAX, null);
        }
    }

    @Test
    void everyChangeLeavesARowThatSaysWhoAndWhatItWasAndIs() {
        Limit five = limit("a", Meter.CALLS, Window.DAY, 5);
        Actor.as("ann", () -> postgres.limits().create(own(five)));
        Actor.as("bob", () -> postgres.limits().change(own(limit("a", Meter.CALLS, Window.DAY, 9))));
        Actor.as("bob", () -> postgres.limits().change(own(limit("a", Meter.CALLS, Window.DAY, 9))));
        Actor.as("ann", () -> postgres.limits().delete(ACME, "a", Source.LIMITS));
        Actor.as("eve", () -> postgres.plans().create(new Plan("gold", List.of(), Set.of())));
        Actor.as("eve", () -> postgres.keys().create(Samples.key("key_1", ACME)));

        var actions = postgres.adminActions().list(null, Long.MAX_VALUE, 10).reversed();
        assertThat(actions).extracting(action -> action.who() + " " + action.action() + " " + action.tenant() + "/"
                + action.target())
                .containsExactly("weir_app tenant.create acme/acme", "ann limit.create acme/a",
                        "bob limit.change acme/a",
                        "ann limit.delete acme/a", "eve plan.create /gold", "eve key.create acme/key_1");
        var change = actions.get(2);
        assertThat(String.valueOf(change.before())).contains("\"amount\":5,");
        assertThat(String.valueOf(change.after())).contains("\"amount\":9,");
        assertThat(String.valueOf(actions.getLast().after())).contains("last4").doesNotContain("hash");
        assertThat(postgres.adminActions().list(ACME, Long.MAX_VALUE, 10)).hasSize(5);
        assertThat(postgres.adminActions().list(null, actions.getLast().id(), 2)).hasSize(2);
    }

    @Test
    void theRecordIsOnlyAddedTo() {
        for (String change : List.of("UPDATE weir.admin_actions SET who = 'x'", "DELETE FROM weir.admin_actions",
                "TRUNCATE weir.admin_actions")) {
            assertThatThrownBy(() -> execute(change)).as(change).hasMessageContaining("never changed");
        }
    }

    @Test
    void theSumsOfSomeTenantsStopAtTheCut() throws Exception {
        postgres.store().store(Samples.batch(Samples.event("acme"), Samples.event("globex"), Samples.event("acme")));
        var grain = Duration.ofMinutes(15);
        for (long cut = 0; cut <= 3; cut++) {
            var sums = postgres.counters()
                    .before(new Counters.Watermark("n1", 1, cut), Set.of(ACME), Samples.NOW, grain);
            long calls = sums.used().stream().mapToLong(used -> used.quantities().amount(Meter.CALLS)).sum();
            assertThat(calls).as("cut " + cut).isEqualTo(cut == 0 ? 0 : cut == 3 ? 2 : 1);
            assertThat(sums.watermarks()).containsExactly(new Counters.Watermark("n1", 1, 3));
        }
        var otherEpoch = postgres.counters()
                .before(new Counters.Watermark("n1", 2, 0), Set.of(ACME), Samples.NOW, grain);
        assertThat(otherEpoch.used().stream().mapToLong(used -> used.quantities().amount(Meter.CALLS)).sum())
                .isEqualTo(2);
    }

    private void execute(String sql) throws SQLException {
        execute(database, sql);
    }

    private static void execute(Database database, String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static TenantLimit own(Limit limit) {
        return new TenantLimit(ACME, limit, Source.LIMITS);
    }

    private static Limit limit(String id, Meter meter, Window window, long amount) {
        return Limit.block(id, Entity.THE_TENANT, Measure.of(meter), window, amount);
    }
}
