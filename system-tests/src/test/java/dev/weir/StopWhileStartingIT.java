package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// SIGTERM on a fresh folder before Weir is ready: it exits with 0, leaves no PostgreSQL behind, and the next start is as good
/// as a first one.
class StopWhileStartingIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";

    @TempDir
    private Path folder;

    /// @param said after which of its lines the signal comes: PostgreSQL is made, is migrated, is in use
    @ParameterizedTest
    @ValueSource(strings = {"weir: starting", "embedded PostgreSQL at", "schema is up to date"})
    void aStartThatIsToldToStopLeavesNothingRunning(String said) throws Exception {
        try (var weir = WeirProcess.launch(folder, CONFIG)) {
            weir.awaitLine(said);
            assertThat(weir.stop()).isZero();

            assertThat(weir.log()).contains("weir: stopped").doesNotContain("Exception", "ERROR", "stopping the");
            assertThat(serversOf(folder)).isEmpty();
            assertThat(Files.exists(folder.resolve("var/postgres/data/postmaster.pid"))).isFalse();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            assertThat(Events.of(weir, "demo")).isEmpty();
            assertThat(weir.stop()).isZero();
        }
        assertThat(serversOf(folder)).isEmpty();
    }

    private static List<String> serversOf(Path folder) {
        return ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains(folder + "/var/postgres"))
                .toList();
    }
}
