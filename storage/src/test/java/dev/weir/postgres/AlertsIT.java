package dev.weir.postgres;

import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.postgres.AlertRow.Delivery;
import dev.weir.postgres.AlertRow.State;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// What the tables of budgets and alerts promise: each mark once, each delivery by one at a time.
final class AlertsIT {
    private static final Instant NOON = Instant.parse("2026-03-14T12:00:00Z");
    private static final AtomicInteger IDS = new AtomicInteger();
    private static final byte[] SEALED = {1, 2, 3};
    private static final Database DATABASE = TestServer.database();
    private static Postgres postgres;

    private TenantId acme;

    @BeforeAll
    static void open() {
        postgres = Postgres.open(TestServer.VERTX, DATABASE);
    }

    @AfterAll
    static void close() {
        postgres.close();
    }

    @BeforeEach
    void newTenant() {
        acme = new TenantId("acme-" + IDS.incrementAndGet());
        postgres.tenants().create(acme, "pro", null);
    }

    private Budget budget(String usd) {
        return new Budget(acme, "daily", Entity.THE_TENANT, Budget.Period.DAILY, ZoneOffset.UTC, Money.ofUsd(usd),
                Budget.USUAL_THRESHOLDS);
    }

    private Reached mark(Budget budget, int percent, String settledUsd, Instant moment) {
        Limit limit = budget.toLimit();
        return new Reached(acme, new Standing(limit, acme.value(), Money.ofUsd(settledUsd).picos(), 0,
                limit.window().span(moment, limit.zone())), percent, false);
    }

    private Optional<AlertRow> fire(Reached mark) {
        return postgres.alerts().fire(mark, "alert_" + IDS.incrementAndGet(), "node-1", NOON);
    }

    private List<AlertRow> fired() {
        return postgres.alerts().list(Scope.of(acme), null, null, 100);
    }

    @Test
    void aBudgetIsStoredAsItIsAndInTheDirectory() {
        var custom = new Budget(acme, "ops", new Entity(Entity.Kind.USER, "*"), Budget.Period.MONTHLY,
                java.time.ZoneId.of("Europe/Berlin"), Money.ofUsd("12.000000000001"),
                List.of(Budget.Threshold.of(50, Budget.Action.LOG), Budget.Threshold.of(120, Budget.Action.NOTIFY)));
        long version = postgres.directory().version();

        assertThat(postgres.budgets().create(custom, "https://hooks.example/x", SEALED, NOON)).isPresent();

        var found = postgres.budgets().find(acme, "ops").orElseThrow();
        assertThat(found).isEqualTo(new BudgetRow(custom, "https://hooks.example/x", NOON, NOON));
        assertThat(postgres.directory().newerThan(version).orElseThrow().budgets()).contains(found);
        assertThat(custom.toLimit().blocks()).isFalse();
        assertThat(custom.toLimit().alerts()).containsExactly(50, 120);
    }

    @Test
    void anIdIsTakenOnceAndATenantMustBeThere() {
        assertThat(postgres.budgets().create(budget("1"), null, null, NOON)).isPresent();
        assertThat(postgres.budgets().create(budget("2"), null, null, NOON)).isEmpty();
        acme = new TenantId("nobody");
        assertThat(postgres.budgets().create(budget("1"), null, null, NOON)).isEmpty();
    }

