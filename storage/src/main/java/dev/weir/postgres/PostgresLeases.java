package dev.weir.postgres;

import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/// Lends parts of caps to nodes, from `weir.caps` and `weir.leases`; the rule itself is the function `weir.exchange_leases`.
///
/// Any thread but an event loop. Calls block, each for at most a second and a half of the statement's time; there is one
/// connection, so they follow each other.
public final class PostgresLeases implements LeaseAllocator, AutoCloseable {
    private static final Duration STATEMENT_MAX = Duration.ofSeconds(2);
    private static final String FENCED = "WL001";
    private static final String NO_SUCH_NODE = "WL002";
    private static final String STILL_SPENDS = "WL003";
    /// Few enough to be removed well within a statement's time.
    private static final int FORGOTTEN_AT_ONCE = 1_000;

    private static final String EXCHANGE = "SELECT nodes, lents, losts, others_lent, others_used FROM weir.exchange_leases("
            + "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    private static final String HELD = "SELECT tenant, limit_id, scope, value, starts, ends, lent, lost, whole"
            + " FROM weir.held_leases($1)";
    private static final String NOTE = "SELECT weir.note_used($1, $2, $3, $4, $5, $6, $7, $8)";
    private static final String FORFEIT = "SELECT tenant, limit_id, scope, value, starts, ends, freed"
            + " FROM weir.forfeit_leases($1)";
    private static final String FORGET = "SELECT weir.forget_ended_leases($1)";

    private final Client client;
    private final long expireMillis;

    /// @param expire how long this process spends from its leases after the last exchange that was answered was sent
    PostgresLeases(Vertx vertx, Database database, Duration expire) {
        this(vertx, database, expire, STATEMENT_MAX);
    }

    PostgresLeases(Vertx vertx, Database database, Duration expire, Duration statementMax) {
        this.client = new Client(vertx, database.as(Role.INGEST), 1, statementMax);
        this.expireMillis = expire.toMillis();
    }

    /// What became of giving up what a node was lent.
    public sealed interface Forfeiture {
        /// Done, and the node's start is fenced; its next one is not.
        ///
        /// @param freed counters of which anything was set free, in the order of keys
        record SetFree(List<Freed> freed) implements Forfeiture {
            public SetFree {
                freed = List.copyOf(freed);
            }
        }

        /// Nothing was done: no node of that name has ever asked for a lease.
        record NoSuchNode(String reason) implements Forfeiture {}

        /// Nothing was done: the node may still spend from what it was lent.
        record StillSpends(String reason) implements Forfeiture {}
    }

    /// What may be lent again.
    ///
    /// @param amount more than 0, in the limit's unit
    public record Freed(LeaseKey key, long amount) {}

    @Override
    public Exchanged exchange(Exchange exchange) throws LeaseException {
        List<Ask> asks = exchange.asks();
        Tuple arguments = Tuple.of(exchange.node(), exchange.epoch(), exchange.number(), expireMillis);
        LeaseRows.addKeys(arguments, asks.stream().map(Ask::key).toList());
        arguments.addValue(asks.stream().map(Ask::amount).toArray(Long[]::new))
                .addValue(asks.stream().map(Ask::keep).toArray(Long[]::new))
                .addValue(asks.stream().map(Ask::need).toArray(Long[]::new))
                .addValue(asks.stream().map(Ask::wish).toArray(Long[]::new))
                .addValue(asks.stream().map(Ask::used).toArray(Long[]::new))
                .addValue(asks.stream().map(Ask::lost).toArray(Long[]::new));
        Row row = query(EXCHANGE, arguments).iterator().next();
        Long[] lent = row.getArrayOfLongs("lents");
        Long[] lost = row.getArrayOfLongs("losts");
        Long[] elsewhereLent = row.getArrayOfLongs("others_lent");
        Long[] elsewhereUsed = row.getArrayOfLongs("others_used");
        var answers = new ArrayList<Lent>(asks.size());
        for (int i = 0; i < asks.size(); i++) {
            answers.add(new Lent(lent[i], lost[i], elsewhereLent[i], elsewhereUsed[i]));
        }
        return new Exchanged(row.getInteger("nodes"), answers);
    }

    @Override
    public List<Held> held(String node) throws LeaseException {
        var held = new ArrayList<Held>();
        query(HELD, Tuple.of(node)).forEach(row -> held.add(new Held(LeaseRows.key(row), row.getLong("lent"),
                row.getLong("lost"), row.getBoolean("whole"))));
        return held;
    }

    @Override
    public void note(List<Used> used) throws LeaseException {
        if (used.isEmpty()) {
            return;
        }
        Tuple arguments = Tuple.tuple().addValue(used.stream().map(Used::node).toArray(String[]::new));
        LeaseRows.addKeys(arguments, used.stream().map(Used::key).toList());
        query(NOTE, arguments.addValue(used.stream().map(Used::used).toArray(Long[]::new)));
    }

    /// Gives up what a node was lent and has not said to be used: only where it has stopped spending from it, by the database's
    /// clock. What it had admitted without saying so is over the cap then.
    ///
    /// @throws DatabaseException where nobody can say whether it was done; doing it again is always right
    public Forfeiture forfeit(String node) {
        try {
            var freed = new ArrayList<Freed>();
            client.tryUse(statements -> statements.query(FORFEIT, Tuple.of(node)))
                    .forEach(row -> freed.add(new Freed(LeaseRows.key(row), row.getLong("freed"))));
            return new Forfeiture.SetFree(freed);
        } catch (ExecutionException | TimeoutException failed) {
            Throwable cause = cause(failed);
            if (isState(NO_SUCH_NODE, cause)) {
                return new Forfeiture.NoSuchNode(reason(cause));
            }
            if (isState(STILL_SPENDS, cause)) {
                return new Forfeiture.StillSpends(reason(cause));
            }
            throw new DatabaseException("whether the leases of " + node + " were forfeited is unknown: "
                    + cause.getMessage(), cause);
        }
    }

    /// Removes counters whose windows ended more than two days ago. For a job, every few minutes: exchanges wait for a part.
    ///
    /// @return how many
    /// @throws DatabaseException where the database does not answer; to be tried again
    public long forgetEnded() {
        long all = 0;
        int some = FORGOTTEN_AT_ONCE;
        while (some == FORGOTTEN_AT_ONCE) {
            some = client.query(FORGET, Tuple.of(FORGOTTEN_AT_ONCE)).iterator().next().getInteger(0);
            all += some;
        }
        return all;
    }

    @Override
    public void close() {
        client.close();
    }

    private RowSet<Row> query(String sql, Tuple arguments) throws LeaseException {
        try {
            return client.tryUse(statements -> statements.query(sql, arguments));
        } catch (ExecutionException | TimeoutException failed) {
            Throwable cause = cause(failed);
            if (isState(FENCED, cause)) {
                throw LeaseException.fenced(reason(cause));
            }
            throw LeaseException.unknown(cause instanceof TimeoutException
                    ? "PostgreSQL did not answer in time"
                    : String.valueOf(cause.getMessage()), cause);
        }
    }

    private static Throwable cause(Exception failed) {
        return failed.getCause() == null ? failed : failed.getCause();
    }

    private static boolean isState(String state, Throwable cause) {
        return cause instanceof PgException refused && state.equals(refused.getSqlState());
    }

    private static String reason(Throwable cause) {
        return cause instanceof PgException refused ? refused.getErrorMessage() : String.valueOf(cause.getMessage());
    }
}
