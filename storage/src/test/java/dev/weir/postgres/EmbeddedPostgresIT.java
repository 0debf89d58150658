package dev.weir.postgres;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/// The server that comes along: its life, its deaths, and that no death leaves an orphan or loses a row.
final class EmbeddedPostgresIT {
    @TempDir
    private Path folder;

    @Test
    void keepsItsDataBetweenRunsAndRefusesASecondServerOnTheSameFolder() throws Exception {
        try (var server = EmbeddedPostgres.start(folder)) {
            execute(server, "CREATE TABLE kept AS SELECT 42 AS answer");
            assertThatThrownBy(() -> EmbeddedPostgres.start(folder)).isInstanceOf(DatabaseException.class)
                    .hasMessageContaining("lock file \"postmaster.pid\" already exists")
                    .hasMessageContaining("Another gateway is running on this data folder");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("postgres/password"))))
                .isEqualTo("rw-------");
        try (var server = EmbeddedPostgres.start(folder)) {
            assertThat(Tables.value(server.database(), "SELECT answer FROM kept")).isEqualTo("42");
            assertThat(Tables.value(server.database(), "SHOW fsync")).isEqualTo("on");
            assertThat(Tables.value(server.database(), "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(server.database().toString()).doesNotContain(server.database().password().reveal());
            var wrong = new Database("127.0.0.1", server.database().port(), "postgres", "weir", Secret.of("wrong"));
            assertThatThrownBy(wrong::connect).isInstanceOf(SQLException.class).hasMessageContaining("password");
        }
    }

    @Test
    void killingItsParentStopsItAndLosesNothing() throws Exception {
        Process parent = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-cp",
                System.getProperty("java.class.path"), Parent.class.getName(), folder.toString())
                .redirectErrorStream(true)
                .start();
        long pid = pidPrintedBy(parent);
        var server = ProcessHandle.of(pid).orElseThrow();
        assertThat(server.isAlive()).isTrue();

        parent.destroyForcibly().waitFor();

        server.onExit().get(30, TimeUnit.SECONDS);
        try (var next = EmbeddedPostgres.start(folder)) {
            assertThat(Tables.value(next.database(), "SELECT answer FROM kept")).isEqualTo("42");
        }
    }

    @Test
    void killingTheServerItselfLosesNothingAndItsStalePidFileStopsNobody() throws Exception {
        try (var server = EmbeddedPostgres.start(folder)) {
            execute(server, "CREATE TABLE kept AS SELECT 42 AS answer");
            var handle = ProcessHandle.of(server.pid()).orElseThrow();
            handle.destroyForcibly();
            handle.onExit().get(30, TimeUnit.SECONDS);
        }
        assertThat(folder.resolve("postgres/data/postmaster.pid")).exists();
        try (var next = EmbeddedPostgres.start(folder)) {
            assertThat(Tables.value(next.database(), "SELECT answer FROM kept")).isEqualTo("42");
        }
    }

    @Test
    void asRootItFallsBackToTheUserNobodyWhereNamespacesAreForbidden() throws Exception {
        assumeTrue(Unprivileged.isRoot(), "not root: there is nothing to fall back to");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        try (var server = EmbeddedPostgres.start(folder, Unprivileged.SETPRIV)) {
            assertThat(Files.getAttribute(folder.resolve("postgres/data/PG_VERSION"), "unix:uid")).isEqualTo(65_534);
            assertThat(Tables.value(server.database(), "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void anUnknownPlatformIsToldToSetAnUrl() {
        assertThat(ServerBinaries.resourceFor("Linux", "amd64")).isEqualTo("/postgres-linux-x86_64.txz");
        assertThatThrownBy(() -> Database.ofUrl("http://db/weir")).isInstanceOf(IllegalArgumentException.class);
        var database = Database.ofUrl("postgresql://me:p%40ss+w@db.example/weir");
        assertThat(database.port()).isEqualTo(5432);
        assertThat(database.password().reveal()).isEqualTo("p@ss+w");
        assertThatThrownBy(() -> Database.ofUrl("postgresql://me:hunter2@/weir"))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("hunter2");
    }

    private static void execute(EmbeddedPostgres server, String sql) throws SQLException {
        try (var connection = server.database().connect(); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long pidPrintedBy(Process parent) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("server ")) {
                return Long.parseLong(line.substring("server ".length()));
            }
        }
        throw new IOException("the parent ended without a server");
    }

    /// A gateway that does nothing but have a server, until it is killed.
    static final class Parent {
        private Parent() {}

        public static void main(String[] folder) throws Exception {
            var server = EmbeddedPostgres.start(Path.of(List.of(folder).getFirst()));
            execute(server, "CREATE TABLE kept AS SELECT 42 AS answer");
            System.out.println("server " + server.pid());
            Thread.currentThread().join();
        }
    }
}
