package dev.weir.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static java.nio.charset.StandardCharsets.UTF_8;

/// A PostgreSQL of our own as a child process, for installations that name none: durable (`fsync` on), reachable on the loopback
/// address only, its data kept between runs.
///
/// Under `FOLDER/postgres`: `server` (the programs), `data`, `password` (0600, random), `server.log`.
///
/// The server dies with us: the kernel sends it SIGINT, PostgreSQL's fast shutdown, when the thread that forked it ends
/// (`PR_SET_PDEATHSIG`), so that thread is a platform thread that does nothing but wait for the server. `setsid` keeps
/// a Ctrl-C at the terminal from
/// it: Weir stops it when everything is stored. `setpriv` must come after
/// `unshare`, because entering a user namespace clears that signal. One folder has one server: a second is refused by
/// PostgreSQL's own `postmaster.pid`, which also knows a stale one.
///
/// Any thread; [#start] and [#close] block.
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final String USER = "weir";
    private static final String DATABASE = "postgres";
    /// The major version on the class path; data of another one is not touched.
    private static final String MAJOR = "18";
    /// Generous, because a server that was killed replays its log first.
    private static final Duration START_MAX = Duration.ofMinutes(2);
    private static final Duration STOP_MAX = Duration.ofSeconds(30);
    private static final int PORT_TRIES = 3;
    private static final long LOG_BYTES_MAX = 10_000_000;

    private final Process process;
    private final Database database;

    private EmbeddedPostgres(Process process, Database database) {
        this.process = process;
        this.database = database;
    }

    /// Unpacks and initialises what is missing, starts the server and returns when it answers.
    ///
    /// @param folder the data folder of the gateway
    /// @throws DatabaseException with the server's own words where it does not come up, or with what to do where this platform
    ///             has no embedded server
    public static EmbeddedPostgres start(Path folder) throws IOException, InterruptedException {
        return start(folder, Unprivileged.find(), 0);
    }

    /// The same on a port of one's choice.
    ///
    /// @param port 0 for any free one
    public static EmbeddedPostgres start(Path folder, int port) throws IOException, InterruptedException {
        return start(folder, Unprivileged.find(), port);
    }

    static EmbeddedPostgres start(Path folder, Unprivileged user) throws IOException, InterruptedException {
        return start(folder, user, 0);
    }

    private static EmbeddedPostgres start(Path folder, Unprivileged user, int port)
            throws IOException, InterruptedException {
        Path home = Files.createDirectories(folder.toAbsolutePath().normalize().resolve("postgres"));
        Path programs = prepare(home, user);
        var password = Secret.of(Files.readString(home.resolve("password")).strip());
        for (int attempt = 1;; attempt++) {
            var database = new Database("127.0.0.1", port == 0 ? freePort() : port, DATABASE, USER, password);
            try {
                return launch(home, programs, user, database);
            } catch (PortTaken e) {
                if (port != 0 || attempt == PORT_TRIES) {
                    throw e;
                }
            }
        }
    }

    /// As whom and where to enter it.
    public Database database() {
        return database;
    }

    /// The server's process id, for messages and tests.
    public long pid() {
        return process.pid();
    }

    /// Fast shutdown: clients are cut, committed data is written, the process has ended on return.
    @Override
    public void close() {
        try {
            signal("INT");
            if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn(
                        "the embedded PostgreSQL (pid {}) did not stop within {} s; it is killed and will recover at the"
                                + " next start",
                        process.pid(), STOP_MAX.toSeconds());
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("the embedded PostgreSQL (pid {}) could not be told to stop: {}", process.pid(), e.toString());
        }
    }

    /// `Process.destroy` would send SIGTERM, on which PostgreSQL waits for its clients to leave.
    private void signal(String name) throws IOException, InterruptedException {
        if (process.isAlive()) {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
        }
    }

    /// Under a lock, so that two first starts on one folder do not unpack over each other.
    private static Path prepare(Path home, Unprivileged user) throws IOException, InterruptedException {
        try (var channel = FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            assert lock.isValid();
            Path programs = ServerBinaries.unpackInto(home.resolve("server"));
            Path data = home.resolve("data");
            if (!Files.exists(data)) {
                initialise(home, programs, user);
            }
            String major = Files.readString(data.resolve("PG_VERSION")).strip();
            if (!major.equals(MAJOR)) {
                throw new DatabaseException("the data in " + data + " is of PostgreSQL " + major
                        + ", the embedded server is " + MAJOR + ". Start a PostgreSQL " + major
                        + " on it and set database.url, or move it away to begin anew.");
            }
            if (!Files.exists(home.resolve("password"))) {
                throw new DatabaseException("the password file " + home.resolve("password") + " is missing beside "
                        + data + ". Put it back from a backup; without it nobody can enter that database.");
            }
            return programs;
        }
    }

    /// In a folder beside, renamed when it is complete: a start that was killed here begins anew.
    private static void initialise(Path home, Path programs, Unprivileged user)
            throws IOException, InterruptedException {
        Path fresh = home.resolve("data.new");
        ServerBinaries.delete(fresh);
        writePassword(home.resolve("password"));
        user.own(home);
        var command = user.command(List.of(programs.resolve("initdb").toString(), "-D", fresh.toString(), "-U", USER,
                "-A",
                "scram-sha-256", "--pwfile=" + home.resolve("password"), "-E", "UTF8", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"));
        Path log = home.resolve("initdb.log");
        Process initdb = new ProcessBuilder(command).directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int status = endOf(initdb);
        if (status != 0) {
            throw new DatabaseException(
                    "initdb failed with status " + status + ". It said:\n" + Files.readString(log));
        }
        Files.delete(log);
        Files.move(fresh, home.resolve("data"), StandardCopyOption.ATOMIC_MOVE);
    }

    /// Where the start is broken off, `initdb` is too; it takes away what it made.
    private static int endOf(Process initdb) throws InterruptedException {
        try {
            return initdb.waitFor();
        } catch (InterruptedException stopped) {
            initdb.destroy();
            initdb.onExit().join();
            throw stopped;
        }
    }

    private static void writePassword(Path file) throws IOException {
        var random = new byte[24];
        new SecureRandom().nextBytes(random);
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, HexFormat.of().formatHex(random), UTF_8);
    }

    private static EmbeddedPostgres launch(Path home, Path programs, Unprivileged user, Database database)
            throws IOException, InterruptedException {
        Path log = home.resolve("server.log");
        if (Files.exists(log) && Files.size(log) > LOG_BYTES_MAX) {
            Files.delete(log);
        }
        long logged = Files.exists(log) ? Files.size(log) : 0;
        var command = new ArrayList<>(
                List.of("setsid", "setpriv", "--pdeathsig", "INT", programs.resolve("postgres").toString(), "-D",
                        home.resolve("data").toString(), "-p", Integer.toString(database.port())));
        for (String setting : settings()) {
            command.addAll(List.of("-c", setting));
        }
        Process process = forkFromAThreadThatStays(new ProcessBuilder(user.command(command)).directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())));
        var server = new EmbeddedPostgres(process, database);
        try {
            server.awaitReady(log, logged);
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
        LOG.info("embedded PostgreSQL at {} (pid {}), data in {}", database.place(), process.pid(),
                home.resolve("data"));
        return server;
    }

    private static List<String> settings() {
        return List.of("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=on", "synchronous_commit=on",
                "full_page_writes=on", "max_connections=100", "shared_buffers=128MB", "log_line_prefix=%m [%p] ");
    }

    private static Process forkFromAThreadThatStays(ProcessBuilder builder) throws IOException, InterruptedException {
        var started = new CompletableFuture<Process>();
        Thread.ofPlatform().daemon().name("postgres-parent").start(() -> {
            try {
                Process process = builder.start();
                started.complete(process);
                process.waitFor();
            } catch (IOException | InterruptedException e) {
                started.completeExceptionally(e);
            }
        });
        try {
            return started.get();
        } catch (ExecutionException e) {
            throw new IOException("the embedded PostgreSQL could not be started: " + e.getCause()
                    + ". It needs setpriv (util-linux); or set database.url.", e.getCause());
        } catch (InterruptedException stopped) {
            started.thenAccept(Process::destroy);
            throw stopped;
        }
    }

    private void awaitReady(Path log, long logged) throws IOException, InterruptedException {
        long deadlineNanos = System.nanoTime() + START_MAX.toNanos();
        while (true) {
            try (var connection = database.connect()) {
                assert connection.isValid(1);
                return;
            } catch (SQLException e) {
                if (!process.isAlive()) {
                    throw refused(said(log, logged));
                }
                if (System.nanoTime() > deadlineNanos) {
                    throw new DatabaseException("the embedded PostgreSQL did not answer within " + START_MAX.toSeconds()
                            + " s. It said:\n" + said(log, logged), e);
                }
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static DatabaseException refused(String said) {
        String message = "the embedded PostgreSQL did not start. It said:\n" + said;
        if (said.contains("could not bind")) {
            return new PortTaken(message);
        }
        return new DatabaseException(said.contains("postmaster.pid")
                ? message
                        + "\nAnother gateway is running on this data folder: stop it, or give this one another --data."
                : message);
    }

    private static String said(Path log, long from) throws IOException {
        byte[] all = Files.readAllBytes(log);
        int start = (int) Math.min(from, all.length);
        return new String(all, start, all.length - start, UTF_8).strip();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    /// Somebody took the port between our looking and the server's binding.
    private static final class PortTaken extends DatabaseException {
        PortTaken(String message) {
            super(message);
        }
    }
}
