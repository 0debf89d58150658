package dev.weir.postgres;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseAllocator.Exchanged;
import dev.weir.lease.LeaseAllocator.Held;
import dev.weir.lease.LeaseAllocator.Lent;
import dev.weir.lease.LeaseAllocator.Used;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.postgres.PostgresLeases.Forfeiture;
import dev.weir.postgres.PostgresLeases.Freed;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window.Span;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/// What a step by step comparison does not show of leases: nodes at the same time, connections that break, starts that follow.
final class LeaseExchangesIT {
    private static final Duration EXPIRE = Duration.ofMinutes(15);
    private static final Instant HOUR = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private static final LeaseKey COUNTER = counter("ann", new Span(HOUR, HOUR.plusSeconds(3600 * 24)));

    private final Database database = TestServer.database();
    private final PostgresLeases leases = of(database);

    @AfterEach
    void close() {
        leases.close();
    }

    @Test
    void threeNodesOverTheSameFiftyCountersNeitherWaitInACircleNorAreLentTooMuch() throws Exception {
        var nodes = new ArrayList<Future<Long>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 1; i <= 3; i++) {
                nodes.add(threads.submit(node("n" + i, new Random(i))));
            }
        }
        assertThat(nodes).extracting(Future::get).allSatisfy(lent -> assertThat(lent).isPositive());
        assertThat(value("SELECT count(*) || ' ' || count(*) FILTER (WHERE lent + lost > 1000) FROM weir.caps"))
                .isEqualTo("50 0");
    }

    /// Takes and gives back at random; fails where its answers show more than the cap.
    private Callable<Long> node(String name, Random random) {
        return () -> {
            long all = 0;
            var lent = new HashMap<LeaseKey, Long>();
            try (var own = of(database)) {
                for (int number = 1; number <= 60; number++) {
                    var asks = new ArrayList<Ask>();
                    for (int i = 0; i < 50; i++) {
                        var key = counter("user-" + i, COUNTER.span());
                        long keep = (long) (lent.getOrDefault(key, 0L) * (number % 10 == 0 ? random.nextDouble() : 1));
                        asks.add(new Ask(key, 1_000, keep, 1, 1 + random.nextInt(20), keep / 2, 0));
                    }
                    Collections.shuffle(asks, random);
                    var heard = own.exchange(new Exchange(name, 1, number, asks)).lent();
                    for (int i = 0; i < asks.size(); i++) {
                        assertThat(heard.get(i).lent() + heard.get(i).elsewhereLent()).isLessThanOrEqualTo(1_000);
                        lent.put(asks.get(i).key(), heard.get(i).lent());
                        all += heard.get(i).lent();
                    }
                }
            }
            return all;
        };
    }

    @Test
    void anAnswerThatIsCutOffIsUnknownAndTheNextExchangeIsRight() throws Exception {
        try (var server = new FaultyServer(database);
                var own = of(server.database())) {
            own.exchange(exchange(1, 1, ask(0, 1)));
            server.set(FaultyServer.Fault.CUT);
            assertThat(isFenced(() -> own.exchange(exchange(1, 2, ask(500, 300))))).isFalse();
            assertThat(value("SELECT number || ' ' || lent FROM weir.lease_holders JOIN weir.leases USING (node)"))
                    .as("it was carried out")
                    .isEqualTo("2 800");
            server.set(FaultyServer.Fault.NONE);
            assertThat(untilItIsHeard(own, 3, ask(500, 0))).isEqualTo(heard(500));
        }
    }

    @Test
    void aConnectionKilledInTheMiddleIsUnknownAndTheNextExchangeIsRight() throws Exception {
        leases.exchange(exchange(1, 1, ask(0, 1)));
        try (var blocker = database.connect(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("SELECT FROM weir.caps FOR UPDATE");
            var waiting = threads.submit(() -> isFenced(() -> leases.exchange(exchange(1, 2, ask(500, 300)))));
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> value("SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND wait_event_type = 'Lock') AS killed"),
                            "1"::equals);
            assertThat(waiting.get()).isFalse();
            blocker.rollback();
        }
        assertThat(untilItIsHeard(leases, 3, ask(500, 300))).isEqualTo(heard(800));
    }

    @Test
    void aLockThatIsNotToBeHadEndsInUnknown() throws Exception {
        leases.exchange(exchange(1, 1, ask(0, 1)));
        try (var blocker = database.connect(); var own = new PostgresLeases(TestServer.VERTX, database, EXPIRE)) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("SELECT FROM weir.caps FOR UPDATE");
            assertThat(isFenced(() -> own.exchange(exchange(1, 2, ask(500, 300))))).isFalse();
            blocker.rollback();
        }
    }

    @Test
    void whatWasForfeitedFencesTheStartAndNotTheNextOneHoweverOften() throws Exception {
        leases.exchange(exchange(4, 9, new Ask(COUNTER, 1_000, 700, 0, 0, 600, 50)));
        assertThat(leases.forfeit("n1")).isInstanceOf(Forfeiture.StillSpends.class);
        execute("UPDATE weir.lease_holders SET spends_until = now() - interval '1 s'");
        assertThat(leases.forfeit("n1")).isEqualTo(new Forfeiture.SetFree(List.of(new Freed(COUNTER, 150))));
        assertThat(leases.forfeit("n1")).isEqualTo(new Forfeiture.SetFree(List.of()));

        assertThat(isFenced(() -> leases.exchange(exchange(4, 10, ask(700, 0))))).isTrue();
        assertThat(leases.held("n1")).containsExactly(new Held(COUNTER, 600, 0, true));
        assertThat(leases.exchange(exchange(5, 1, ask(600, 1)))).isEqualTo(heard(800));
        assertThat(leases.forfeit("n7")).isInstanceOf(Forfeiture.NoSuchNode.class);
    }

    /// The lease is of epoch 3.
    @Test
    void aLeaseIsWholeUnlessItsStartOrALaterOneLostWhatNobodyCanCount() throws Exception {
        leases.exchange(exchange(3, 1, ask(0, 1)));
        assertThat(leases.held("n1")).containsExactly(new Held(COUNTER, 500, 0, true));
        execute("INSERT INTO weir.gaps (node, epoch, first_seq, last_seq, reason) VALUES ('n1', 3, 5, 6, 'missing'),"
                + " ('n1', 2, 1, NULL, 'folder_lost'), ('n2', 3, 1, NULL, 'power_cut')");
        assertThat(leases.held("n1")).extracting(Held::whole).containsExactly(true);
        execute("INSERT INTO weir.gaps (node, epoch, first_seq, reason) VALUES ('n1', 3, 9, 'power_cut')");
        assertThat(leases.held("n1")).extracting(Held::whole).containsExactly(false);
    }

    @Test
    void whatEndedTwoDaysAgoIsForgottenAndWhatEndedLaterIsNeitherHeldNorForgotten() throws Exception {
        var old = counter("ann", new Span(HOUR.minus(Duration.ofDays(3)), HOUR.minus(Duration.ofHours(49))));
        var ended = counter("ann", new Span(HOUR.minus(Duration.ofHours(30)), HOUR.minus(Duration.ofHours(1))));
        leases.exchange(exchange(1, 1, ask(0, 1), new Ask(old, 1_000, 10, 0, 0, 10, 0),
                new Ask(ended, 1_000, 10, 0, 0, 10, 0)));
        assertThat(leases.forgetEnded()).isEqualTo(1);
        assertThat(leases.forgetEnded()).isZero();
        assertThat(value("SELECT count(*) FROM weir.leases")).isEqualTo("2");
        assertThat(leases.held("n1")).extracting(Held::key).containsExactly(COUNTER);
    }

    @Test
    void rowsComeInPagesByNodeAndThenByCounter() throws Exception {
        try (var postgres = Postgres.open(TestServer.VERTX, database)) {
            var always = counter("bob", Span.ALWAYS);
            leases.exchange(exchange(1, 1, ask(0, 1), new Ask(always, 1_000, 10, 0, 0, 7, 3)));
            leases.note(List.of(new Used("n0", always, 5)));
            var all = postgres.leaseRows().list(null, 10);
            assertThat(all)
                    .extracting(row -> row.node() + " " + row.epoch() + " " + row.key().value() + " " + row.lent() + " "
                            + row.lost() + " " + row.used() + " " + (row.spokenAt() == null))
                    .containsExactly("n0 0 bob 5 0 5 true", "n1 1 ann 500 0 0 false", "n1 1 bob 10 3 7 false");
            assertThat(all.getLast().key()).isEqualTo(always);
            assertThat(postgres.leaseRows().list(LeaseRows.Position.of(all.getFirst()), 1)).containsExactly(all.get(1));
            assertThat(postgres.leaseRows().list(LeaseRows.Position.of(all.get(1)), 9)).containsExactly(all.get(2));
        }
    }

    /// Statements may take as long as a busy machine needs.
    private static PostgresLeases of(Database database) {
        return new PostgresLeases(TestServer.VERTX, database, EXPIRE, Duration.ofSeconds(20));
    }

    /// As a node does it: with the next number each time. A connection that broke may cost one more failure.
    private static Exchanged untilItIsHeard(PostgresLeases leases, long number, Ask ask) throws LeaseException {
        for (long next = number;; next++) {
            try {
                return leases.exchange(exchange(1, next, ask));
            } catch (LeaseException failed) {
                if (failed.isFenced() || next == number + 5) {
                    throw failed;
                }
            }
        }
    }

    private static LeaseKey counter(String user, Span span) {
        return new LeaseKey(new TenantId("acme"), "daily", "tokens/day/Z/user", user, span);
    }

    private static Ask ask(long keep, long wish) {
        return new Ask(COUNTER, 1_000, keep, wish, wish, 0, 0);
    }

    private static Exchange exchange(long epoch, long number, Ask... asks) {
        return new Exchange("n1", epoch, number, List.of(asks));
    }

    /// On one node of one counter that nobody else has a part of.
    private static Exchanged heard(long lent) {
        return new Exchanged(1, List.of(new Lent(lent, 0, 0, 0)));
    }

    /// What an exchange does that fails.
    private interface Failing {
        void run() throws LeaseException;
    }

    private static boolean isFenced(Failing exchange) {
        var failure = catchThrowableOfType(LeaseException.class, exchange::run);
        assertThat(failure).isNotNull();
        return failure.isFenced();
    }

    private String value(String sql) throws SQLException {
        return Tables.value(database, sql);
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
