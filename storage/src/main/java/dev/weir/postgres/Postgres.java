package dev.weir.postgres;

import io.vertx.core.Vertx;
import java.time.Duration;

/// Weir's database, ready: schema migrated, each role with its connections. One per process; any thread but an event loop.
public final class Postgres implements AutoCloseable {
    private static final Duration STATEMENT_MAX = Duration.ofSeconds(20);
    private static final int CONNECTIONS = 4;

    private final Client app;
    private final Client auditor;
    private final PostgresStore store;
    private final Tenants tenants;
    private final Keys keys;
    private final Budgets budgets;
    private final Alerts alerts;
    private final Directory directory;
    private final Events events;
    private final Costs costs;
    private final Counters counters;
    private final Pending pending;
    private final GapLog gapLog = new GapLog();
    private final Gaps gaps;
    private final NodeEpochs epochs;
    private final Audit audit;

    private Postgres(Vertx vertx, Database database) {
        app = new Client(vertx, database.as(Role.APP), CONNECTIONS, STATEMENT_MAX);
        auditor = new Client(vertx, database.as(Role.AUDITOR), CONNECTIONS, STATEMENT_MAX);
        store = new PostgresStore(vertx, database, gapLog);
        epochs = new NodeEpochs(vertx, database, gapLog);
        gaps = new Gaps(auditor);
        audit = new Audit(vertx, database);
        var readers = new Readers(app, auditor);
        tenants = new Tenants(readers);
        keys = new Keys(readers);
        budgets = new Budgets(readers);
        alerts = new Alerts(readers);
        directory = new Directory(auditor);
        events = new Events(readers);
        costs = new Costs(readers);
        counters = new Counters(auditor);
        pending = new Pending(auditor);
    }

    /// Migrates and connects.
    ///
    /// @throws DatabaseException with what to do, where the database is not fit or not there
    public static Postgres open(Vertx vertx, Database database) {
        Schema.migrate(database);
        return new Postgres(vertx, database);
    }

    /// Where the shipper puts events; its partitions are to be prepared daily.
    public PostgresStore store() {
        return store;
    }

    public Tenants tenants() {
        return tenants;
    }

    public Keys keys() {
        return keys;
    }

    public Budgets budgets() {
        return budgets;
    }

    /// What was said when a limit's marks were reached.
    public Alerts alerts() {
        return alerts;
    }

    public Directory directory() {
        return directory;
    }

    public Events events() {
        return events;
    }

    public Costs costs() {
        return costs;
    }

    public Counters counters() {
        return counters;
    }

    public Pending pending() {
        return pending;
    }

    /// Who numbers this node's starts.
    public NodeEpochs epochs() {
        return epochs;
    }

    /// What is on record as missing.
    public Gaps gaps() {
        return gaps;
    }

    /// What cannot be if all is there once.
    public Audit audit() {
        return audit;
    }

    /// What this process put on record as missing.
    public GapLog gapLog() {
        return gapLog;
    }

    @Override
    public void close() {
        store.close();
        epochs.close();
        audit.close();
        app.close();
        auditor.close();
    }
}
