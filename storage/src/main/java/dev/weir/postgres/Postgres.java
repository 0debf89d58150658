package dev.weir.postgres;

import dev.weir.lease.LeaseTerms;
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
    private final Installation installation;
    private final Events events;
    private final Costs costs;
    private final Counters counters;
    private final Pending pending;
    private final GapLog gapLog = new GapLog();
    private final Gaps gaps;
    private final NodeEpochs epochs;
    private final Audit audit;
    private final PostgresLeases leases;
    private final LeaseRows leaseRows;
    private final Plans plans;
    private final Charges charges;
    private final Limits limits;
    private final Capacities capacities;
    private final AdminActions adminActions;

    private Postgres(Vertx vertx, Database database, LeaseTerms terms) {
        app = new Client(vertx, database.as(Role.APP), CONNECTIONS, STATEMENT_MAX);
        auditor = new Client(vertx, database.as(Role.AUDITOR), CONNECTIONS, STATEMENT_MAX);
        store = new PostgresStore(vertx, database, gapLog);
        epochs = new NodeEpochs(vertx, database, gapLog);
        gaps = new Gaps(auditor);
        audit = new Audit(vertx, database);
        leases = new PostgresLeases(vertx, database, terms.expire());
        leaseRows = new LeaseRows(auditor);
        var readers = new Readers(app, auditor);
        tenants = new Tenants(readers);
        keys = new Keys(readers);
        budgets = new Budgets(readers);
        alerts = new Alerts(readers);
        directory = new Directory(auditor);
        installation = new Installation(app);
        events = new Events(readers);
        charges = new Charges(vertx, database, auditor);
        costs = new Costs(readers);
        counters = new Counters(auditor);
        pending = new Pending(auditor);
        plans = new Plans(readers);
        limits = new Limits(readers);
        capacities = new Capacities(readers);
        adminActions = new AdminActions(readers);
    }

    /// As the other, with [LeaseTerms#DEFAULT].
    public static Postgres open(Vertx vertx, Database database) {
        return open(vertx, database, LeaseTerms.DEFAULT);
    }

    /// Migrates and connects.
    ///
    /// @param terms on which this process spends from what it is lent
    /// @throws DatabaseException with what to do, where the database is not fit or not there
    public static Postgres open(Vertx vertx, Database database, LeaseTerms terms) {
        Schema.migrate(database);
        return new Postgres(vertx, database, terms);
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

    /// What all nodes of the database must have in common.
    public Installation installation() {
        return installation;
    }

    public Directory directory() {
        return directory;
    }

    public Events events() {
        return events;
    }

    /// What starts have charged as interrupted.
    public Charges charges() {
        return charges;
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

    public Plans plans() {
        return plans;
    }

    /// The limits of tenants, beside those of their plans.
    public Limits limits() {
        return limits;
    }

    /// What tenants have bought.
    public Capacities capacities() {
        return capacities;
    }

    /// Who changed what.
    public AdminActions adminActions() {
        return adminActions;
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

    /// Who lends this node parts of caps; its ended windows are to be forgotten every few minutes.
    public PostgresLeases leases() {
        return leases;
    }

    /// What is lent to whom.
    public LeaseRows leaseRows() {
        return leaseRows;
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
        leases.close();
        charges.close();
        app.close();
        auditor.close();
    }
}
