package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.GatewayConfig;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A signal that comes while Weir starts ends the start, wherever it waits, and leaves nothing running.
class StopWhileStartingTest {
    private static final String CONFIG = """
            listen: {data: "127.0.0.1:0", control: "127.0.0.1:0"}
            database: {url: "postgresql://127.0.0.1:%d/weir?sslmode=disable", password: secret}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final StopSignal signal = new StopSignal();

    /// The database takes the connection and says nothing, the worst that a start can wait for.
    @Test
    void aStartThatWaitsForItsDatabaseIsBrokenOff() throws Exception {
        try (var database = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.submit(() -> {
                database.accept();
                signal.ask();
                return null;
            });

            assertThatThrownBy(() -> signal.interrupting(() -> Gateway.start(config(database.getLocalPort()))))
                    .hasStackTraceContaining("Interrupted");
        }
        assertThat(Thread.interrupted()).isFalse();
        // A loop is closed a moment before its thread has ended.
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(loops()).isEmpty());
    }

    @Test
    void aSignalBeforeTheStartIsNotMissed() {
        signal.ask();

        assertThatThrownBy(() -> signal.interrupting(() -> Gateway.start(config(1))))
                .isInstanceOf(InterruptedException.class);
    }

    @Test
    void aSignalAfterTheStartInterruptsNobody() throws Exception {
        assertThat(signal.interrupting(() -> "started")).isEqualTo("started");
        signal.ask();

        assertThat(Thread.interrupted()).isFalse();
        assertThat(signal.isAsked()).isTrue();
    }

    private GatewayConfig config(int port) {
        var source = new ConfigSource("test.yaml", CONFIG.formatted(port), folder);
        return switch (ConfigReader.read(source, Map.of(), Map.of())) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
        };
    }

    private static Set<String> loops() {
        return Thread.getAllStackTraces()
                .keySet()
                .stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("vert.x-eventloop"))
                .collect(Collectors.toSet());
    }
}