    @Test
    void aMarkFiresOnceHoweverManyNodesSeeIt() throws Exception {
        postgres.budgets().create(budget("10"), "https://hooks.example/x", SEALED, NOON);
        Callable<Optional<AlertRow>> seen = () -> fire(mark(budget("10"), 75, "7.6", NOON));
        try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            int count = 0;
            for (var one : nodes.invokeAll(java.util.Collections.nCopies(12, seen))) {
                count += one.get().isPresent() ? 1 : 0;
            }
            assertThat(count).isEqualTo(1);
        }
        assertThat(fire(mark(budget("10"), 90, "9.1", NOON))).isPresent();
        assertThat(fire(mark(budget("10"), 75, "7.6", NOON.plus(Duration.ofDays(1))))).as("the next day").isPresent();
        assertThat(fired()).hasSize(3).allMatch(alert -> alert.delivery().state() == State.PENDING);
    }

    @Test
    void aLimitWithoutWindowFiresOnceForEver() {
        var limit = Limit.block("trial", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.TOTAL, 100);
        var mark = new Reached(acme, new Standing(limit, acme.value(), 80, 0, Window.Span.ALWAYS), 75, false);

        assertThat(fire(mark)).hasValueSatisfying(alert -> {
            assertThat(alert.actions()).containsExactly("log");
            assertThat(alert.delivery().state()).isEqualTo(State.RECORDED);
            assertThat(alert.mark().start()).isNull();
            assertThat(alert.mark().settled()).isEqualByComparingTo("80");
        });
        assertThat(fire(mark)).isEmpty();
    }

    @Test
    void whatIsDoneIsWhatTheBudgetSaysAtThatMark() {
        postgres.budgets().create(budget("10"), null, null, NOON);

        assertThat(fire(mark(budget("10"), 75, "8", NOON)).orElseThrow().actions()).containsExactly("notify");
        assertThat(fire(mark(budget("10"), 100, "10", NOON)).orElseThrow().actions())
                .containsExactlyInAnyOrder("block", "notify");
        assertThat(fired()).allMatch(alert -> alert.delivery().state() == State.RECORDED);
    }

    @Test
    void aRaisedBudgetTellsAgainOnlyOfMarksThatAreAboveTheUsageAgain() {
        postgres.budgets().create(budget("10"), null, null, NOON);
        fire(mark(budget("10"), 75, "9.5", NOON));
        fire(mark(budget("10"), 90, "9.5", NOON));

        // At 11 dollars 75 % is passed still, 90 % is ahead again.
        postgres.budgets().change(budget("11"), null, null, NOON, List.of(mark(budget("11"), 75, "9.5", NOON)));

        assertThat(fire(mark(budget("11"), 75, "9.5", NOON))).isEmpty();
        assertThat(fire(mark(budget("11"), 90, "9.95", NOON))).isPresent();
        assertThat(fired()).as("what was only carried is not shown").hasSize(3);
    }

    @Test
    void aLoweredBudgetTellsOfMarksThatNobodyWasToldOf() {
        postgres.budgets().create(budget("10"), null, null, NOON);
        fire(mark(budget("10"), 75, "8", NOON));

        var passed = List.of(mark(budget("8"), 75, "8", NOON), mark(budget("8"), 90, "8", NOON),
                mark(budget("8"), 100, "8", NOON));
        postgres.budgets().change(budget("8"), null, null, NOON, passed);

        assertThat(passed).map(this::fire).map(Optional::isPresent).containsExactly(false, true, true);
    }

    @Test
    void aWindowThatEndedUnseenIsJudgedOnlyByABudgetThatWasInForce() {
        Instant yesterday = NOON.minus(Duration.ofDays(1));
        var mark = mark(budget("10"), 75, "8", yesterday);
        var afterwards = new Reached(acme, mark.standing(), 75, true);

        assertThat(fire(afterwards)).as("no budget").isEmpty();
        postgres.budgets().create(budget("10"), null, null, NOON);
        assertThat(fire(afterwards)).as("a budget of today").isEmpty();
        postgres.budgets().delete(acme, "daily");
        postgres.budgets().create(budget("10"), null, null, yesterday);
        var other = new Budget(acme, "daily", Entity.THE_TENANT, Budget.Period.DAILY, ZoneOffset.UTC, Money.ofUsd("10"),
                List.of(Budget.Threshold.of(75, Budget.Action.LOG)));
        assertThat(postgres.budgets().change(budget("10"), "https://hooks.example/x", SEALED, NOON, List.of()))
                .as("a webhook is no term")
                .hasValueSatisfying(row -> assertThat(row.termsSince()).isEqualTo(yesterday));
        assertThat(fire(afterwards)).isPresent();
        assertThat(postgres.budgets().change(other, null, null, NOON, List.of()).orElseThrow().termsSince())
                .as("alerts are")
                .isEqualTo(NOON);
    }

    @Test
    void anAlertIsSentByOneAtATimeAndAgainWhenItsTimeIsOver() {
        postgres.budgets().create(budget("10"), "https://hooks.example/x", SEALED, NOON);
        var alert = fire(mark(budget("10"), 75, "8", NOON)).orElseThrow();
        var due = new Alerts.Due(alert.id(), acme);
        Instant until = NOON.plusSeconds(60);
        assertThat(postgres.alerts().due(NOON, 1_000)).contains(due);

        var first = postgres.alerts().claim(due, NOON, NOON, until).orElseThrow();

        assertThat(first.hook()).hasFieldOrPropertyWithValue("url", "https://hooks.example/x")
                .hasFieldOrPropertyWithValue("sealedSecret", SEALED);
        assertThat(postgres.alerts().claim(due, NOON, NOON, until)).as("while it is sent").isEmpty();
        assertThat(postgres.alerts().due(until, 1_000)).as("its sender died").contains(due);
        var second = postgres.alerts().claim(due, until, until, until.plusSeconds(60)).orElseThrow();
        assertThat(second.alert().delivery().attempts()).isEqualTo(2);
        var delivered = new Delivery(State.DELIVERED, 0, null, null, 204, null, until);
        assertThat(postgres.alerts().end(first.alert(), delivered)).as("too late").isEmpty();
        assertThat(postgres.alerts().end(second.alert(), delivered)).isPresent();
        assertThat(postgres.alerts().due(until.plusSeconds(3600), 1_000)).doesNotContain(due);
    }

    @Test
    void aDeadLetterIsCountedAndCanBeSentAgain() {
        postgres.budgets().create(budget("10"), "https://hooks.example/x", SEALED, NOON);
        var due = new Alerts.Due(fire(mark(budget("10"), 75, "8", NOON)).orElseThrow().id(), acme);
        assertThat(postgres.alerts().again(due, NOON)).as("it is on its way").isEmpty();
        long before = postgres.alerts().dead();
        var claim = postgres.alerts().claim(due, NOON, NOON, NOON.plusSeconds(60)).orElseThrow();
        postgres.alerts().end(claim.alert(), new Delivery(State.DEAD, 0, null, null, 410, "gone", null));

        assertThat(postgres.alerts().dead()).isEqualTo(before + 1);
        assertThat(postgres.alerts().list(Scope.of(acme), State.DEAD, null, 10)).hasSize(1);
        var again = postgres.alerts().again(due, NOON).orElseThrow();
        assertThat(again.delivery()).isEqualTo(new Delivery(State.PENDING, 0, NOON, NOON, 410, null, null));
    }

    @Test
    void aBudgetsWebhookGoesWithIt() {
        postgres.budgets().create(budget("10"), "https://hooks.example/x", SEALED, NOON);
        var due = new Alerts.Due(fire(mark(budget("10"), 75, "8", NOON)).orElseThrow().id(), acme);
        postgres.budgets().change(budget("10"), null, null, NOON, List.of());

        assertThat(postgres.alerts().claim(due, NOON, NOON, NOON).orElseThrow().hook()).isNull();
    }

    @Test
    void pagesFollowEachOther() {
        postgres.budgets().create(budget("10"), null, null, NOON);
        for (int percent : List.of(75, 90, 100)) {
            fire(mark(budget("10"), percent, "10", NOON));
        }
        var first = postgres.alerts().list(Scope.of(acme), null, null, 2);
        var last = first.getLast();
        var second = postgres.alerts()
                .list(Scope.of(acme), null, new Alerts.Position(last.firedAt(), last.id()), 2);

        assertThat(first).hasSize(2);
        assertThat(second).hasSize(1);
        assertThat(fired()).startsWith(first.getFirst()).endsWith(second.getLast());
    }

    @Test
    void aSealedSecretOpensInItsOwnRowOnly() {
        var box = new SecretBox("shared".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        byte[] sealed = box.seal(Budgets.TABLE, acme, "daily", "whsec_c2VjcmV0", new byte[12]);

        assertThat(box.open(Budgets.TABLE, acme, "daily", sealed)).contains("whsec_c2VjcmV0");
        assertThat(box.open(Budgets.TABLE, acme, "monthly", sealed)).isEmpty();
        assertThat(box.open(Budgets.TABLE, new TenantId("globex"), "daily", sealed)).isEmpty();
        assertThat(new SecretBox(new byte[]{1}).open(Budgets.TABLE, acme, "daily", sealed)).isEmpty();
        sealed[20] ^= 1;
        assertThat(box.open(Budgets.TABLE, acme, "daily", sealed)).isEmpty();
    }

    @Test
    void theDatabaseItselfRefusesOtherCurrenciesAndUnsignedWebhooks() {
        String insert = "INSERT INTO weir.budgets (tenant, id, entity_kind, entity_value, period, zone, amount, currency,"
                + " alerts, webhook_url, created_at, terms_since) VALUES ('" + acme + "', 'x', 'tenant', '*', 'daily',"
                + " 'UTC', 1, '%s', '[]', %s, now(), now()) RETURNING id";
        assertThatThrownBy(() -> Tables.value(DATABASE, insert.formatted("EUR", "NULL")))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("currency");
        assertThatThrownBy(() -> Tables.value(DATABASE, insert.formatted("USD", "'https://x'")))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("signed_or_none");
    }

    @Test
    void aRowThatIsNoBudgetTakesNoOtherAway() throws SQLException {
        postgres.budgets().create(budget("10"), null, null, NOON);
        Tables.value(DATABASE, "INSERT INTO weir.budgets (tenant, id, entity_kind, entity_value, period, zone, amount,"
                + " alerts, created_at, terms_since) VALUES ('" + acme
                + "', 'odd', 'tenant', '*', 'daily', 'Mars/Base',"
                + " 1, '[]', now(), now()) RETURNING id");

        assertThat(postgres.directory().load().budgets()).filteredOn(row -> row.budget().tenant().equals(acme))
                .singleElement()
                .matches(row -> row.budget().id().equals("daily"));
    }
}
