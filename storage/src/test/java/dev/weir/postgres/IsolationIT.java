package dev.weir.postgres;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseKey;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/// Who may do what to which table, asked of the database itself (G10.1). Each table holds one row of tenant `acme`, one of tenant
/// `globex` and, where refusals of unknown callers can be, one of nobody.
final class IsolationIT {
    private static final String NO_ASKS = ", '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'";
    private static final Database DATABASE = TestServer.database();

    @BeforeAll
    static void fill() throws Exception {
        try (var postgres = Postgres.open(TestServer.VERTX, DATABASE)) {
            for (String id : List.of("acme", "globex")) {
                var tenant = new TenantId(id);
                postgres.tenants().create(tenant, "free", null);
                postgres.keys().create(Samples.key("key_" + id, tenant));
                postgres.capacities().put(new Capacity(tenant, null, null, 5L, null, null));
                postgres.tenants().changePlan(tenant, "pro");
                postgres.tenants().changePlan(tenant, "free");
                var budget = new Budget(tenant, "daily", Entity.THE_TENANT, Budget.Period.DAILY, ZoneOffset.UTC,
                        Money.ofUsd("1"), Budget.USUAL_THRESHOLDS);
                postgres.budgets().create(budget, "https://hooks.example/x", new byte[]{1}, Instant.EPOCH);
                var standing = new Standing(budget.toLimit(), id, 1, 0, Window.DAY.span(Instant.EPOCH, ZoneOffset.UTC));
                postgres.alerts().fire(new Reached(tenant, standing, 75, false), "alert_" + id, "node", Instant.EPOCH);
            }
            postgres.store().store(Samples.batch(Samples.event("acme"), Samples.event("globex"), Samples.event(null)));
            postgres.leases().exchange(new Exchange("n1", 1, 1, List.of(ask("acme"), ask("globex"))));
        }
    }

    private static Ask ask(String tenant) {
        return new Ask(new LeaseKey(new TenantId(tenant), "daily", "tokens/day/Z/tenant", tenant, Window.Span.ALWAYS),
                100, 0, 1,
                1, 0, 0);
    }

