package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.GatewayConfig;
import dev.weir.ledger.Ledgers;
import dev.weir.postgres.Database;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.PostgresStore;
import dev.weir.postgres.Schema;
import dev.weir.spool.StoreException;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A whole gateway on a PostgreSQL that somebody else runs: entered as different roles, in plaintext and by TLS, over which
/// nobody goes who did not prove who it is.
class OutsidePostgresIT {
    private static final String CONFIG = """
            listen: {data: "127.0.0.1:0", control: "127.0.0.1:0"}
            database: {url: "%s", user: "%s", password: "%s"}
            routes: {sandbox: {kind: llm, provider: sandbox}}
            """;
    private static final String CHAT = "{\"model\":\"sandbox-small\",\"max_tokens\":10,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path shared;
    @SuppressWarnings("NullAway.Init")
    private static Certificates certificates;
    @SuppressWarnings("NullAway.Init")
    private static Certificates others;
    @SuppressWarnings("NullAway.Init")
    private static OutsidePostgres server;
    private static int databases;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        certificates = new Certificates(shared.resolve("ours"));
        others = new Certificates(shared.resolve("others"));
        server = OutsidePostgres.start(shared, certificates.server("database", "dns:localhost"));
    }

    @AfterAll
    @SuppressWarnings("NullAway")
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    /// Who prepares the database: a superuser, the future owner itself, or somebody who may make roles.
    @ParameterizedTest
    @CsvSource({"postgres, superuser", "weir_owner, owner", "platform_team, may make roles"})
    void aCallIsStoredWhoeverPreparesTheDatabase(String user, String what) throws Exception {
        try (var own = OutsidePostgres.start(folder, null)) {
            makeDatabase(own, "weir", user);
            for (int start = 1; start <= 2; start++) {
                try (var gateway = started(config(own, "weir", "", user))) {
                    assertThat(chat(gateway).statusCode()).isEqualTo(200);
                    awaitEvents(own, "weir", start);
                }
            }
            assertThat(own.rows("weir", "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class"
                    + " WHERE relnamespace = 'weir'::regnamespace")).as(what).containsExactly("weir_owner");
            assertThat(own.rows("weir", "SELECT rolname FROM pg_roles WHERE rolname IN ('weir_ingest', 'weir_app',"
                    + " 'weir_auditor') AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"))
                    .as(what)
                    .hasSize(3);
        }
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-",
            value = {"sslmode=disable, false", "-, true", "sslmode=prefer, true", "sslmode=require, true",
                "sslmode=require&sslrootcert=CA, true", "sslmode=verify-ca&sslrootcert=CA, true",
                "sslmode=verify-full&sslrootcert=CA, true"})
    void everyConnectionIsEncryptedAsAsked(String parameters, boolean encrypted) throws Exception {
        String database = "weir_" + ++databases;
        makeDatabase(server, database, "weir_owner");
        try (var gateway = started(config(server, database, parameters == null ? "" : parameters,
                "weir_owner"))) {
            assertThat(chat(gateway).statusCode()).isEqualTo(200);
            awaitEvents(server, database, 1);
        }
        assertThat(server.letInto(database)).allMatch(line -> line.contains("SSL enabled") == encrypted)
                .anyMatch(line -> line.contains("user=weir_owner "))
                .anyMatch(line -> line.contains("user=weir_ingest "))
                .anyMatch(line -> line.contains("user=weir_app "))
                .anyMatch(line -> line.contains("user=weir_auditor "));
    }

    private static Gateway started(GatewayConfig config) throws Exception {
        var gateway = Gateway.start(config);
        Ledgers.watch(gateway.ledger());
        return gateway;
    }

    /// Both drivers, each for itself: the one that migrates and the one that does all else.
    @ParameterizedTest
    @CsvSource({"localhost, sslmode=verify-full, PKIX", "localhost, sslmode=verify-ca&sslrootcert=OTHER, PKIX",
        "localhost, sslmode=require&sslrootcert=OTHER, PKIX",
        "127.0.0.1, sslmode=verify-full&sslrootcert=CA, 127.0.0.1"})
    void whoDoesNotProveToBeTheDatabaseIsRefused(String host, String parameters, String why) throws Exception {
        Database database = Database.ofUrl("postgresql://postgres:" + OutsidePostgres.PASSWORD.replace(" ", "%20") + "@"
                + host + ":" + server.port() + "/postgres?" + files(parameters));

        assertThatThrownBy(() -> Schema.migrate(database)).isInstanceOf(DatabaseException.class)
                .hasStackTraceContaining(why);
        Vertx vertx = Vertx.vertx();
        try (var store = new PostgresStore(vertx, database)) {
            assertThatThrownBy(() -> store.watermark("node", 1)).isInstanceOf(StoreException.class)
                    .hasStackTraceContaining("SSL handshake failed");
        } finally {
            vertx.close().await();
        }
    }

    @Test
    void aServerWithoutTlsIsRefusedWhereItIsRequiredAndTakenWhereItIsPreferred() throws Exception {
        try (var plain = OutsidePostgres.start(folder, null)) {
            String url = "postgresql://postgres:" + OutsidePostgres.PASSWORD.replace(" ", "%20") + "@localhost:"
                    + plain.port() + "/postgres";
            Vertx vertx = Vertx.vertx();
            Database required = Database.ofUrl(url + "?sslmode=require");
            assertThatThrownBy(() -> Schema.migrate(required)).hasMessageContaining("does not support SSL");
            Schema.migrate(Database.ofUrl(url));
            try (var refusing = new PostgresStore(vertx, required);
                    var store = new PostgresStore(vertx, Database.ofUrl(url))) {
                assertThatThrownBy(() -> refusing.watermark("node", 1)).isInstanceOf(StoreException.class);
                assertThat(store.watermark("node", 1)).isZero();
            } finally {
                vertx.close().await();
            }
        }
    }

    /// An empty database that `user` may prepare, as an operator hands it over.
    private static void makeDatabase(OutsidePostgres where, String name, String user) throws SQLException {
        if (!user.equals(OutsidePostgres.SUPERUSER)) {
            where.execute("postgres",
                    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + user + "') THEN CREATE ROLE "
                            + user + "; END IF; END $$",
                    "ALTER ROLE " + user + " LOGIN CREATEROLE PASSWORD '" + OutsidePostgres.PASSWORD + "'");
        }
        where.execute("postgres", "CREATE DATABASE " + name + " OWNER " + user);
    }

    private static String files(String parameters) {
        return parameters.replace("CA", certificates.authority().toString())
                .replace("OTHER", others.authority().toString());
    }

    private GatewayConfig config(OutsidePostgres where, String database, String parameters, String user) {
        String url = "postgresql://localhost:" + where.port() + "/" + database
                + (parameters.isEmpty() ? "" : "?" + files(parameters));
        String yaml = CONFIG.formatted(url, user, OutsidePostgres.PASSWORD) + "data: \"" + folder.resolve("var")
                + "\"\n";
        return switch (ConfigReader.read(new ConfigSource("test.yaml", yaml, folder), Map.of(), Map.of())) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
        };
    }

    private static void awaitEvents(OutsidePostgres where, String database, int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> where.rows(database, "SELECT 1 FROM weir.usage_events").size() == count);
    }

    private HttpResponse<String> chat(Gateway gateway) throws Exception {
        try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            return client.send(HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + gateway.dataPort() + "/sandbox/v1/chat/completions"))
                    .header("Authorization", "Bearer " + Files.readString(folder.resolve("var/demo.key")).strip())
                    .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                    .build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
