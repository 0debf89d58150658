package dev.weir.postgres;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// The schema comes up on an empty database, again on a full one, for a superuser and for less.
final class SchemaIT {
    @Test
    void migratesAnEmptyDatabaseAndIsIdempotent() throws SQLException {
        Database database = TestServer.emptyDatabase();
        Schema.migrate(database);
        Schema.migrate(database);
        for (Role role : Role.values()) {
            try (var connection = database.as(role).connect()) {
                assertThat(connection.getMetaData().getUserName()).isEqualTo(role.id());
            }
        }
    }

    @Test
    void thePartitionsOfBeforeAndAfterAMigrationHaveTheIndexesOfTheirTable() throws SQLException {
        Database database = TestServer.emptyDatabase();
        execute(database, "CREATE SCHEMA weir AUTHORIZATION weir_owner");
        Schema.migrations(database).target("7").load().migrate();
        execute(database, "SELECT weir.create_event_partitions('2026-11-01', '2026-11-02')");
        Schema.migrate(database);
        execute(database, "SELECT weir.create_event_partitions('2026-11-03', '2026-11-04')");

        assertThat(Tables.value(database,
                """
                        SELECT string_agg(t.relname || ' ' || c.valid, ',' ORDER BY t.relname) FROM (
                            SELECT indrelid, bool_and(indisvalid) AS valid FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid
                            WHERE inhparent = 'weir.usage_events_interrupted'::regclass GROUP BY indrelid) AS c
                            JOIN pg_class AS t ON t.oid = c.indrelid"""))
                .isEqualTo("usage_events_20261101 true,usage_events_20261102 true,usage_events_20261103 true,"
                        + "usage_events_20261104 true");
    }

    private static void execute(Database database, String sql) throws SQLException {
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void aVersionOutsideOfTheTriedOnesIsRefusedWithBothNumbers() {
        assertThatThrownBy(() -> Schema.checkMajor("db:5432/weir", 14)).isInstanceOf(DatabaseException.class)
                .hasMessageContaining("version 14")
                .hasMessageContaining("15 to 18");
        assertThatThrownBy(() -> Schema.checkMajor("db:5432/weir", 19)).isInstanceOf(DatabaseException.class);
        Schema.checkMajor("db:5432/weir", 15);
        Schema.checkMajor("db:5432/weir", 18);
    }

    @Test
    void everyTableWithATenantHasForcedRowLevelSecurityAndNoApplicationRoleOwnsAnything() throws SQLException {
        Database database = TestServer.database();
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            var open = statement.executeQuery("""
                    SELECT string_agg(c.relname, ',') FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                    WHERE c.relnamespace = 'weir'::regnamespace AND c.relkind IN ('r', 'p')
                      AND (a.attname = 'tenant' OR c.relname = 'tenants' AND a.attname = 'id')
                      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)""");
            open.next();
            assertThat(open.getString(1)).isNull();
            var owners = statement.executeQuery(
                    """
                            SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'weir'::regnamespace""");
            owners.next();
            assertThat(owners.getString(1)).isEqualTo("weir_owner");
            assertThat(owners.next()).isFalse();
        }
    }
}
