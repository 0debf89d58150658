package dev.weir.postgres;

import dev.weir.rollup.DaySeal;
import dev.weir.spool.Batch;
import dev.weir.spool.StoreException;
import dev.weir.spool.UsageStore;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/// Keeps events in PostgreSQL, exactly once (G4): one statement stores what is not yet there, adds just that to the totals and
/// moves the watermark.
///
/// Any thread but an event loop; calls block, each for at most one and a half of the statement's time. A failure of which nobody
/// can say whether it was before or after the commit is told so, and sending the same batch again is always right.
public final class PostgresStore implements UsageStore, AutoCloseable {
    private static final Duration STATEMENT_MAX = Duration.ofSeconds(20);
    private static final int CONNECTIONS = 2;
    private static final String NO_PARTITION = "23514";
    private static final String PARTITIONS = "SELECT weir.create_event_partitions($1, $2)";
    /// How far ahead partitions are made, so that midnight waits for nothing.
    private static final int DAYS_AHEAD = 7;

    private final Client client;
    private final GapLog gaps;
    private final Set<LocalDate> days = ConcurrentHashMap.newKeySet();

    public PostgresStore(Vertx vertx, Database database) {
        this(vertx, database, STATEMENT_MAX);
    }

    PostgresStore(Vertx vertx, Database database, Duration statementMax) {
        this(vertx, database, statementMax, new GapLog());
    }

    PostgresStore(Vertx vertx, Database database, GapLog gaps) {
        this(vertx, database, STATEMENT_MAX, gaps);
    }

    private PostgresStore(Vertx vertx, Database database, Duration statementMax, GapLog gaps) {
        this.gaps = gaps;
        this.client = new Client(vertx, database.as(Role.INGEST), CONNECTIONS, statementMax);
    }

    @Override
    public long store(Batch batch) throws StoreException {
        storeNew(batch);
        return batch.lastSeq();
    }

    /// As [#store]; says how many of the events were not there before.
    public long storeNew(Batch batch) throws StoreException {
        try {
            ensureDays(batch);
            return insert(batch);
        } catch (ExecutionException e) {
            throw explained(batch, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw StoreException.commitUnknown("the database did not answer in time to the batch " + named(batch), e);
        }
    }

    @Override
    public long watermark(String node, long epoch) throws StoreException {
        try {
            var rows = client.tryUse(statements -> statements.query(StoreSql.WATERMARK, Tuple.of(node, epoch)));
            return rows.size() == 0 ? 0 : rows.iterator().next().getLong(0);
        } catch (ExecutionException | TimeoutException e) {
            throw StoreException.notStored("the watermark of " + node + "-" + epoch + " could not be read",
                    e.getCause() == null ? e : e.getCause());
        }
    }

    /// Makes the partitions from the day before `today` to a week after it. For a job, once a day or oftener.
    ///
    /// @return how many were new
    public int preparePartitions(LocalDate today) {
        var made = client.query(PARTITIONS, Tuple.of(today.minusDays(1), today.plusDays(DAYS_AHEAD)));
        return made.iterator().next().getInteger(0);
    }

    @Override
    public void close() {
        client.close();
    }

    private long insert(Batch batch) throws ExecutionException, TimeoutException, StoreException {
        Tuple arguments = StoreSql.arguments(batch);
        try {
            return count(batch, arguments);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PgException refused && NO_PARTITION.equals(refused.getSqlState())) {
                // A partition we knew has been taken out since; make it anew, once.
                days.clear();
                ensureDays(batch);
                return count(batch, arguments);
            }
            throw e;
        }
    }

    private long count(Batch batch, Tuple arguments) throws ExecutionException, TimeoutException, StoreException {
        var row = client.tryUse(statements -> statements.query(StoreSql.STORE, arguments)).iterator().next();
        if (row.getLong(4) < batch.after()) {
            throw StoreException.notStored("the database holds " + batch.node() + "-" + batch.epoch() + " up to seq "
                    + row.getLong(4) + ", and held it up to " + batch.after()
                    + " before: it was restored from a backup,"
                    + " and is filled again from what the spool still has", null);
        }
        if (row.getLong(1) > 0) {
            gaps.noted(batch.node() + "-" + batch.epoch() + "-" + row.getString(3), row.getLong(1), row.getLong(2));
        }
        if (row.getLong(5) > 0) {
            GapLog.superseded(batch.node() + "-" + batch.epoch(), row.getLong(5));
        }
        return row.getLong(0);
    }

    private void ensureDays(Batch batch) throws ExecutionException, TimeoutException {
        var missing = new TreeSet<LocalDate>();
        for (var kept : batch.events()) {
            LocalDate day = DaySeal.dayOf(kept.event().time());
            if (!days.contains(day)) {
                missing.add(day);
            }
        }
        for (LocalDate day : missing) {
            client.tryUse(statements -> statements.query(PARTITIONS, Tuple.of(day, day)));
            days.add(day);
        }
    }

    /// An error that the server itself reports undid the statement; but one about the server's own end may have come after it.
    private static StoreException explained(Batch batch, Throwable cause) {
        String message = "the batch " + named(batch) + " was not stored: " + cause.getMessage();
        if (cause instanceof PgException refused && isAboutTheData(refused)) {
            return StoreException.refused(message, cause);
        }
        if (cause instanceof Client.NoConnection || cause instanceof PgException refused && isRollback(refused)) {
            return StoreException.notStored(message, cause);
        }
        return StoreException.commitUnknown(
                "whether the batch " + named(batch) + " was stored is unknown: " + cause.getMessage(),
                cause);
    }

    /// Data exceptions and violated constraints.
    private static boolean isAboutTheData(PgException refused) {
        String state = refused.getSqlState();
        return state != null && (state.startsWith("22") || state.startsWith("23"));
    }

    private static boolean isRollback(PgException refused) {
        String state = refused.getSqlState();
        return state != null && !state.startsWith("57P") && !state.startsWith("08") && !state.equals("40003");
    }

    private static String named(Batch batch) {
        return batch.node() + "-" + batch.epoch() + "-" + batch.firstSeq() + "…" + batch.lastSeq();
    }
}
