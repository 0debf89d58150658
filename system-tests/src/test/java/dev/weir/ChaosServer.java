package dev.weir;

import dev.weir.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// A durable PostgreSQL that Weir knows by its address only, so that it outlives Weir's deaths and can be harmed on its own:
/// stopped, frozen, cut off from single connections, crashed. Any thread.
final class ChaosServer implements AutoCloseable {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final String USER = "weir";
    private static @Nullable ChaosServer shared;

    private final Path folder;
    private final int port;
    private EmbeddedPostgres server;

    private ChaosServer(Path folder, int port) throws IOException, InterruptedException {
        this.folder = folder;
        this.port = port;
        this.server = EmbeddedPostgres.start(folder, port);
    }

    /// One for all scenarios of this JVM, which run one after the other.
    static synchronized ChaosServer shared() throws IOException, InterruptedException {
        ChaosServer running = shared;
        if (running == null) {
            Path folder = Files.createTempDirectory("weir-chaos");
            running = start(folder);
            shared = running;
            var toStop = running;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                toStop.close();
                delete(folder);
            }));
        }
        return running;
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException left) {
            System.err.println("left behind: " + folder + ": " + left);
        }
    }

    static ChaosServer start(Path folder) throws IOException, InterruptedException {
        return new ChaosServer(folder, WeirProcess.freePort());
    }

    int port() {
        return port;
    }

    /// One database of the server, entered by Weir through a port that leads there.
    record Named(ChaosServer server, String name, int through) implements Chaos.Database {
        @Override
        public String config() throws IOException {
            return "database: {url: \"postgresql://127.0.0.1:" + through + "/" + name + "?sslmode=disable\", user: "
                    + USER + ", password: \"" + server.password() + "\"}\n";
        }

        @Override
        public Connection connect() throws SQLException {
            return server.connect(name);
        }

        Named through(int otherPort) {
            return new Named(server, name, otherPort);
        }
    }

    /// An empty database.
    Named newDatabase() throws SQLException {
        String name = "chaos_" + DATABASES.incrementAndGet();
        execute("postgres", "CREATE DATABASE " + name);
        return new Named(this, name, port);
    }

    private String password() throws IOException {
        return Files.readString(folder.resolve("postgres/password")).strip();
    }

    /// A connection of the superuser.
    Connection connect(String database) throws SQLException {
        try {
            return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, USER,
                    password());
        } catch (IOException unreadable) {
            throw new SQLException(unreadable);
        }
    }

    void execute(String database, String sql) throws SQLException {
        try (var connection = connect(database); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// Fast shutdown.
    void stop() {
        server.close();
    }

    void start() throws IOException, InterruptedException {
        server = EmbeddedPostgres.start(folder, port);
    }

    /// SIGSTOP to all its processes: connections are taken by the kernel, and nobody says anything.
    void freeze() throws IOException, InterruptedException {
        signal("STOP", Stream.concat(Stream.of(postmaster()), postmaster().children()).toList());
    }

    void thaw() throws IOException, InterruptedException {
        signal("CONT", Stream.concat(Stream.of(postmaster()), postmaster().children()).toList());
    }

    /// SIGKILL to one process that stores a batch: PostgreSQL ends all its connections and recovers from its log.
    ///
    /// @return whether there was one
    boolean crash(String database) throws SQLException, IOException, InterruptedException {
        List<ProcessHandle> victims = new ArrayList<>();
        for (long pid : storing(database)) {
            ProcessHandle.of(pid).ifPresent(victims::add);
        }
        if (victims.isEmpty()) {
            return false;
        }
        signal("KILL", List.of(victims.getFirst()));
        awaitReady();
        return true;
    }

    /// Ends the connections that store batches at this very moment.
    ///
    /// @return how many
    int cutStoring(String database) throws SQLException {
        try (var connection = connect(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = '" + database + "' AND usename = 'weir_ingest' AND state = 'active'"
                        + " AND query LIKE '%usage_events%'")) {
            int count = 0;
            while (rows.next()) {
                count += rows.getBoolean(1) ? 1 : 0;
            }
            return count;
        }
    }

    private List<Long> storing(String database) throws SQLException {
        try (var connection = connect(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT pid FROM pg_stat_activity WHERE datname = '" + database
                        + "' AND usename = 'weir_ingest' ORDER BY state = 'active' DESC")) {
            List<Long> pids = new ArrayList<>();
            while (rows.next()) {
                pids.add(rows.getLong(1));
            }
            return pids;
        }
    }

    void awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions()
                .until(() -> {
                    try (var connection = connect("postgres")) {
                        return connection.isValid(2);
                    }
                });
    }

    private ProcessHandle postmaster() {
        return ProcessHandle.of(server.pid()).orElseThrow(() -> new IllegalStateException("PostgreSQL is gone"));
    }

    private static void signal(String name, List<ProcessHandle> processes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        server.close();
    }
}
