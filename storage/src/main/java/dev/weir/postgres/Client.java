package dev.weir.postgres;

import dev.weir.tenant.TenantId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A few connections as one role, used by blocking code. Any thread but an event loop.
///
/// Nothing waits for ever: the server ends a statement after `statementMax`, and we stop waiting a little later. After
/// such a wait
/// the pool is replaced, because its connections would still stand behind the answer that did not come.
final class Client implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Client.class);
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

    private final Supplier<Pool> pools;
    private final AtomicReference<Pool> pool;
    private final Duration waitMax;
    private final String place;

    /// @param statementMax what the server may take for one statement, 1 s or more
    Client(Vertx vertx, Database database, int connections, Duration statementMax) {
        Duration margin = statementMax.dividedBy(2);
        this.waitMax = statementMax.plus(margin);
        this.place = database.user() + "@" + database.place();
        PgConnectOptions options = database.toOptions()
                .setCachePreparedStatements(true)
                .setPreparedStatementCacheSqlFilter(sql -> true)
                .addProperty("statement_timeout", Long.toString(statementMax.toMillis()))
                .addProperty("lock_timeout", Long.toString(margin.toMillis()))
                .addProperty("plan_cache_mode", "force_generic_plan");
        this.pools = () -> PgBuilder.pool()
                .with(new PoolOptions().setMaxSize(connections)
                        .setConnectionTimeout((int) CONNECT_MAX.toSeconds())
                        .setConnectionTimeoutUnit(TimeUnit.SECONDS))
                .with(new NetClientOptions().setConnectTimeout((int) CONNECT_MAX.toMillis())
                        .setTcpKeepAlive(true))
                .connectingTo(options)
                .using(vertx)
                .build();
        this.pool = new AtomicReference<>(pools.get());
    }

    /// Straight-line work on one connection.
    @FunctionalInterface
    interface Work<T> {
        T run(Statements statements) throws ExecutionException, TimeoutException;
    }

    /// What work may do.
    @FunctionalInterface
    interface Statements {
        RowSet<Row> query(String sql, Tuple arguments) throws ExecutionException, TimeoutException;
    }

    /// One statement that is its own transaction.
    RowSet<Row> query(String sql, Tuple arguments) {
        return use(statements -> statements.query(sql, arguments));
    }

    /// A transaction that sees and changes one tenant only.
    <T> T asTenant(TenantId tenant, Work<T> work) {
        return as(tenant.value(), work);
    }

    /// A transaction that sees and changes what belongs to no tenant.
    <T> T asNobody(Work<T> work) {
        return as("", work);
    }

    private <T> T as(String tenant, Work<T> work) {
        return transaction("BEGIN", statements -> {
            statements.query("SELECT set_config('weir.tenant', $1, true), set_config('weir.who', $2, true)",
                    Tuple.of(tenant, Actor.who()));
            return work.run(statements);
        });
    }

    /// A transaction whose statements all see the same moment.
    <T> T snapshot(Work<T> work) {
        return transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work);
    }

    private <T> T transaction(String begin, Work<T> work) {
        return use(statements -> {
            statements.query(begin, Tuple.tuple());
            boolean done = false;
            try {
                T result = work.run(statements);
                statements.query("COMMIT", Tuple.tuple());
                done = true;
                return result;
            } finally {
                if (!done) {
                    rollback(statements);
                }
            }
        });
    }

    private static void rollback(Statements statements) {
        try {
            statements.query("ROLLBACK", Tuple.tuple());
        } catch (ExecutionException | TimeoutException e) {
            // The connection is broken, and with it the transaction; the first failure is the one to tell.
            assert e.getMessage() != null || e.getCause() != null || e instanceof TimeoutException;
        }
    }

    <T> T use(Work<T> work) {
        try {
            return tryUse(work);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new DatabaseException("the database " + place + " failed: " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new DatabaseException(
                    "the database " + place + " did not answer within " + waitMax.toMillis() + " ms", e);
        }
    }

    <T> T tryUse(Work<T> work) throws ExecutionException, TimeoutException {
        Pool current = pool.get();
        SqlConnection connection = connect(current);
        try {
            return work.run((sql, arguments) -> await(connection.preparedQuery(sql).execute(arguments)));
        } catch (TimeoutException e) {
            replace(current);
            throw e;
        } finally {
            // Not waited for: a hung server would keep us.
            connection.close();
        }
    }

    /// Not where another thread has done so already.
    private void replace(Pool hung) {
        Pool fresh = pools.get();
        boolean replaced = pool.compareAndSet(hung, fresh);
        (replaced ? hung : fresh).close();
    }

    private SqlConnection connect(Pool current) throws ExecutionException {
        try {
            return await(current.getConnection());
        } catch (ExecutionException | TimeoutException e) {
            throw new ExecutionException(new NoConnection(place, e));
        }
    }

    private <T> T await(Future<T> future) throws ExecutionException, TimeoutException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(waitMax.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ExecutionException(e);
        }
    }

    /// Returns when the connections are closed, so that a server that is stopped next has nobody to cut; a hung one is not
    /// waited for long.
    @Override
    public void close() {
        try {
            pool.get()
                    .close()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the connections to {} did not close: {}", place, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Nothing was sent, because there was no connection to send it on.
    static final class NoConnection extends Exception {
        NoConnection(String place, Exception cause) {
            super("no connection to " + place + ": "
                    + (cause.getCause() == null ? cause.toString() : cause.getCause().toString()), cause);
        }
    }
}
