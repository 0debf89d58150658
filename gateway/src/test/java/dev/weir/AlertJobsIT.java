package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.control.BudgetAdmin;
import dev.weir.control.StoredBudgets;
import dev.weir.jobs.AlertWatch;
import dev.weir.jobs.Deliveries;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.postgres.AlertRow;
import dev.weir.postgres.AlertRow.State;
import dev.weir.postgres.Alerts;
import dev.weir.postgres.Database;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.EmbeddedPostgres;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Reached;
import dev.weir.postgres.Scope;
import dev.weir.postgres.SecretBox;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// From a charge in the ledger to the receiver of its alert: the real database, the real HTTP client, a clock moved by hand.
class AlertJobsIT {
    private static final Vertx VERTX = Vertx.vertx();
    private static final SecretBox BOX = new SecretBox("a pepper".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    private static final Random RANDOM = new Random(Long.getLong("weir.seed", 4711));
    private static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    private static int tenants;

    @TempDir
    static Path folder;

    private static EmbeddedPostgres server;
    private static Postgres postgres;

    private final HandClock clock = new HandClock("2026-03-14T12:00:00Z");
    private final List<Node> nodes = new ArrayList<>();
    private TenantId acme;

    /// What one process has of its own.
    private final class Node implements AutoCloseable {
        final Ledger ledger = Ledgers.watched();
        final TenantDirectory directory = new TenantDirectory(TenantDirectory.Snapshot.EMPTY);
        final Deliveries deliveries;
        final AlertWatch watch;
        final StoredBudgets budgets;

        Node(boolean allowPrivate, List<Reached> ended) {
            var client = new WebhookClient(VERTX, allowPrivate, "test", Duration.ofMillis(300));
            deliveries = new Deliveries(postgres.alerts(), BOX, client, clock, RANDOM::nextBytes);
            budgets = new StoredBudgets(postgres, ledger, BOX, deliveries::deliverNow, Deliveries.CLAIM, "node", clock,
                    RANDOM::nextBytes);
            refresh();
            watch = new AlertWatch(ledger::runs, directory::snapshot, ended, postgres.alerts()::fire, "node", clock,
                    RANDOM::nextBytes);
            nodes.add(this);
        }

        void refresh() {
            new DirectorySync(postgres.directory(), directory, clock).refresh();
        }

        /// A call that has cost so much ends at this moment.
        void spend(Budget budget, String usd) {
            ledger.charge(acme, budget.toLimit(), acme.value(), clock.now(), Money.ofUsd(usd).picos());
        }

        void lookAndSend() {
            watch.look();
            deliveries.round();
        }

        @Override
        public void close() {
            deliveries.close();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = EmbeddedPostgres.start(folder);
        postgres = Postgres.open(VERTX, server.database());
    }

    @AfterAll
    static void stop() {
        postgres.close();
        server.close();
        VERTX.close().await();
    }

    @BeforeEach
    void newTenant() {
        acme = new TenantId("acme-" + ++tenants);
        postgres.tenants().create(acme, "pro", null);
    }

    @AfterEach
    void leaveNothingToSend() throws SQLException {
        nodes.forEach(Node::close);
        execute("UPDATE weir.alerts SET state = 'recorded' WHERE state IN ('pending', 'dead')");
    }

    private Budget budget(String usd) {
        return new Budget(acme, "daily", Entity.THE_TENANT, Budget.Period.DAILY, ZoneOffset.UTC, Money.ofUsd(usd),
                Budget.USUAL_THRESHOLDS);
    }

    /// Of ten dollars, sent to the receiver.
    private Budget stored(Node node, Receiver receiver) {
        var budget = budget("10");
        node.budgets.create(budget, new BudgetAdmin.Webhook.Signed(receiver.url(), SECRET));
        node.refresh();
        return budget;
    }

    private Node node() {
        return new Node(true, List.of());
    }

    private List<AlertRow> alerts() {
        return postgres.alerts().list(Scope.of(acme), null, null, 100);
    }

    private AlertRow.Delivery delivery() {
        return alerts().getFirst().delivery();
    }

    @Test
    void eachMarkIsToldOfOnceSignedAndAsACloudEvent() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            var budget = stored(node, receiver);
            for (String usd : List.of("7.4", "0.2", "0.1", "1.4", "0.5", "0.4", "5")) {
                node.spend(budget, usd);
                node.lookAndSend();
                node.lookAndSend();
            }
            assertThat(receiver.messages).extracting(message -> message.data().getInteger("percent"))
                    .containsExactly(75, 90, 100);
            var first = receiver.messages.getFirst();
            assertThat(receiver.messages).allMatch(message -> message.isSignedWith(SECRET));
            assertThat(first.isSignedWith("whsec_" + Base64.getEncoder()
                    .encodeToString("other".getBytes(
                            java.nio.charset.StandardCharsets.UTF_8))))
                    .isFalse();
            assertThat(first.timestamp()).isEqualTo(Long.toString(clock.now().getEpochSecond()));
            assertThat(first.contentType()).isEqualTo("application/cloudevents+json");
            assertThat(first.json().getString("id")).isEqualTo(first.id());
            assertThat(first.json().getString("type")).isEqualTo("dev.weir.budget.threshold.v1");
            assertThat(first.data().encode()).isEqualTo("{\"tenant\":\"" + acme + "\",\"budget\":\"daily\","
                    + "\"entity\":{\"kind\":\"tenant\",\"value\":\"" + acme + "\"},\"percent\":75,"
                    + "\"actions\":[\"notify\"],\"window\":\"day\",\"window_start\":\"2026-03-14T00:00:00Z\","
                    + "\"window_end\":\"2026-03-15T00:00:00Z\",\"limit\":\"10\",\"spent\":\"7.6\",\"reserved\":\"0\","
                    + "\"currency\":\"USD\"}");
            assertThat(alerts()).hasSize(3).allMatch(alert -> alert.delivery().state() == State.DELIVERED);
            assertThat(node.watch.fired()).isEqualTo(3);
            assertThat(node.deliveries.delivered()).isEqualTo(3);
        }
    }

