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
