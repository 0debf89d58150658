package dev.weir;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// A PostgreSQL as an operator would run it, from the programs that Debian installs: a cluster of the test's own, on the
/// loopback address, with TLS where a certificate is given. A test without such programs is skipped.
final class OutsidePostgres implements AutoCloseable {
    static final String SUPERUSER = "postgres";
    static final String PASSWORD = "of the superuser";
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final int NOBODY = 65_534;

    private final Process server;
    private final int port;
    private final Path log;

    private OutsidePostgres(Process server, int port, Path log) {
        this.server = server;
        this.port = port;
        this.log = log;
    }

    /// @param folder of the test's
    /// @param tls null to serve plaintext only
    static OutsidePostgres start(Path folder, Certificates.@Nullable Server tls) throws Exception {
        Path programs = programs();
        Path home = Files.createDirectories(folder.resolve("cluster"));
        Path password = Files.writeString(home.resolve("password"), PASSWORD);
        List<String> settings = new ArrayList<>(List.of("listen_addresses=localhost", "unix_socket_directories=",
                "fsync=off", "log_connections=on"));
        if (tls != null) {
            Path cert = Files.copy(tls.cert(), home.resolve("server.crt"));
            Path key = Files.copy(tls.key(), home.resolve("server.key"));
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            settings.addAll(List.of("ssl=on", "ssl_cert_file=" + cert, "ssl_key_file=" + key));
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        own(home);
        Path data = home.resolve("data");
        Process initdb = run(folder, programs.resolve("initdb"), List.of("-D", data.toString(), "-U", SUPERUSER, "-A",
                "scram-sha-256", "--pwfile=" + password, "-E", "UTF8", "--locale=C", "-N"));
        if (initdb.waitFor() != 0) {
            throw new IllegalStateException("initdb failed: " + Files.readString(folder.resolve("initdb.log")));
        }
        int port = freePort();
        List<String> words = new ArrayList<>(List.of("-D", data.toString(), "-p", Integer.toString(port)));
        settings.forEach(setting -> words.addAll(List.of("-c", setting)));
        var started = new OutsidePostgres(run(folder, programs.resolve("postgres"), words), port,
                folder.resolve("postgres.log"));
        started.awaitReady();
        return started;
    }

    /// A connection of the superuser, in plaintext.
    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + port + "/" + database + "?sslmode=disable", SUPERUSER, PASSWORD);
    }

    void execute(String database, String... statements) throws SQLException {
        try (var connection = connect(database); var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /// The first column of all rows.
    List<String> rows(String database, String sql) throws SQLException {
        try (var connection = connect(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            while (rows.next()) {
                all.add(rows.getString(1));
            }
            return all;
        }
    }

    /// What the server wrote down of who was let into a database, but for the superuser.
    List<String> letInto(String database) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.contains("connection authorized: user=")
                    && (line + " ").contains(" database=" + database + " ")
                    && !line.contains(" user=" + SUPERUSER + " ")).toList();
        }
    }

    int port() {
        return port;
    }

    /// The oldest that is there of the versions that Weir takes.
    private static Path programs() throws IOException {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(INSTALLED)) {
            try (Stream<Path> versions = Files.list(INSTALLED)) {
                versions.filter(version -> version.getFileName().toString().matches("1[5-8]"))
                        .map(version -> version.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                        .sorted()
                        .forEach(found::add);
            }
        }
        assumeTrue(!found.isEmpty(), "SKIPPED: no PostgreSQL 15 to 18 under " + INSTALLED
                + " (apt install postgresql-15), so no outside database was tried");
        return found.getFirst();
    }

    /// PostgreSQL does not run as root.
    private static Process run(Path folder, Path program, List<String> words) throws IOException {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid", "" + NOBODY, "--regid", "" + NOBODY, "--clear-groups"));
        }
        command.add(program.toString());
        command.addAll(words);
        return new ProcessBuilder(command).directory(folder.resolve("cluster").toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(program.getFileName() + ".log").toFile())
                .start();
    }

    private static boolean isRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private static void own(Path folder) throws IOException {
        if (isRoot()) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.toList()) {
                    Files.setAttribute(file, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }

    private void awaitReady() {
        Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20)).until(() -> {
            if (!server.isAlive()) {
                throw new IllegalStateException(
                        "PostgreSQL did not start: " + Files.readString(log, StandardCharsets.UTF_8));
            }
            try (var connection = connect(SUPERUSER)) {
                return connection.isValid(1);
            } catch (SQLException notYet) {
                return false;
            }
        });
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// Fast shutdown, as `pg_ctl` does it.
    @Override
    public void close() throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(server.pid())).start().waitFor();
        if (!server.waitFor(30, TimeUnit.SECONDS)) {
            server.destroyForcibly().waitFor();
        }
    }
}