    @Test
    void theNextWindowTellsAnew() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            var budget = stored(node, receiver);
            node.spend(budget, "8");
            node.lookAndSend();
            clock.pass(Duration.ofDays(1));
            node.lookAndSend();
            node.spend(budget, "8");
            node.lookAndSend();
            assertThat(receiver.messages).extracting(message -> message.data().getString("window_start"))
                    .containsExactly("2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z");
        }
    }

    @Test
    void whatWasSpentInTheLastMomentOfAWindowIsToldOfAfterwards() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            var budget = stored(node, receiver);
            node.watch.look();
            clock.set("2026-03-14T23:59:59.900Z");
            node.spend(budget, "7");
            node.watch.look();
            node.spend(budget, "1");
            clock.set("2026-03-15T00:00:00.900Z");
            node.lookAndSend();
            assertThat(receiver.messages).singleElement()
                    .satisfies(message -> assertThat(message.data().getString("window_end"))
                            .isEqualTo("2026-03-15T00:00:00Z"));
        }
    }

    @Test
    void aStartTellsOfWhatADeathAtTheEndOfAWindowLeftUntold() throws Exception {
        try (var receiver = new Receiver()) {
            var budget = stored(node(), receiver);
            clock.set("2026-03-15T08:00:00Z");
            var yesterday = budget.toLimit().window().span(Instant.parse("2026-03-14T23:00:00Z"), ZoneOffset.UTC);
            var stood = new Standing(budget.toLimit(), acme.value(), Money.ofUsd("9").picos(), 0, yesterday);
            var ended = List.of(new Reached(acme, stood, 75, true), new Reached(acme, stood, 90, true));
            var started = new Node(true, ended);
            started.lookAndSend();
            started.lookAndSend();
            assertThat(receiver.messages).extracting(message -> message.data().getInteger("percent"))
                    .containsExactlyInAnyOrder(75, 90);

            new Node(true, ended).lookAndSend();
            assertThat(receiver.messages).as("another start").hasSize(2);
        }
    }

    @Test
    void aBudgetThatBlocksIsAt100WhenItHasRefusedACall() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            var budget = stored(node, receiver);
            node.spend(budget, "9.5");
            node.lookAndSend();
            assertThat(receiver.messages).hasSize(2);
            var claims = new dev.weir.ledger.Claims(acme, clock.now(), 0, 0);
            claims.add(budget.toLimit(), acme.value(), Money.ofUsd("0.6").picos(), 0);
            node.ledger.refused(acme, (dev.weir.ledger.Exceeded) node.ledger.reserve(claims));
            node.lookAndSend();
            node.lookAndSend();
            assertThat(receiver.messages).hasSize(3);
            assertThat(receiver.messages.getLast().data().getInteger("percent")).isEqualTo(100);
            assertThat(receiver.messages.getLast().data().getString("spent")).isEqualTo("9.5");
        }
    }

    @Test
    void aRaisedBudgetTellsAgainOfWhatIsAheadAgain() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            var budget = stored(node, receiver);
            node.spend(budget, "9.5");
            node.lookAndSend();
            node.budgets.change(budget("11"), new BudgetAdmin.Webhook.Kept(receiver.url()));
            node.refresh();
            node.lookAndSend();
            assertThat(receiver.messages).as("75 % of 11 dollars is passed, 90 % is ahead").hasSize(2);
            node.spend(budget("11"), "0.5");
            node.lookAndSend();
            assertThat(receiver.messages).hasSize(3);
            assertThat(receiver.messages.getLast().data().getString("limit")).isEqualTo("11");
            assertThat(receiver.messages.getLast().data().getInteger("percent")).isEqualTo(90);
        }
    }

    @Test
    void manyNodesSeeTheSameAndSendItOnce() throws Exception {
        try (var receiver = new Receiver(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var budget = stored(node(), receiver);
            var work = new ArrayList<Callable<Void>>();
            for (int i = 0; i < 4; i++) {
                var node = node();
                node.spend(budget, "12");
                work.add(() -> {
                    node.lookAndSend();
                    node.lookAndSend();
                    return null;
                });
            }
            for (var done : threads.invokeAll(work)) {
                done.get();
            }
            assertThat(receiver.messages).hasSize(3);
        }
    }

    @Test
    void aReceiverThatFailsGetsTheSameMessageAgainAfterRisingPauses() throws Exception {
        try (var receiver = new Receiver(500, 404, 302)) {
            var node = node();
            node.spend(stored(node, receiver), "8");
            node.lookAndSend();
            for (int seconds : new int[]{5, 15, 45}) {
                var pause = Duration.between(clock.now(), java.util.Objects.requireNonNull(delivery().nextAttemptAt()));
                assertThat(pause.toMillis()).isBetween(seconds * 800L, seconds * 1_200L);
                node.deliveries.round();
                clock.pass(pause);
                node.deliveries.round();
            }
            assertThat(receiver.messages).as("no attempt between, and no redirect followed").hasSize(4);
            assertThat(new HashSet<>(receiver.messages.stream().map(Receiver.Message::body).toList())).hasSize(1);
            assertThat(new HashSet<>(receiver.messages.stream().map(Receiver.Message::id).toList())).hasSize(1);
            assertThat(receiver.messages).allMatch(message -> message.isSignedWith(SECRET));
            assertThat(delivery().state()).isEqualTo(State.DELIVERED);
            assertThat(delivery().attempts()).isEqualTo(4);
            assertThat(node.deliveries.failed()).isEqualTo(3);
        }
    }

    @Test
    void aReceiverThatSaysNothingAndOneThatIsNotThereAreTriedAgain() throws Exception {
        try (var receiver = new Receiver(Receiver.SILENCE)) {
            var node = node();
            node.spend(stored(node, receiver), "8");
            node.lookAndSend();
            assertThat(delivery().state()).isEqualTo(State.PENDING);
            assertThat(delivery().status()).isNull();
            assertThat(delivery().error()).isNotEmpty();
            receiver.close();
            clock.pass(Duration.ofMinutes(1));
            node.deliveries.round();
            assertThat(delivery().attempts()).isEqualTo(2);
            assertThat(delivery().error()).isNotEmpty();
            assertThat(delivery().state()).isEqualTo(State.PENDING);
        }
    }

    @Test
    void aReceiverThatIsGoneIsGivenUpAtOnceAndAPersonSendsAgain() throws Exception {
        try (var receiver = new Receiver(410)) {
            var node = node();
            node.spend(stored(node, receiver), "8");
            node.lookAndSend();
            assertThat(delivery().state()).isEqualTo(State.DEAD);
            assertThat(delivery().status()).isEqualTo(410);
            assertThat(node.deliveries.dead()).isEqualTo(1);
            assertThat(node.deliveries.givenUp()).isEqualTo(1);
            clock.pass(Duration.ofDays(1));
            node.deliveries.round();
            assertThat(receiver.messages).hasSize(1);

            node.budgets.redeliver(alerts().getFirst());
            node.deliveries.round();
            assertThat(delivery().state()).isEqualTo(State.DELIVERED);
            assertThat(receiver.messages).hasSize(2);
            assertThat(node.deliveries.dead()).isZero();
        }
    }

    @Test
    void afterTwelveAttemptsOverAboutADayItIsGivenUp() throws Exception {
        try (var receiver = new Receiver(java.util.Collections.nCopies(50, 503).toArray(Integer[]::new))) {
            var node = node();
            node.spend(stored(node, receiver), "8");
            node.watch.look();
            Instant first = clock.now();
            while (delivery().state() == State.PENDING) {
                Instant due = java.util.Objects.requireNonNull(delivery().nextAttemptAt());
                clock.pass(Duration.between(clock.now(), due));
                node.deliveries.round();
            }
            assertThat(receiver.messages).hasSize(Deliveries.ATTEMPTS_MAX);
            assertThat(Duration.between(first, clock.now())).isBetween(Duration.ofHours(18), Duration.ofHours(27));
            assertThat(delivery().state()).isEqualTo(State.DEAD);
        }
    }

    @Test
    void whoDiesWhileSendingLeavesItToAnother() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            node.spend(stored(node, receiver), "8");
            node.watch.look();
            var due = new Alerts.Due(alerts().getFirst().id(), acme);
            postgres.alerts().claim(due, clock.now(), clock.now(), clock.now().plus(Deliveries.CLAIM));
            var other = node();
            other.deliveries.round();
            assertThat(receiver.messages).as("while the first may be sending").isEmpty();
            clock.pass(Deliveries.CLAIM);
            other.deliveries.round();
            assertThat(receiver.messages).hasSize(1);
            assertThat(delivery().state()).isEqualTo(State.DELIVERED);
        }
    }

    @Test
    void nothingIsLostWhileTheDatabaseIsAway() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            var budget = stored(node, receiver);
            lockOut();
            try {
                node.spend(budget, "9.2");
                assertThatThrownBy(node.watch::look).isInstanceOf(DatabaseException.class);
                assertThatThrownBy(node.watch::look).isInstanceOf(DatabaseException.class);
            } finally {
                execute("ALTER ROLE weir_app LOGIN");
            }
            node.lookAndSend();
            assertThat(receiver.messages).extracting(message -> message.data().getInteger("percent"))
                    .containsExactlyInAnyOrder(75, 90);
        }
    }

    @Test
    void aPrivateAddressIsNotSpokenToUnlessThatIsAllowed() throws Exception {
        try (var receiver = new Receiver()) {
            var node = new Node(false, List.of());
            node.spend(stored(node, receiver), "8");
            node.lookAndSend();
            assertThat(receiver.messages).isEmpty();
            assertThat(delivery().error()).contains("alerts.allow-private");
        }
    }

    @Test
    void anAddressThatCarriesAPrivateOneIsNotDialled() throws Exception {
        var client = new WebhookClient(VERTX, false, "test", Duration.ofMillis(300));
        // Public by its spelling: NAT64 of 127.0.0.1.
        var answer = client.post("https://[64:ff9b::7f00:1]:8443/", java.util.Map.of(), new byte[0]);
        assertThat(answer.status()).isZero();
        assertThat(answer.error()).contains("is not a public one", "alerts.allow-private: true");
    }

    @Test
    void aTestGoesTheSameRoadOnceAndSaysWhatCameOfIt() throws Exception {
        try (var receiver = new Receiver(204, 500)) {
            var node = node();
            var budget = stored(node, receiver);
            var good = node.budgets.test(budget).orElseThrow();
            assertThat(good.delivery().state()).isEqualTo(State.DELIVERED);
            assertThat(receiver.messages.getFirst().isSignedWith(SECRET)).isTrue();
            assertThat(receiver.messages.getFirst().json().getString("type")).isEqualTo("dev.weir.budget.test.v1");
            var bad = node.budgets.test(budget).orElseThrow();
            assertThat(bad.delivery().state()).isEqualTo(State.DEAD);
            assertThat(bad.delivery().status()).isEqualTo(500);
            clock.pass(Duration.ofDays(1));
            node.deliveries.round();
            assertThat(receiver.messages).hasSize(2);
            assertThat(node.deliveries.dead()).as("nobody waits for a test").isZero();
        }
    }

    @Test
    void anotherPepperCannotOpenTheSecretAndSaysSo() throws Exception {
        try (var receiver = new Receiver()) {
            var node = node();
            node.spend(stored(node, receiver), "8");
            node.watch.look();
            var other = new Deliveries(postgres.alerts(), new SecretBox(new byte[]{1}),
                    new WebhookClient(VERTX, true, "test", Duration.ofMillis(300)), clock, RANDOM::nextBytes);
            other.round();
            other.close();
            assertThat(delivery().error()).contains("keys.pepper").doesNotContain(SECRET);
            assertThat(receiver.messages).isEmpty();
        }
    }

    private static void lockOut() throws SQLException {
        execute("ALTER ROLE weir_app NOLOGIN");
        execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'weir_app'");
    }

    private static void execute(String sql) throws SQLException {
        Database database = server.database();
        try (var connection = DriverManager.getConnection("jdbc:postgresql://" + database.host() + ":" + database.port()
                + "/" + database.database(), database.user(), database.password().reveal());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
