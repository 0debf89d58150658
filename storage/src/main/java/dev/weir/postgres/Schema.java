package dev.weir.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a database to the state this version of Weir needs: its version checked, the four roles, the migrations.
///
/// Runs at every start of every node; several at once wait for each other. Blocks.
public final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);
    private static final int MAJOR_MIN = 15;
    private static final int MAJOR_MAX = 18;
    /// Any number, but the same on all nodes: "weir".
    private static final long LOCK = 0x77656972L;
    private static final long LOCK_LOOK_MILLIS = 50;

    private Schema() {}

    /// @throws DatabaseException with what to do, where the database cannot be reached, is of a version Weir was not tried on, or
    ///             does not let its user make the roles
    public static void migrate(Database database) {
        try (Connection connection = database.connect()) {
            checkVersion(database, connection);
            awaitTurn(database, connection);
            prepareRoles(database, connection);
            int made = migrations(database).load().migrate().migrationsExecuted;
            LOG.info("database {}: schema is up to date, {} migrations were new", database.place(), made);
        } catch (SQLException e) {
            throw new DatabaseException("the database " + database.place() + " could not be prepared: " + e.getMessage()
                    + " (SQLSTATE " + e.getSQLState() + ")", e);
        } catch (FlywayException e) {
            throw new DatabaseException(
                    "the schema of " + database.place() + " could not be migrated: " + e.getMessage(),
                    e);
        }
    }

    static void checkMajor(String place, int major) {
        if (major < MAJOR_MIN || major > MAJOR_MAX) {
            throw new DatabaseException("PostgreSQL at " + place + " is version " + major + ", Weir needs " + MAJOR_MIN
                    + " to " + MAJOR_MAX
                    + ". Set database.url to such a server, or take it out to use the embedded one.");
        }
    }

    /// Asks again and again instead of waiting inside PostgreSQL, so that a node can be stopped while another migrates.
    private static void awaitTurn(Database database, Connection connection) throws SQLException {
        try {
            while (!tryLock(connection)) {
                TimeUnit.MILLISECONDS.sleep(LOCK_LOOK_MILLIS);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new DatabaseException("stopped while another node migrated " + database.place(), stopped);
        }
    }

    private static boolean tryLock(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_try_advisory_lock(" + LOCK + ")")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static void checkVersion(Database database, Connection connection) throws SQLException {
        checkMajor(database.place(), connection.getMetaData().getDatabaseMajorVersion());
    }

    static FluentConfiguration migrations(Database database) {
        Database owner = database.as(Role.OWNER);
        return Flyway.configure()
                .dataSource(owner.dataSource())
                .locations("classpath:db/migration")
                .defaultSchema("weir")
                .schemas("weir")
                .createSchemas(false)
                .placeholderReplacement(false)
                .cleanDisabled(true);
    }

    private static void prepareRoles(Database database, Connection connection) throws SQLException {
        boolean ownerItself = database.user().equals(Role.OWNER.id());
        for (Role role : Role.values()) {
            if (!role.id().equals(database.user())) {
                prepare(role, database.passwordOf(role), connection);
            }
        }
        checkNoRoleIsTooStrong(database, connection);
        if (!ownerItself) {
            execute(connection, "GRANT " + Role.OWNER.id() + " TO CURRENT_USER");
        }
        execute(connection, "CREATE SCHEMA IF NOT EXISTS weir AUTHORIZATION " + Role.OWNER.id());
    }

    /// The password goes over the wire as a SCRAM verifier, so that no statement log can hold it.
    private static void prepare(Role role, Secret password, Connection connection) throws SQLException {
        execute(connection, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + role.id()
                + "') THEN CREATE ROLE " + role.id() + " LOGIN; END IF; END $$");
        connection.unwrap(PGConnection.class)
                .alterUserPassword(role.id(), password.reveal().toCharArray(), "scram-sha-256");
    }

    private static void checkNoRoleIsTooStrong(Database database, Connection connection) throws SQLException {
        var tooStrong = new ArrayList<String>();
        try (var statement = connection.createStatement();
                var rows = statement
                        .executeQuery("SELECT rolname FROM pg_roles WHERE rolname IN ('weir_ingest', 'weir_app',"
                                + " 'weir_auditor') AND (rolsuper OR rolbypassrls OR rolcreaterole)")) {
            while (rows.next()) {
                tooStrong.add(rows.getString(1));
            }
        }
        if (!tooStrong.isEmpty()) {
            throw new DatabaseException("in " + database.place() + " the roles " + tooStrong
                    + " are SUPERUSER, BYPASSRLS or CREATEROLE, which would void the isolation of tenants. Take that away"
                    + " (ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE) and start again.");
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
