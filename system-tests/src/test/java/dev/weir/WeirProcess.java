package dev.weir;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/// A whole Weir in a process of its own, with its data in a folder of the test's; ended with the test, whatever happens.
final class WeirProcess implements AutoCloseable {
    static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration START_MAX = Duration.ofSeconds(90);

    private final Path folder;
    private final Process process;
    private final int dataPort;
    private final int controlPort;
    private volatile boolean mayLeaveCallsRunning;

    /// What is run, and how.
    ///
    /// @param main the class, which takes the words of `weir run`
    /// @param jvm options before the class path
    /// @param before words in front of the command, such as those that enter a namespace
    record Program(String main, List<String> jvm, List<String> before) {
        static final Program WEIR = new Program("dev.weir.Main", List.of("-Xmx512m"), List.of());
    }

    private WeirProcess(Path folder, Process process, int dataPort, int controlPort) {
        this.folder = folder;
        this.process = process;
        this.dataPort = dataPort;
        this.controlPort = controlPort;
    }

    /// Starts on `folder` and returns when it takes traffic.
    ///
    /// @param config the text of a configuration file
    static WeirProcess start(Path folder, String config) throws IOException {
        return start(folder, config, Program.WEIR);
    }

    /// The same with a program of one's own.
    static WeirProcess start(Path folder, String config, Program program) throws IOException {
        WeirProcess weir = launch(folder, config, program);
        try {
            Awaitility.await().atMost(START_MAX).pollInterval(Duration.ofMillis(50)).until(weir::isReadyOrDead);
            if (!weir.process.isAlive()) {
                throw new IllegalStateException("Weir did not start: " + weir.log());
            }
            return weir;
        } catch (RuntimeException failed) {
            weir.end();
            throw failed;
        }
    }

    /// Starts on `folder` and does not wait for it.
    static WeirProcess launch(Path folder, String config) throws IOException {
        return launch(folder, config, Program.WEIR);
    }

    /// The same with a program of one's own.
    static WeirProcess launch(Path folder, String config, Program program) throws IOException {
        Files.createDirectories(folder);
        Path file = Files.writeString(folder.resolve("weir.yaml"), config);
        int dataPort;
        int controlPort;
        // Both at once, or the same one may be free twice.
        try (var data = new ServerSocket(0); var control = new ServerSocket(0)) {
            dataPort = data.getLocalPort();
            controlPort = control.getLocalPort();
        }
        List<String> command = new ArrayList<>(program.before());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(program.jvm());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                System.getProperty("java.class.path"), program.main(), "run", "--config", file.toString(), "--data",
                folder.resolve("var").toString(), "--listen", "127.0.0.1:" + dataPort, "--control",
                "127.0.0.1:" + controlPort));
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("weir.log").toFile()))
                .start();
        var weir = new WeirProcess(folder, process, dataPort, controlPort);
        QuietProcesses.watch(weir);
        return weir;
    }

    /// Returns when it has said `text`.
    void awaitLine(String text) {
        Awaitility.await()
                .atMost(START_MAX)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> log().contains(text) || !process.isAlive());
    }

    /// Returns once it takes traffic, or is dead.
    ///
    /// @return whether it takes traffic
    boolean awaitReady() {
        Awaitility.await().atMost(START_MAX).pollInterval(Duration.ofMillis(10)).until(this::isReadyOrDead);
        return process.isAlive();
    }

    /// A line for its standard input, obeyed when this returns or it is dead.
    void order(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        awaitLine(FaultyDisk.FIRED + line);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    String url(String path) {
        return "http://127.0.0.1:" + dataPort + path;
    }

    String controlUrl() {
        return "http://127.0.0.1:" + controlPort;
    }

    int dataPort() {
        return dataPort;
    }

    /// The words that name this Weir to a command of another process.
    List<String> place() {
        return List.of("--config", folder.resolve("weir.yaml").toString(), "--data", folder.resolve("var").toString(),
                "--control", "127.0.0.1:" + controlPort);
    }

    String adminKey() throws IOException {
        return Files.readString(folder.resolve("var/admin.key")).strip();
    }

    String demoKey() throws IOException {
        return Files.readString(folder.resolve("var/demo.key")).strip();
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("weir.log"));
    }

    /// Makes a tenant and a key for it.
    String newKey(String tenant, String plan) throws IOException, InterruptedException {
        control("POST", "/api/tenants", "{\"id\":\"" + tenant + "\",\"plan\":\"" + plan + "\"}");
        return control("POST", "/api/keys", "{\"tenant\":\"" + tenant + "\"}").replaceAll(".*\"key\":\"([^\"]+)\".*",
                "$1");
    }

    /// An answer of the control plane, of any status.
    HttpResponse<String> ask(String method, String path, String body) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + controlPort + path))
                .header("Authorization", "Bearer " + adminKey())
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .method(method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build(), HttpResponse.BodyHandlers.ofString());
    }

    /// The body of an answer of the control plane, which must be a success.
    String control(String method, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = ask(method, path, body);
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    /// Asks for an orderly stop, after which no reservation may be left.
    ///
    /// @return the exit code
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("Weir did not stop within a minute");
        }
        QuietProcesses.checkLog(this);
        return process.exitValue();
    }

    /// The test ends while calls run here.
    ///
    /// @param why nobody waits for them
    void leavesCallsRunning(String why) {
        mayLeaveCallsRunning = !why.isBlank();
    }

    boolean mayLeaveCallsRunning() {
        return mayLeaveCallsRunning;
    }

    /// SIGKILL: no hook, no flush, nothing.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// Returns when its PostgreSQL has gone too, so that the folder can be deleted. Where it lives, nothing may be reserved.
    @Override
    public void close() {
        try {
            QuietProcesses.check(this);
        } finally {
            end();
        }
    }

    private void end() {
        process.destroyForcibly();
        process.onExit().join();
        Path serverRuns = folder.resolve("var/postgres/data/postmaster.pid");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> !Files.exists(serverRuns));
    }

    private boolean isReadyOrDead() {
        if (!process.isAlive()) {
            return true;
        }
        try {
            return ask("GET", "/health/ready", "").statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
