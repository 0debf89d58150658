package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A leaked reservation is impossible to keep in a real process either: after each test, and before a process is ended with its
/// test, its metrics say that nothing is reserved but by calls whose usage is awaited. JUnit finds it by itself, and
/// [WeirProcess] names each process to it.
public final class QuietProcesses implements AfterEachCallback {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final String LEAKED = "of their reservations have not";
    private static final List<WeirProcess> STARTED = new CopyOnWriteArrayList<>();

    static void watch(WeirProcess weir) {
        STARTED.removeIf(other -> !other.isAlive());
        STARTED.add(weir);
    }

    @Override
    public void afterEach(ExtensionContext test) {
        if (test.getExecutionException().isEmpty()) {
            STARTED.forEach(QuietProcesses::check);
        }
    }

    /// @throws AssertionError where something stays reserved, unless the test said that calls go on
    static void check(WeirProcess weir) {
        if (!weir.isAlive() || weir.mayLeaveCallsRunning()) {
            return;
        }
        try {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> !weir.isAlive() || complaint(weir).isEmpty());
        } catch (ConditionTimeoutException stillReserved) {
            throw new AssertionError("a reservation was leaked: " + complaint(weir), stillReserved);
        }
    }

    /// After an orderly stop, which ends all calls: what its log says.
    static void checkLog(WeirProcess weir) {
        try {
            assertThat(weir.log()).doesNotContain(LEAKED);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// Empty where nothing is reserved.
    private static String complaint(WeirProcess weir) {
        String metrics;
        try {
            metrics = weir.control("GET", "/metrics", "");
        } catch (IOException | IllegalStateException unanswered) {
            return "no metrics: " + unanswered;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
        double open = value(metrics, "weir_reservations_open");
        double awaiting = value(metrics, "weir_reservations_awaiting_usage");
        double counters = value(metrics, "weir_counters_reserved");
        return open == awaiting && (open > 0 || counters == 0)
                ? ""
                : "%.0f open reservations, %.0f of them await their usage, %.0f counters have something reserved, %.0f calls run"
                        .formatted(open, awaiting, counters, value(metrics, "weir_calls_in_flight"));
    }

    /// Not a number where the metrics do not say, which is equal to nothing.
    private static double value(String metrics, String family) {
        var line = Pattern.compile("^" + family + " (\\S+)$", Pattern.MULTILINE).matcher(metrics);
        return line.find() ? Double.parseDouble(line.group(1)) : Double.NaN;
    }
}
