package dev.weir.postgres;

import dev.weir.spool.Epochs;
import dev.weir.spool.Gap;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Numbers the starts of all nodes of a database. Blocks; any thread but an event loop.
///
/// A start that finds later epochs of its name in the database than in its folder has lost a folder, or is an older copy of one:
/// what the lost one had kept beyond the watermark is gone, and becomes an open-ended gap. Events go into the store epoch by
/// epoch, so only the last epoch of which anything is stored, and those begun after it, can have lost any.
public final class NodeEpochs implements Epochs, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeEpochs.class);
    private static final Duration STATEMENT_MAX = Duration.ofSeconds(10);
    private static final String TAKEN = "23505";
    private static final int TRIES_MAX = 20;
    private static final Duration PAUSE_FIRST = Duration.ofMillis(50);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(3);

    private static final String BEGIN = """
            WITH marks AS (
                SELECT epoch, seq FROM weir.watermarks WHERE node = $1::text
            ),
            claimed AS (
                INSERT INTO weir.epochs (node, epoch)
                SELECT $1, greatest($2::bigint, 1 + coalesce((SELECT max(epoch) FROM weir.epochs WHERE node = $1), 0),
                    1 + coalesce((SELECT max(epoch) FROM marks), 0))
                RETURNING epoch
            ),
            lost AS (
                SELECT epoch, coalesce(marks.seq, 0) AS seq
                FROM (SELECT epoch FROM weir.epochs WHERE node = $1 AND started_at IS NOT NULL) AS begun
                    FULL JOIN marks USING (epoch)
                WHERE epoch >= coalesce((SELECT max(epoch) FROM marks), 0)
                    AND (epoch >= $2 OR epoch = $2 - 1 AND $3::bigint >= 0 AND marks.seq > $3)
            ),
            gap AS (
                INSERT INTO weir.gaps (node, epoch, first_seq, reason)
                SELECT $1, epoch, seq + 1, 'folder_lost' FROM lost
                UNION ALL
                SELECT found.node, found.epoch, greatest(found.first_seq, 1 + coalesce(mark.seq, 0)), found.reason
                FROM unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[]) AS found (node, epoch, first_seq, reason)
                    LEFT JOIN weir.watermarks AS mark ON mark.node = found.node AND mark.epoch = found.epoch
                ON CONFLICT DO NOTHING
                RETURNING node || '-' || epoch || '-' || first_seq || '…' AS name
            )
            SELECT (SELECT epoch FROM claimed), (SELECT count(*) FROM gap), (SELECT string_agg(name, ', ') FROM gap)
            """;
    /// Written again where it is gone: the database may have been restored from a backup of before.
    private static final String STARTED = "INSERT INTO weir.epochs AS mine (node, epoch, started_at)"
            + " VALUES ($1, $2, now()) ON CONFLICT (node, epoch) DO UPDATE SET started_at = now()"
            + " WHERE mine.started_at IS NULL";
    private static final String LATEST = "SELECT coalesce(max(epoch), 0),"
            + " coalesce(bool_or(epoch = $2 AND started_at IS NOT NULL), false) FROM weir.epochs WHERE node = $1";

    private final Client client;
    private final GapLog gaps;

    NodeEpochs(Vertx vertx, Database database, GapLog gaps) {
        this.client = new Client(vertx, database.as(Role.INGEST), 1, STATEMENT_MAX);
        this.gaps = gaps;
    }

    /// Tries for about a minute while the database is away. Where it stays unknown whether an epoch was given, the next one is
    /// asked for: one left out costs nothing, one given twice would.
    @Override
    public long begin(Start start) throws IOException {
        long pause = PAUSE_FIRST.toNanos();
        for (int tries = 1;;) {
            try {
                return claim(start);
            } catch (ExecutionException | TimeoutException failed) {
                Throwable cause = failed.getCause() == null ? failed : failed.getCause();
                // Another start was faster, so one of them got on: that is no failure, however often it happens.
                boolean taken = cause instanceof PgException refused && TAKEN.equals(refused.getSqlState());
                if (tries == TRIES_MAX || Thread.currentThread().isInterrupted()) {
                    throw new IOException("PostgreSQL gives no epoch to node " + start.node() + ": "
                            + cause.getMessage() + ". Bring it back and start again.", cause);
                }
                if (!taken) {
                    tries++;
                    LOG.warn("no epoch for node {} yet, trying again: {}", start.node(), cause.getMessage());
                    LockSupport.parkNanos(pause);
                    pause = Math.min(2 * pause, PAUSE_MAX.toNanos());
                }
            }
        }
    }

    private long claim(Start start) throws ExecutionException, TimeoutException {
        var arguments = Tuple.of(start.node(), start.atLeast(), start.foundSeq())
                .addValue(column(start.gaps(), Gap::node, String[]::new))
                .addValue(column(start.gaps(), Gap::epoch, Long[]::new))
                .addValue(column(start.gaps(), Gap::firstSeq, Long[]::new))
                .addValue(column(start.gaps(), gap -> gap.reason().id(), String[]::new));
        Row row = client.tryUse(statements -> statements.query(BEGIN, arguments)).iterator().next();
        if (row.getLong(1) > 0) {
            gaps.noted(row.getString(2), row.getLong(1), 0);
        }
        return row.getLong(0);
    }

    private static <T> T[] column(List<Gap> gaps, Function<Gap, T> value,
            java.util.function.IntFunction<T[]> array) {
        return gaps.stream().map(value).toArray(array);
    }

    /// Says that the start has its spool open: from now on it may keep events.
    ///
    /// @throws DatabaseException where that is not on record; to be tried again before the first event is kept
    public void started(String node, long epoch) {
        client.query(STARTED, Tuple.of(node, epoch));
    }

    /// The latest epoch that was given to a node's name. Later than a running process's own: another process has begun under the
    /// same name, for one folder is only ever used by one process at a time.
    ///
    /// Where the process's own epoch is not on record any more, it is put on record again.
    public long latest(String node, long own) {
        Row row = client.query(LATEST, Tuple.of(node, own)).iterator().next();
        if (!row.getBoolean(1)) {
            started(node, own);
        }
        return Math.max(own, row.getLong(0));
    }

    @Override
    public void close() {
        client.close();
    }
}