    /// Numbers are rows seen; `no` is "permission denied", or nothing touched.
    @ParameterizedTest(name = "{0}: {1} of {2} with tenant {3} gives {4}")
    @CsvSource({"weir_app, SELECT, tenants, acme, 1", "weir_app, SELECT, tenants, '', 0",
        "weir_app, SELECT, tenants, -, 0",
        "weir_app, SELECT, api_keys, acme, 1", "weir_app, SELECT, api_keys, '', 0", "weir_app, SELECT, api_keys, -, 0",
        "weir_app, SELECT, usage_events, acme, 1", "weir_app, SELECT, usage_events, '', 0",
        "weir_app, SELECT, usage_events, -, 0", "weir_app, SELECT, usage_rollups, acme, 1",
        "weir_app, SELECT, usage_rollups, -, 0", "weir_app, SELECT, run_totals, globex, 1",
        "weir_app, SELECT, run_totals, -, 0", "weir_app, SELECT, ticket_totals, globex, 1",
        "weir_app, SELECT, ticket_totals, '', 0", "weir_app, SELECT, usage_events, nobody-such, 0",
        "weir_app, SELECT, watermarks, acme, no", "weir_app, SELECT, caps, acme, 1", "weir_app, SELECT, caps, '', 0",
        "weir_app, SELECT, caps, -, 0", "weir_app, SELECT, leases, globex, 1", "weir_app, SELECT, leases, '', 0",
        "weir_app, SELECT, leases, -, 0", "weir_app, SELECT, lease_holders, acme, no",
        "weir_app, SELECT, limits, acme, 1",
        "weir_app, SELECT, limits, -, 0", "weir_app, SELECT, capacity, globex, 1", "weir_app, SELECT, capacity, '', 0",
        "weir_app, SELECT, plans, acme, 4", "weir_app, SELECT, admin_actions, acme, 7",
        "weir_app, SELECT, admin_actions, '', 0",
        "weir_ingest, SELECT, limits, acme, no", "weir_ingest, SELECT, admin_actions, acme, no",
        "weir_auditor, SELECT, limits, -, 2", "weir_auditor, SELECT, admin_actions, -, 14",
        "weir_app, SELECT, budgets, acme, 1", "weir_app, SELECT, budgets, -, 0", "weir_app, SELECT, budgets, '', 0",
        "weir_app, SELECT, alerts, globex, 1", "weir_app, SELECT, alerts, -, 0", "weir_app, SELECT, alerts, '', 0",
        "weir_ingest, SELECT, budgets, acme, no", "weir_ingest, SELECT, alerts, acme, no",
        "weir_auditor, SELECT, budgets, -, 2", "weir_auditor, SELECT, alerts, -, 2",
        //
        "weir_ingest, SELECT, tenants, acme, no", "weir_ingest, SELECT, api_keys, acme, no",
        "weir_ingest, SELECT, usage_events, acme, 0", "weir_ingest, SELECT, usage_events, -, 0",
        "weir_ingest, SELECT, watermarks, -, 1", "weir_ingest, SELECT, caps, -, no",
        "weir_ingest, SELECT, leases, -, no",
        "weir_ingest, SELECT, lease_holders, -, no",
        //
        "weir_auditor, SELECT, tenants, -, 2", "weir_auditor, SELECT, api_keys, -, 2",
        "weir_auditor, SELECT, usage_events, -, 3", "weir_auditor, SELECT, usage_rollups, -, 3",
        "weir_auditor, SELECT, run_totals, -, 3", "weir_auditor, SELECT, ticket_totals, -, 3",
        "weir_auditor, SELECT, watermarks, -, 1", "weir_auditor, SELECT, caps, -, 2",
        "weir_auditor, SELECT, leases, acme, 2", "weir_auditor, SELECT, lease_holders, -, 1",
        //
        "weir_owner, SELECT, usage_events, acme, 0", "weir_owner, SELECT, tenants, acme, 0",
        "weir_owner, SELECT, limits, acme, 0", "weir_owner, SELECT, budgets, acme, 0"})
    void whatARoleSees(String role, String operation, String table, String tenant, String expected)
            throws SQLException {
        assertThat(attempt(role, tenant, operation + " count(*) FROM weir." + table)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} may not: {1}")
    @CsvSource(delimiter = '|', value = {"weir_app | UPDATE weir.usage_events SET cost = 0",
        "weir_app | DELETE FROM weir.usage_events", "weir_app | INSERT INTO weir.usage_events (day) VALUES (now())",
        "weir_app | UPDATE weir.usage_rollups SET cost = 0", "weir_app | DELETE FROM weir.tenants",
        "weir_app | DELETE FROM weir.api_keys", "weir_app | UPDATE weir.api_keys SET hash = 'x'",
        "weir_app | UPDATE weir.directory_version SET version = 0",
        "weir_app | SELECT weir.create_event_partitions(now()::date, now()::date)",
        "weir_app | INSERT INTO weir.tenants (id, plan) VALUES ('other', 'free')",

        "weir_app | INSERT INTO weir.api_keys (id, tenant, hash, last4) VALUES ('k', 'globex', sha256('k'), 'last')",
        "weir_app | UPDATE weir.limits SET meter = 'calls'", "weir_app | DELETE FROM weir.plans",
        "weir_app | INSERT INTO weir.plans (id, limits, forbids, at_limit) VALUES ('mine', '[]', '{}', 'block')",
        "weir_app | INSERT INTO weir.capacity (tenant) VALUES ('other')",
        "weir_app | INSERT INTO weir.admin_actions (who, action, tenant, target) VALUES ('x', 'x', 'acme', 'x')",
        "weir_app | UPDATE weir.admin_actions SET who = 'x'", "weir_app | DELETE FROM weir.admin_actions",
        "weir_auditor | UPDATE weir.limits SET amount = 0", "weir_auditor | DELETE FROM weir.admin_actions",
        "weir_ingest | UPDATE weir.usage_events SET cost = 0", "weir_ingest | DELETE FROM weir.usage_events",
        "weir_ingest | DELETE FROM weir.usage_rollups", "weir_ingest | DELETE FROM weir.watermarks",
        "weir_ingest | INSERT INTO weir.usage_events (received_at) VALUES (now())",
        "weir_ingest | INSERT INTO weir.tenants (id, plan) VALUES ('other', 'free')",
        "weir_ingest | CREATE TABLE weir.mine (a int)", "weir_ingest | TRUNCATE weir.usage_events",
        "weir_auditor | UPDATE weir.usage_events SET cost = 0", "weir_auditor | DELETE FROM weir.usage_events",
        "weir_auditor | INSERT INTO weir.tenants (id, plan) VALUES ('other', 'free')",
        "weir_auditor | UPDATE weir.api_keys SET revoked_at = now()", "weir_auditor | DELETE FROM weir.watermarks",
        "weir_app | UPDATE weir.leases SET lent = 0", "weir_app | DELETE FROM weir.caps",
        "weir_app | SELECT weir.forfeit_leases('n1')", "weir_app | SELECT weir.held_leases('n1')",
        "weir_app | SELECT weir.forget_ended_leases(1)",
        "weir_app | SELECT weir.note_used('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
        "weir_app | SELECT weir.exchange_leases('n1', 2, 1, 1" + NO_ASKS + ")",
        "weir_ingest | UPDATE weir.caps SET lent = 0",
        "weir_ingest | INSERT INTO weir.lease_holders VALUES ('n2', 1, 1, now(), now())",
        "weir_ingest | SELECT weir.set_lease(NULL, 'n1', 1, 0, 0, 0)",
        "weir_auditor | UPDATE weir.leases SET lost = 0", "weir_auditor | SELECT weir.forfeit_leases('n1')",
        "weir_auditor | SELECT weir.exchange_leases('n1', 2, 1, 1" + NO_ASKS + ")",
        "weir_auditor | CREATE TABLE weir.mine (a int)", "weir_auditor | SET ROLE weir_owner",
        "weir_app | SELECT weir.superseded('n1', 1, '{1}', '{call}', '{1}', '{now}', '{0}')",
        "weir_app | SELECT weir.charge_attempts('n1', 2, '{}', '{}', '{}', '{}', '{}', true)",
        "weir_app | SELECT * FROM weir.charged_attempts_after('n1', 1)",
        "weir_ingest | DELETE FROM weir.charged_attempts",
        "weir_auditor | INSERT INTO weir.charged_attempts VALUES ('n1', 'call', 1, 2)",
        "weir_auditor | SELECT webhook_secret FROM weir.budgets", "weir_auditor | DELETE FROM weir.budgets",
        "weir_auditor | UPDATE weir.alerts SET state = 'dead'", "weir_app | DELETE FROM weir.alerts",
        "weir_app | UPDATE weir.alerts SET percent = 1", "weir_app | UPDATE weir.alerts SET tenant = 'globex'",
        "weir_app | UPDATE weir.budgets SET tenant = 'globex'", "weir_app | UPDATE weir.budgets SET currency = 'EUR'",
        "weir_app | INSERT INTO weir.alerts (id, tenant, limit_id, entity_kind, entity_value, meter, \"window\", percent, amount,"
                + " settled, reserved, actions, node, fired_at, state) VALUES ('x', 'globex', 'l', 'tenant', 'globex', 'cost',"
                + " 'day', 1, 1, 1, 0, '{}', 'n', now(), 'recorded')",
        "weir_app | INSERT INTO weir.budgets (tenant, id, entity_kind, entity_value, period, zone, amount, alerts, created_at,"
                + " terms_since) VALUES ('globex', 'x', 'tenant', '*', 'daily', 'UTC', 1, '[]', now(), now())",
        "weir_ingest | DELETE FROM weir.budgets"})
    void whatARoleMayNotDo(String role, String sql) throws SQLException {
        assertThat(attempt(role.strip(), "acme", sql.strip())).isEqualTo("no");
    }

    @Test
    void plansAreNotChangedFromATenantsTransaction() throws SQLException {
        assertThat(attempt("weir_app", "acme", "UPDATE weir.plans SET forbids = '{}'")).isEqualTo("0");
        assertThat(attempt("weir_app", "", "UPDATE weir.plans SET forbids = '{}'")).isEqualTo("done");
    }

    @Test
    void aPartitionCannotBeReachedPastTheTable() throws SQLException {
        String partition = Tables.value(DATABASE,
                "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'weir.usage_events'::regclass LIMIT 1");
        for (Role role : List.of(Role.APP, Role.INGEST, Role.AUDITOR)) {
            assertThat(attempt(role.id(), "acme", "SELECT count(*) FROM " + qualified(partition))).as(role.id())
                    .isEqualTo("no");
        }
        assertThat(attempt("weir_owner", "acme", "SELECT count(*) FROM " + qualified(partition))).isEqualTo("0");
    }

    @Test
    void theTenantOfATransactionIsForgottenWithIt() throws SQLException {
        try (Connection connection = DATABASE.as(Role.APP).connect()) {
            connection.setAutoCommit(false);
            assertThat(run(connection, "acme", "SELECT count(*) FROM weir.tenants")).isEqualTo("1");
            connection.commit();
            assertThat(run(connection, "-", "SELECT count(*) FROM weir.tenants")).isEqualTo("0");
        }
    }

    @Test
    void foreignRowsAreAsAbsentThroughTheApiToo() {
        try (var postgres = Postgres.open(TestServer.VERTX, DATABASE)) {
            Scope acme = Scope.of(new TenantId("acme"));
            assertThat(postgres.keys().find(acme, Samples.keyId("key_globex"))).isEmpty();
            assertThat(postgres.keys().revoke(acme, Samples.keyId("key_globex"))).isEmpty();
            assertThat(postgres.keys().list(acme, "", 10)).hasSize(1);
            assertThat(postgres.budgets().list(acme, "", "", 10)).hasSize(1);
            assertThat(postgres.budgets().list(Scope.ALL, "", "", 10)).hasSize(2);
            assertThat(postgres.alerts().list(acme, null, null, 10)).hasSize(1);
            assertThat(postgres.alerts().find(acme, "alert_globex")).isEmpty();
            assertThat(postgres.alerts().again(new Alerts.Due("alert_globex", new TenantId("acme")), Instant.EPOCH))
                    .isEmpty();
            assertThat(postgres.events().list(acme, EventFilter.newest(10)).items()).hasSize(1);
            assertThat(postgres.events().list(Scope.ALL, EventFilter.newest(10)).items()).hasSize(3);
            assertThat(postgres.costs().total(acme, Samples.today()).events()).isEqualTo(1);
            assertThat(postgres.costs().total(Scope.ALL, Samples.today()).events()).isEqualTo(3);
        }
    }

    private static String qualified(String table) {
        return table.contains(".") ? table : "weir." + table;
    }

    private static String attempt(String role, String tenant, String sql) throws SQLException {
        Role as = List.of(Role.values()).stream().filter(one -> one.id().equals(role)).findFirst().orElseThrow();
        try (Connection connection = DATABASE.as(as).connect()) {
            connection.setAutoCommit(false);
            String result = run(connection, tenant, sql);
            connection.rollback();
            return result;
        }
    }

    /// @param tenant `-` for none set
    private static String run(Connection connection, String tenant, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            if (!tenant.equals("-")) {
                statement.execute("SELECT set_config('weir.tenant', '" + tenant + "', true)");
            }
            if (!statement.execute(sql)) {
                return statement.getUpdateCount() == 0 ? "0" : "done";
            }
            var rows = statement.getResultSet();
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).as(sql + ": " + e.getMessage()).isEqualTo("42501");
            return "no";
        }
    }
}
